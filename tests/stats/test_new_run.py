"""What the advice promises comes true: sizes, sentences, and runs that follow them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from steelyard import fields
from steelyard.core.method import Direction, Family, Indicator
from steelyard.core.sample import Rows
from steelyard.core.specification import Limit
from steelyard.core.verdict import Estimate, NewRun, Verdict
from steelyard.core.words import Words
from steelyard.stats.decision import decide
from steelyard.stats.estimate import estimate
from steelyard.stats.folds.roc import AreaUnderCurve
from steelyard.stats.intervals.binomial import clopper_pearson
from steelyard.stats.new_run import new_run
from steelyard.stats.planning import SAMPLES

MakeIndicator = Callable[..., Indicator]
MakeRows = Callable[..., Rows]
SPEAKERS = Words("speakers", "说话人")


def limit(operator: str, percent: float) -> Limit:
    shown = {"<=": "≤", ">=": "≥"}.get(operator, operator)
    return Limit(operator, percent / 100, "1", f"{shown} {percent:g} %")


def patients(indicator: Indicator, missed: int, n: int) -> Estimate:
    """What the method's own rows come to: n patients with the disease, some of them missed."""
    values = np.zeros((n, len(indicator.columns)))
    values[:, indicator.columns.index("diseased")] = 1
    values[:missed, indicator.columns.index("missed")] = 1
    return estimate(indicator, [Rows(values, np.arange(n), np.arange(n)[:, None])], n, 0.95)


@pytest.mark.parametrize(
    ("name", "missed", "n", "required", "size", "says"),
    [
        (
            "false_negative_rate", 0, 70, limit("<", 1), 299,
            "0 misses of 70 cannot show < 1 %: 299 patients with the disease and no miss would.",
        ),
        (
            "detection_rate", 0, 20, limit(">=", 95), 59,
            "0 misses of 20 cannot show ≥ 95 %: 59 patients with the disease and no miss would.",
        ),
        (
            "false_negative_rate", 1, 200, limit("<", 1), 2185,  # the half per cent that it looks like
            "1 miss of 200 cannot settle < 1 %: if the product is as good as it now looks, a new run of "
            "2,185 patients with the disease shows that it conforms, with 80 % probability.",
        ),
        (
            "detection_rate", 6, 100, limit(">=", 95), 3301,
            "6 misses of 100 cannot settle ≥ 95 %: if the product is as good as it now looks, a new run of "
            "3,301 patients with the disease shows that it does not conform, with 80 % probability.",
        ),
        (
            "false_negative_rate", 1, 100, limit("<=", 1), None,  # just on the limit
            "No size of a new run settles whether false-negative rate ≤ 1 %.",
        ),
        (
            "false_negative_rate", 0, 100, limit("<=", 0), None,  # no sample proves that there is none
            "No size of a new run settles whether false-negative rate ≤ 0 %.",
        ),
    ],
)  # fmt: skip
def test_sentences(name: str, missed: int, n: int, required: Limit, size: int | None, says: str) -> None:
    indicator = fields.find("medical.diagnosis").indicator(name)
    found = patients(indicator, missed, n)
    assert decide(found, required)[0] is Verdict.UNDETERMINED
    advice = new_run(indicator, found, required, Words("patients", "受检者"))
    assert advice == NewRun(size, Words(says, advice.sentence.zh))
    assert re.search(r"[\u4e00-\u9fff]", advice.sentence.zh)
    assert size is None or f"{size:,}" in advice.sentence.zh


def promised(advice: NewRun, required: Limit) -> Verdict:
    """The verdict that the sentence speaks of."""
    if "does not conform" in advice.sentence.en:
        return Verdict.DOES_NOT_CONFORM
    assert "shows that it conforms" in advice.sentence.en or f"cannot show {required.text}" in advice.sentence.en
    return Verdict.CONFORMS


