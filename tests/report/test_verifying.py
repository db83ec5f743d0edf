"""What the second program computes is what others compute."""

from __future__ import annotations

from contextlib import nullcontext
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rfc8785
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from scipy import stats

from steelyard import fields
from steelyard.core.method import Family
from steelyard.core.sample import Rows
from steelyard.stats.estimate import estimate
from steelyard.stats.folds.pooled import Pooled
from steelyard.stats.folds.roc import AreaUnderCurve
from steelyard.stats.intervals.betting import betting_bounds
from steelyard.stats.intervals.binomial import clopper_pearson
from steelyard.stats.multiplicity import holm

KEYS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=3)
"""Those whose order is the same in UTF-16 and in code points."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_canonical_json(second: dict[str, ModuleType], value: Any) -> None:
    assert second["program"].canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "number", [1e21, 1e-7, 123e-7, 5e-324, 1.7976931348623157e308, -0.0, 4.5, 1e20, 333333333.33333329]
)
def test_numbers_as_ecmascript_prints_them(second: dict[str, ModuleType], number: float) -> None:
    assert second["program"].canonical(number) == rfc8785.dumps(number)


@given(n=st.integers(1, 5000), share=st.floats(0, 1), confidence=st.floats(0.6, 0.999))
@example(n=1_000_000, share=0.03, confidence=0.95)
@example(n=1_000_000, share=0.5, confidence=0.9875)
@example(n=300_000, share=0.0, confidence=0.95)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_exact_bounds(second: dict[str, ModuleType], n: int, share: float, confidence: float) -> None:
    """Those that SciPy's beta distribution has are accepted, found again, and no others."""
    exact, events, level = second["program"].exact, round(share * n), 1.0 - confidence
    wanted = list(clopper_pearson(events, n, confidence))
    assert exact(events, n, level, wanted) == wanted
    if n <= 5000:
        with np.errstate(all="ignore"):
            assert exact(events, n, level, None) == pytest.approx(wanted, rel=1e-10)
    for place in (0, 1):
        for moved in (-3.0, 7.0, wanted[place] * (1.0 - 1e-5), min(wanted[place] * (1.0 + 1e-5), 0.999999)):
            others = [moved if place == each else wanted[each] for each in (0, 1)]
            with pytest.raises(ValueError, match="no exact bound") if moved not in wanted else nullcontext():
                exact(events, n, level, others)


@given(a=st.floats(0.3, 1e5), b=st.floats(0.3, 1e5), level=st.floats(0.001, 0.999))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_beta(second: dict[str, ModuleType], a: float, b: float, level: float) -> None:
    x = float(stats.beta(a, b).ppf(level))
    assume(1e-12 < x < 1.0 - 1e-12)
    assert second["areas"].beta_below(x, a, b) == pytest.approx(float(stats.beta(a, b).cdf(x)), rel=1e-8)
    assert second["areas"].beta_quantile(a, b, level) == pytest.approx(x, rel=1e-9)


@pytest.mark.parametrize("freedom", [1.0, 2.5, 19.0, 400.0, 1e6])
@pytest.mark.parametrize("level", [0.55, 0.95, 0.999])
def test_student(second: dict[str, ModuleType], freedom: float, level: float) -> None:
    assert second["areas"].student_quantile(freedom, level) == pytest.approx(
        float(stats.t(freedom).ppf(level)), rel=5e-9
    )


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4)), min_size=1, max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_bets(second: dict[str, ModuleType], clusters: list[tuple[int, int]]) -> None:
    events, of = (np.array(each, dtype=float) for each in zip(*[(min(e, n), n) for e, n in clusters], strict=True))
    refuted = second["sequential"].refuted
    found = refuted(events / 4.0, of / 4.0, 0.95), 1.0 - refuted((of - events) / 4.0, of / 4.0, 0.95)
    assert found == pytest.approx(betting_bounds(events, of, 4.0, 0.95)[:2], rel=1e-9, abs=1e-11)  # type: ignore[index]