@given(
    events=st.integers(0, 12),
    more=st.integers(1, 200),
    percent=st.sampled_from([0.5, 1, 5, 50, 95, 99]),
    complement=st.booleans(),
    strict=st.booleans(),
)
def test_a_run_of_the_advised_size_that_looks_alike_settles_it(
    events: int,
    more: int,
    percent: float,
    complement: bool,
    strict: bool,
    indicator: MakeIndicator,
    rows: MakeRows,
) -> None:
    """A product that looks as it did is judged as the sentence says, at the advised size."""
    kind = indicator(family=Family.PROPORTION, complement=complement)
    required = limit((">" if complement else "<") + ("" if strict else "="), percent)

    def run(events: int, n: int) -> Estimate:
        return estimate(kind, [rows([(1, 1)] * events + [(0, 1)] * (n - events))], n, 0.95)

    n = events + more
    found = run(events, n)
    if decide(found, required)[0] is not Verdict.UNDETERMINED:
        return
    advice = new_run(kind, found, required, SPEAKERS)
    if advice.size is None or advice.size > 10**5:
        return
    # Rounded in the rate's favour: of a few rows a whole event is a large part.
    alike = {int(np.floor(events / n * advice.size)), int(np.ceil(events / n * advice.size))}
    verdicts = {decide(run(each, advice.size), required)[0] for each in alike}
    assert promised(advice, required) in verdicts, advice.sentence.en


@pytest.mark.parametrize(("operator", "complement"), [(">=", False), ("<", True)])
def test_a_limit_against_the_direction_is_not_promised_the_wrong_way(
    operator: str, complement: bool, indicator: MakeIndicator, rows: MakeRows
) -> None:
    """Specifications may ask that attacks succeed, or that a bad system errs; nothing seen then speaks against it."""
    kind, required = indicator(family=Family.PROPORTION, complement=complement), limit(operator, 50)
    advice = new_run(kind, estimate(kind, [rows([(0, 1)])], 1, 0.95), required, SPEAKERS)
    assert advice.size == 5
    settled = estimate(kind, [rows([(0, 1)] * 5)], 5, 0.95)
    assert decide(settled, required)[0] is Verdict.DOES_NOT_CONFORM
    assert promised(advice, required) is Verdict.DOES_NOT_CONFORM


@pytest.mark.parametrize(
    ("errors", "operator", "percent"),
    [
        (0, "<", 1),  # no cluster with an error, as if clusters were rows
        (30, "<", 31),  # no spread at all: what an unseen kind of cluster may hide decides
        (30, ">", 29),
        (30, "<", 29.5),
        (60, "<", 62),  # more errors than not: in proportion, unseen clusters are worse than all wrong
    ],
)
def test_clusters_without_spread(
    errors: int, operator: str, percent: float, indicator: MakeIndicator, rows: MakeRows
) -> None:
    required = limit(operator, percent)

    def run(clusters: int) -> Estimate:
        return estimate(indicator(), [rows([(errors, 100)] * clusters)], clusters, 0.95)

    found = run(20)
    assert decide(found, required)[0] is Verdict.UNDETERMINED
    advice = new_run(indicator(), found, required, SPEAKERS)
    assert advice.size is not None
    assert decide(run(advice.size), required)[0] is promised(advice, required)
    assert decide(run(advice.size - 1), required)[0] is Verdict.UNDETERMINED
    assert advice.sentence.en.startswith(f"20 speakers cannot settle {required.text}: ")


@pytest.mark.parametrize(
    ("rate", "percent", "verdict"), [(0.06, 7, Verdict.CONFORMS), (0.06, 5, Verdict.DOES_NOT_CONFORM)]
)
def test_clusters_settle_it_in_four_of_five_new_runs(
    rate: float, percent: float, verdict: Verdict, indicator: MakeIndicator, rows: MakeRows
) -> None:
    generator, spread, size, runs = np.random.Generator(np.random.Philox(8)), 0.3, 1000, 600
    alike = spread**2 * rate / (1 - rate)
    alpha, beta = rate * (1 - alike) / alike, (1 - rate) * (1 - alike) / alike

    def draw(clusters: int) -> Estimate:
        errors = generator.binomial(size, generator.beta(alpha, beta, clusters))
        return estimate(indicator(), [rows([(int(each), size) for each in errors])], clusters, 0.95)

    # The product's true rate and spread, as a run of 20 speakers would find them on average.
    true_error = float(np.sqrt(np.mean([(draw(20).log_error or 0.0) ** 2 for _ in range(200)])))
    first = Estimate(rate, 0.0, 1.0, 0.95, "jackknife-t-log/2", 1200, 20_000, 20, 20.0, true_error)
    required = limit("<", percent)
    advice = new_run(indicator(), first, required, SPEAKERS)
    assert advice.size is not None
    assert promised(advice, required) is verdict
    settled = np.mean([decide(draw(advice.size), required)[0] is verdict for _ in range(runs)])
    assert settled == pytest.approx(0.8, abs=3 * np.sqrt(0.8 * 0.2 / runs) + 0.02)  # the rate's own distribution leans


@pytest.mark.parametrize("requirements", [1, 3, 18])
def test_of_several_requirements_a_failure_is_shown_as_often_as_is_said(requirements: int) -> None:
    """A failure must be shown at a level of α/m (Holm's first step); the power is exact, over all counts."""
    indicator, required = fields.find("medical.diagnosis").indicator("false_negative_rate"), limit("<", 1)
    first, patients_named = patients(indicator, 2, 70), Words("patients", "受检者")
    size = new_run(indicator, first, required, patients_named, requirements).size
    assert size is not None

    def power(level: float) -> float:
        shown = [clopper_pearson(events, size, 1 - level)[0] >= 0.01 for events in range(size + 1)]
        return float(binom.pmf(np.arange(size + 1), size, 2 / 70)[shown].sum())

    assert 0.8 <= power(0.05 / requirements) < 0.85
    if requirements == 1:
        assert size == 317
        assert power(0.05 / 3) == pytest.approx(0.686, abs=0.001), "what was said before is not true of three"
    # That it conforms needs no correction: all must hold, each by itself.
    good = patients(indicator, 1, 200)
    assert new_run(indicator, good, required, patients_named, requirements).size == 2185


@pytest.mark.parametrize(("requirements", "ratio"), [(1, 1.0), (3, 1.43)])
def test_ranks_too_fail_at_the_level_of_several_requirements(
    requirements: int, ratio: float, indicator: MakeIndicator
) -> None:
    made = indicator(family=Family.RANK)
    found = Estimate(0.7, 0.65, 0.75, 0.95, "delong/1", 0.0, 0.0, 100, 100.0)
    alone, among = (new_run(made, found, limit(">=", 74), Words("people", "人"), m).size for m in (1, requirements))
    assert alone is not None
    assert among is not None
    # ((z(1 − α/m) + z(0.8)) / (z(0.95) + z(0.8)))²
    assert among / alone == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (
            lambda make, rows: (make(), estimate(make(), [rows([(1, 15), (0, 15)])], 2, 0.95)),
            "This run (speakers: 2) is too small to say how many settle < 60 %; fewer than 10 never do.",
        ),  # all errors are in one cluster
        (
            lambda make, rows: (make(), estimate(make(), [rows([(1, 15)])], 1, 0.95)),
            "This run (speakers: 1) is too small to say how many settle < 60 %; fewer than 10 never do.",
        ),
        (
            lambda make, _: (make(family=Family.RANK), Estimate(0.5, None, None, 0.95, "none", 1.0, 2.0, 2, 2.0)),
            "This run (speakers: 2) is too small to say how many settle < 60 %; fewer than 10 never do.",
        ),
        (
            lambda make, _: (make(family=Family.RANK), Estimate(0.5999, 0.5, 0.7, 0.95, "x/1", 1.0, 2.0, 50, 50.0)),
            "It looks to be so near the limit that no new run of up to 1,000,000 speakers settles < 60 %.",
        ),
    ],
)
def test_what_a_run_cannot_tell_is_not_called_impossible(
    made: Callable[[MakeIndicator, MakeRows], tuple[Indicator, Estimate]],
    says: str,
    indicator: MakeIndicator,
    rows: MakeRows,
) -> None:
    advice = new_run(*made(indicator, rows), limit("<", 60), SPEAKERS)
    assert advice.size is None
    assert advice.sentence.en == says
    assert re.search(r"[\u4e00-\u9fff]", advice.sentence.zh)