def test_it_knows_the_indicators_as_they_are(second: dict[str, ModuleType]) -> None:
    """Of every method: sums over sums and areas. What is made otherwise is not known there, and said so."""
    for name in fields.names():
        method, measures = fields.find(name, {}), second["methods"].METHODS[name]
        assert method.version == "1"
        known = {each.name for each in method.indicators if isinstance(each.fold, Pooled | AreaUnderCurve)}
        assert known == measures.keys()
        for indicator in map(method.indicator, known):
            measure, fold = measures[indicator.name], indicator.fold
            assert (tuple(measure.columns), measure.range) == (indicator.columns, indicator.range)
            assert measure.complement is fold.complement
            assert measure.spans == [(each.low, each.high, each.whole) for each in indicator.spans]
            pairs = zip(indicator.columns, indicator.spans, strict=True)
            assert measure.summed == [column for column, span in pairs if span.summed]
            if isinstance(fold, Pooled):
                assert (tuple(measure.events), tuple(measure.of)) == (fold.events, fold.opportunities)
                of_yes_and_no = indicator.family is Family.PROPORTION
                assert measure.kind == ("/" if of_yes_and_no else "in" if indicator.range == (0.0, 1.0) else "per")
            else:
                assert isinstance(fold, AreaUnderCurve)
                assert (measure.events, measure.of, measure.kind) == ([fold.score], [fold.positive], "ranks")


NAMES = [("medical.diagnosis", "detection_rate"), ("medical.diagnosis", "false_negative_rate_graded"),
         ("medical.probability", "area_under_curve"), ("medical.probability", "brier_score"),
         ("speech.recognition", "character_accuracy"), ("speech.recognition", "sentence_accuracy"),
         ("speech.recognition", "real_time_factor"), ("speech.words", "word_error_rate"),
         ("speech.diarisation", "diarisation_error_rate"), ("dialogue.slots", "slot_f1")]  # fmt: skip


@given(
    name=st.sampled_from(NAMES),
    seed=st.integers(0, 2**32),
    rows=st.integers(0, 60),
    units=st.integers(1, 40),
    most=st.integers(1, 3),
    strata=st.integers(1, 2),
    confidence=st.sampled_from([0.9, 0.95, 0.9875]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@example(name=("speech.words", "word_error_rate"), seed=1, rows=3, units=3, most=2, strata=1, confidence=0.9)
def test_estimates(
    second: dict[str, ModuleType],
    name: tuple[str, str],
    seed: int,
    rows: int,
    units: int,
    most: int,
    strata: int,
    confidence: float,
) -> None:
    random = np.random.default_rng(seed)
    indicator, verdicts = fields.find(name[0], {}).indicator(name[1]), second["verdicts"]
    measure = second["methods"].METHODS[name[0]][name[1]]
    columns = measure.columns
    strata = 1 if indicator.family.value == "rank" else strata
    ours, theirs = [], []
    for _ in range(strata):
        values = np.sort(random.integers(0, most + 1, (rows, len(columns))), axis=1)[:, ::-1].astype(float)
        values = values[:, random.permutation(len(columns))] if random.random() < 0.3 else values[:, ::-1]
        if indicator.family.value == "proportion":  # an event needs an opportunity
            happened, of = (columns.index(part[0]) for part in (measure.events, measure.of))
            values[:, happened] = np.minimum(values[:, happened] > 0, values[:, of] > 0)
            values[:, of] = values[:, of] > 0
        of_units = random.integers(0, units, rows) if random.random() < 0.7 else np.arange(rows) % units
        ours.append(Rows(np.ascontiguousarray(values), np.arange(rows), of_units[:, None]))
        theirs.append(verdicts.Rows(dict(zip(columns, values.T, strict=True)), np.arange(rows), of_units))
    wanted = estimate(indicator, ours, units, confidence, checked=False)
    with np.errstate(all="ignore"):
        found = verdicts.estimate(measure, theirs, confidence)
    for field, value in found.items():
        assert verdicts.same(value, getattr(wanted, field)), (field, value, wanted)


@pytest.mark.parametrize(
    ("events", "stand"), [((18, 17, 16), 3), ((30, 12, 17), 2), ((16, 16, 16), 0), ((18, 15, 15), 1), ((9, 30, 30), 2)]
)
def test_holm(second: dict[str, ModuleType], events: tuple[int, ...], stand: int) -> None:
    """Of three that fail by themselves those stand that do so at the level of their step."""
    verdicts, requirements = second["verdicts"], []
    rows = {}
    for number, count in enumerate(events):
        name = ["detection_rate", "false_negative_rate", "false_positive_rate"][number]
        operator, value = (">", 0.9) if number == 0 else ("<", 0.1)
        limit = {"operator": operator, "value": value, "unit": "1", "text": f"{operator} {value}"}
        requirements.append({"name": name, "indicator": name, "limit": limit, "kind": "sample"})
        values = dict.fromkeys(["diseased", "disease_free"], np.ones(100))
        values |= dict.fromkeys(["missed", "false_alarms"], (np.arange(100) < count).astype(float))
        rows["one", name] = verdicts.Rows(values, np.arange(100), np.arange(100))
    plan = {"decision": {"confidence": 0.95, "rule": "guarded"}, "sequential": None, "limit": None}
    reading = {"name": "one", "method": "medical.diagnosis", "requirements": requirements}
    reading |= dict.fromkeys(["mean_over", "cover", "every", "cluster"])
    evidence = verdicts.Evidence(plan, {}, {}, np.arange(100), rows, None)
    found = [verdict for _, _, verdict in verdicts.Judged(evidence, reading).findings()]
    shown = [lambda level, count=count: clopper_pearson(count, 100, 1.0 - level)[0] >= 0.1 for count in events]
    wanted = ["does not conform" if failed else "undetermined" for failed in holm(shown, 0.05)]
    assert found == wanted
    assert found.count("does not conform") == stand
    hold_alone(second["program"], plan, reading, rows, wanted)


def hold_alone(program: ModuleType, plan: Any, reading: Any, rows: Any, wanted: list[str]) -> None:
    """The one file accepts these verdicts, and no others."""
    b = SimpleNamespace(
        plan=plan | {"clause": {"name": "clause"}},
        rows={use: (*columns_of(use[1], each), "/", use[1] == "detection_rate") for use, each in rows.items()},
        groups=lambda _: {"": np.ones(100, dtype=bool)},
        unproved=[],
    )
    findings = [
        dict.fromkeys(("title", "because", "new_run", "tipping"))
        | {"clause": "clause", "reading": "one", "requirement": each, "scope": {}, "decides": True, "verdict": verdict}
        | {"estimate": estimate_of(program, b.rows["one", each["name"]]) | {"flags": [], "beside": []}}
        for each, verdict in zip(reading["requirements"], wanted, strict=True)
    ]
    whole = "does not conform" if "does not conform" in wanted else "undetermined"
    said = {"clause": "clause", "reading": "one", "primary": True, "verdict": whole, "gap": None, "findings": findings}
    reading = reading | {"primary": True}
    assert program.judged(b, reading, said) == whole
    for place, other in enumerate(("undetermined", "does not conform")):
        changed = [each | {"verdict": other} if n == place else each for n, each in enumerate(findings)]
        verdicts = {each["verdict"] for each in changed}
        if changed != findings:
            with pytest.raises(ValueError, match="it follows"):
                program.judged(b, reading, said | {"findings": changed, "verdict": min(verdicts)})
    assert b.unproved == []


def columns_of(indicator: str, rows: Any) -> tuple[Any, ...]:
    """Events, opportunities, samples and units of an indicator, as the one file has them."""
    events, of = ("false_alarms", "disease_free") if "positive" in indicator else ("missed", "diseased")
    return rows.values[events], rows.values[of], rows.samples, rows.units


def estimate_of(program: ModuleType, rows: Any) -> dict[str, Any]:
    """What it makes of them where nothing is said."""
    found: dict[str, Any] = program.estimate(rows, [np.ones(100, dtype=bool)], 1.0 - 0.95, None)
    return found