@pytest.mark.parametrize(
    ("clusters", "says"),
    [
        (SAMPLES, "60 patients with the disease cannot settle"),  # of 120 samples
        (Words("patients", "受检者"), "60 patients with the disease cannot settle"),
        (Words("hospitals", "医院"), "60 hospitals with patients with the disease cannot settle"),
    ],
)
def test_units_that_count_are_named(clusters: Words, says: str) -> None:
    """Of 120 patients, each asked twice, the 60 with the disease count: so many of these are needed."""
    indicator = fields.find("medical.diagnosis").indicator("false_negative_rate")
    values = np.zeros((240, len(indicator.columns)))
    values[:120, indicator.columns.index("diseased")] = 1
    values[[0, 4, 5, 9], indicator.columns.index("missed")] = 1
    units = np.concatenate([np.repeat(np.arange(60), 2), np.repeat(np.arange(60, 120), 2)])
    found = estimate(indicator, [Rows(values, units, units[:, None])], 120, 0.95)
    advice = new_run(indicator, found, limit("<", 5), clusters)
    assert advice.sentence.en.startswith(says)
    assert "patients with the disease like these shows that it conforms" in advice.sentence.en


def test_too_few_clusters_are_never_advised(indicator: MakeIndicator, rows: MakeRows) -> None:
    found = estimate(indicator(), [rows([(1 + unit % 2, 100) for unit in range(5)])], 5, 0.95)
    assert decide(found, limit("<", 50))[0] is Verdict.UNDETERMINED, "five clusters decide nothing"
    assert new_run(indicator(), found, limit("<", 50), SPEAKERS).size == 10


def test_no_data_cannot_be_settled_by_guessing(indicator: MakeIndicator, rows: MakeRows) -> None:
    found = estimate(indicator(), [rows([])], 5, 0.95)
    assert new_run(indicator(), found, limit("<", 50), SPEAKERS).size is None


def test_of_ranks_a_new_run_grows_as_the_bounds_draw_nearer(indicator: MakeIndicator) -> None:
    """Twice as near to the limit takes four times as many people; runs of that size settle it about as promised."""
    made = replace(
        indicator(family=Family.RANK, columns=("score", "positive")),
        fold=AreaUnderCurve("score", "positive"),
        direction=Direction.HIGHER,
    )
    generator = np.random.default_rng(8)

    def found(people: int) -> Estimate:
        positive = np.arange(people) % 2
        values = np.column_stack([generator.normal(size=people) + 1.5 * positive, positive])
        return estimate(made, [Rows(values, np.arange(people), np.arange(people)[:, None])], people, 0.95)

    first = found(200)
    assert first.value is not None
    sizes = [
        new_run(made, first, limit(">=", 100 * (first.value - gap)), Words("people", "人")).size for gap in (0.04, 0.02)
    ]
    assert sizes[0] is not None
    assert sizes[1] is not None
    assert sizes[1] / sizes[0] == pytest.approx(4, rel=0.05)
    edge = limit(">=", 81.5)  # the area of shifted normal scores is Φ(1.5/√2) = 0.856
    size = new_run(made, replace(first, value=0.856), edge, Words("people", "人")).size
    assert size is not None
    settled = np.mean([decide(found(size), edge)[0] is Verdict.CONFORMS for _ in range(200)])
    assert 0.65 < settled < 0.95
