"""Validation of methods: what is planted is counted by another, and a method that miscounts is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard import fields
from steelyard.bench.validation.ground import Ground, ground_of
from steelyard.bench.validation.planting import _PLANTERS, chances, planter_of
from steelyard.bench.validation.record import check_apart, compare, is_valid, read, record, write
from steelyard.bench.validation.trueness import RATES
from steelyard.bench.validation.validation import validate
from steelyard.core.canonical import digest
from steelyard.core.errors import CallError, UnknownName
from steelyard.core.sample import Records, Rows, Samples
from steelyard.stats.folds.pooled import Pooled


@pytest.fixture(scope="module")
def wdbc() -> Ground:
    return ground_of("medical.diagnosis", "wdbc")


REFERENCES = {
    "medical.diagnosis": ["positive", "negative"],
    "medical.probability": ["positive", "negative"],
    "speech.commands": ["one", "none", "two"],
    "speech.recognition": ["今天天气很好", "杆秤称重"],
    "speech.words": ["he hoped there would be stew", "weigh it"],
}


@pytest.mark.parametrize("name", sorted(_PLANTERS))
def test_planters_are_of_methods_and_speak_of_their_indicators(name: str) -> None:
    method = fields.find(name)
    planter = planter_of(name)
    assert planter is not None
    references = REFERENCES[name] * 30
    planted = [indicator for indicator in method.indicators if not indicator.timed]  # errors take no time
    known = {indicator.name for indicator in planted}
    none, half = planter(references, 0.0, 1), planter(references, 0.5, 1)
    assert set(none.counted) == set(none.nominal) == known
    for indicator in planted:
        low, high = indicator.range
        low, high = max(low, 0.0), min(high, 1.0)  # an error rate can exceed one
        assert none.counted[indicator.name] == none.nominal[indicator.name]
        assert none.counted[indicator.name] in (low, high), "without errors it is an oracle"
    assert half.outputs != none.outputs
    assert planter(references, 0.5, 1) == half, "the same seed plants the same"
    assert planter(references, 0.5, 2).outputs != half.outputs
    assert len(half.outputs) == len(references)


def test_a_method_may_plant_errors_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    from steelyard.fields.medical import diagnosis

    monkeypatch.delitem(_PLANTERS, "medical.diagnosis")  # type: ignore[arg-type]
    assert planter_of("medical.diagnosis") is None

    def plant_errors(references: list[str], rate: float, seed: int) -> tuple[list[str], Any, Any]:
        return references, {"not_graded_rate": rate * 0.0}, {"not_graded_rate": seed * 0.0}

    monkeypatch.setattr(diagnosis, "plant_errors", plant_errors, raising=False)
    planter = planter_of("medical.diagnosis")
    assert planter is not None
    assert planter(["positive"], 0.1, 0).counted == {"not_graded_rate": 0.0}


def test_numbers_to_plant_by_are_uniform_and_the_same_anywhere() -> None:
    drawn = chances(20_000, 3, "x")
    assert abs(drawn.mean() - 0.5) < 0.01
    assert np.histogram(drawn, 10, (0, 1))[0].min() > 1_800
    assert chances(2, 0, "diagnosis 0.05").round(6).tolist() == chances(4, 0, "diagnosis 0.05").round(6).tolist()[:2]


@pytest.mark.parametrize("name", ["medical.diagnosis", "medical.probability"])
def test_methods_find_what_was_planted_and_nothing_else_matters(name: str) -> None:
    ground = ground_of(name, "wdbc")
    found = validate(ground, plantings=4)
    assert found.valid
    assert {each.rate for each in found.trueness} == set(RATES)
    assert len(found.trueness) == len(RATES) * len(ground.method.indicators)
    for each in found.trueness:
        assert each.recovered == pytest.approx(each.counted, abs=1e-12)
        assert each.bias == pytest.approx(0.0, abs=1e-12)
        assert each.bounded == each.plantings == (1 if each.rate == 0.0 else 4)
    assert all(each.same for each in (*found.repeatability, *found.robustness))
    assert [control.product for control in found.controls] == ["oracle", "constant", "random", "silent"]


@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize(
    ("name", "test_set"), [("speech.words", "nist-sctk-csrnab"), ("speech.commands", "fsdd-digits-en-test300")]
)
def test_other_methods_find_what_was_planted(name: str, test_set: str) -> None:
    from steelyard.bench.validation.trueness import plant, trueness

    ground, planter = ground_of(name, test_set), planter_of(name)
    assert planter is not None
    cells = trueness(ground, plant(ground, planter, 0, 2))
    assert cells
    assert all(cell.recovers for cell in cells)


@pytest.mark.usefixtures("mirror")
def test_speech_recognition_over_speakers_finds_what_was_planted() -> None:
    ground = ground_of("speech.recognition", "aishell1-test-hyp-zh")
    found = validate(ground, plantings=1)
    assert found.valid
    assert ground.cluster == "speaker"
    rates = {each.rate: each for each in found.trueness if each.indicator == "character_error_rate"}
    assert rates[0.1].recovered == pytest.approx(0.1, abs=0.003)
    assert next(each for each in found.detection if each.indicator == "character_error_rate").detected_from == 0.01


def broken(ground: Ground, **changes: Any) -> Ground:
    """Return the ground with one indicator alone, changed."""
    indicator = ground.method.indicator("false_negative_rate")
    return replace(ground, method=replace(ground.method, indicators=(replace(indicator, **changes),)))


def test_a_method_that_forgets_some_errors_is_found(wdbc: Ground) -> None:
    rows = wdbc.method.indicators[0].rows

    def forgetful(samples: Samples, records: Records) -> Rows:
        found = rows(samples, records)
        values = found.values.copy()
        values[::10, 1] = 0.0
        return replace(found, values=values)

    from steelyard.bench.validation.planting import planter_of
    from steelyard.bench.validation.trueness import plant, trueness

    planter = planter_of("medical.diagnosis")
    assert planter is not None
    ground = broken(wdbc, rows=forgetful)
    cells = trueness(ground, plant(ground, planter, 0, 5))
    assert not all(each.recovers for each in cells)
    worst = cells[-1]
    assert worst.bias < 0.0
    assert worst.bias_upper is not None
    assert worst.bias_upper < 0.0


def test_a_method_that_rewards_silence_is_found(wdbc: Ground) -> None:
    from steelyard.bench.validation.trueness import controls

    rows = wdbc.method.indicators[0].rows

    def kind(samples: Samples, records: Records) -> Rows:
        found = rows(samples, records)
        silent = np.array([output is None for output in records.outputs])
        values = found.values.copy()
        values[silent, 1] = 0.0
        return replace(found, values=values)

    made = {each.product: each.as_it_must for each in controls(broken(wdbc, rows=kind), 0)}
    assert made["oracle"], "the oracle itself is right"
    assert not made["random"], "silence must not be better than an answer"
    complement = Pooled(("missed",), ("diseased",), complement=True)
    turned = {each.product: each.as_it_must for each in controls(broken(wdbc, fold=complement), 0)}
    assert not turned["oracle"], "an oracle at the wrong end"


def without_values(ground: Ground, *, always: bool) -> Ground:
    """Return the ground whose only indicator has no value of an oracle, or of nobody."""
    rows = ground.method.indicators[0].rows

    def some(samples: Samples, records: Records) -> Rows:
        found = rows(samples, records)
        oracle = list(records.outputs) == list(samples.references)
        values = found.values.copy()
        if always or oracle:
            values[:] = 0.0  # no opportunity, so that there is no value
        return replace(found, values=values)

    return broken(ground, rows=some)


@pytest.mark.parametrize("always", [True, False], ids=["of nobody", "of the oracle alone"])
def test_an_oracle_without_a_value_is_not_as_it_must(wdbc: Ground, always: bool) -> None:
    from steelyard.bench.validation.trueness import controls

    oracle = controls(without_values(wdbc, always=always), 0)[0]
    assert oracle.values == {"false_negative_rate": None}
    assert not oracle.as_it_must


def test_an_indicator_for_which_a_set_has_no_data_is_no_fault(wdbc: Ground) -> None:
    from steelyard.bench.validation.trueness import controls

    places = [place for place, reference in enumerate(wdbc.references) if reference == "positive"]
    sick = replace(
        wdbc,
        ids=[wdbc.ids[place] for place in places],
        references=[wdbc.references[place] for place in places],
        units=wdbc.units[places],
    )
    oracle = controls(sick, 0)[0]
    assert oracle.values["false_positive_rate"] is None
    assert oracle.as_it_must


@pytest.mark.parametrize("missing", [0, 1, 2], ids=["first", "second", "third"])
@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_value_that_is_missing_once_is_not_recovered(wdbc: Ground, missing: int, value: float | None) -> None:
    """The largest of several numbers, one of which is none, depends on where it stands."""
    from steelyard.bench.validation.trueness import Planting, plant, trueness

    planter = planter_of("medical.diagnosis")
    assert planter is not None
    ground = broken(wdbc)
    made = plant(ground, planter, 0, 3)
    name = "false_negative_rate"
    one = made[0.1][missing]
    made[0.1][missing] = Planting(one.planted, {name: replace(one.found[name], value=value)})
    cells = {each.rate: each for each in trueness(ground, made)}
    assert (cells[0.1].largest_difference, cells[0.1].recovers) == (float("inf"), False)
    assert cells[0.2].recovers


def test_a_method_for_which_nobody_plants_says_so(wdbc: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    from steelyard.report.laboratory.validated import PARTLY, conclusion

    monkeypatch.setattr("steelyard.bench.validation.validation.planter_of", lambda _: None)
    found = validate(wdbc, plantings=1)
    assert found.trueness == ()
    assert "not evaluated" in found.notes[0].en
    assert "未评定" in found.notes[0].zh
    assert found.valid, "what was evaluated came out as it must"
    assert conclusion(record(wdbc, found, seed=0, plantings=1, workers=2)) is PARTLY


@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize(
    ("name", "test_set", "kind", "said"),
    [
        ("medical.diagnose", None, UnknownName, "medical.diagnosis"),
        ("medical.diagnosis", "aishell1-test-hyp-zh", CallError, "does not support"),
        ("medical.diagnosis", "wdbk", CallError, "wdbc"),
    ],
)
def test_what_cannot_be_validated_is_refused(name: str, test_set: str | None, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        ground_of(name, test_set)


def test_numbers_that_cannot_be_meant_are_refused(wdbc: Ground) -> None:
    with pytest.raises(CallError, match="--plantings"):
        validate(wdbc, plantings=0)
    with pytest.raises(CallError, match="--workers"):
        validate(wdbc, workers=0)
    for seed in (-1, 99999999999999999999):
        with pytest.raises(CallError, match=f"--seed {seed}"):
            validate(wdbc, seed=seed)


@pytest.fixture(scope="module")
def document(wdbc: Ground) -> dict[str, Any]:
    return record(wdbc, validate(wdbc, plantings=2), seed=0, plantings=2, workers=2)


def test_a_record_is_written_read_and_computed_again(document: dict[str, Any], wdbc: Ground, tmp_path: Path) -> None:
    write(document, tmp_path / "validation.json")
    assert read(tmp_path / "validation.json") == document
    again = record(wdbc, validate(wdbc, plantings=2, workers=3), seed=0, plantings=2, workers=3)
    found = compare([document, again], ["one", "two"])
    assert found.equal
    assert found.agrees
    assert found.where is None


def changed(document: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    other: dict[str, Any] = json.loads(json.dumps(document))
    change(other)
    return other


@pytest.mark.parametrize(("by", "agrees"), [(1e-15, True), (1e-3, False)])
def test_records_of_hosts_that_differ_say_where_and_by_how_much(
    document: dict[str, Any], by: float, agrees: bool
) -> None:
    def change(other: dict[str, Any]) -> None:
        other["results"]["trueness"][3]["recovered"] += by
        other["results_digest"] = "sha256:other"
        other["versions"]["numpy"] = "9"

    other = changed(document, change)
    found = compare([document, other], ["one", "two"])
    assert not found.equal
    assert found.agrees is agrees
    assert found.largest_difference == pytest.approx(by, rel=0.2)
    assert found.where == "trueness[detection_rate at 0.1].recovered"
    assert set(found.versions) == {"numpy"}
    backwards = compare([other, document], ["two", "one"])
    assert backwards.largest_difference == found.largest_difference


def test_records_of_something_else_are_refused(document: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(CallError, match="method_version"):
        compare([document, changed(document, lambda other: other.update(method_version="2"))], ["one", "two"])
    with pytest.raises(CallError, match="two records"):
        compare([document], ["one"])
    path = tmp_path / "record.json"
    for written, said in (("{", "no record"), ('{"format": 1}', "no record"), ("[]", "no record")):
        path.write_text(written)
        with pytest.raises(CallError, match=said):
            read(path)
    write(changed(document, lambda other: other["results"]["controls"].pop()), path)
    with pytest.raises(CallError, match="changed"):
        read(path)
    with pytest.raises(CallError, match="cannot read"):
        read(tmp_path / "nothing.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda other: other.pop("workers"), "without workers"),
        (lambda other: other.update(seed="0"), "seed is of type str"),
        (lambda other: other.update(plantings=True), "plantings is of type bool"),
        (lambda other: other.update(host=[]), "host is of type list"),
        (lambda other: other.update(versions=["1"]), "versions is of type list"),
        (lambda other: other.update(versions={"numpy": 2}), "versions are no words"),
        (lambda other: other.update(results=[]), "results is of type list"),
        (lambda other: other["results"].pop("robustness"), "results without robustness"),
        (lambda other: other["results"]["controls"][0].pop("as_it_must"), "controls without as_it_must"),
        (lambda other: other["results"].update(controls=[]), "no controls"),
        (lambda other: other["results"]["trueness"].append(3), "trueness without largest_difference"),
        (lambda other: other["results"]["repeatability"][0].update(largest_difference="0"), "largest_difference"),
    ],
)
def test_a_record_of_another_shape_is_refused(
    document: dict[str, Any], tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    other = changed(document, change)
    other["results_digest"] = digest(other["results"])
    write(other, tmp_path / "record.json")
    with pytest.raises(CallError, match=f"no record of a validation: .*{said}"):
        read(tmp_path / "record.json")


def test_a_record_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(CallError, match="too deeply"):
        read(tmp_path / "deep.json")


BROKEN: list[Callable[[dict[str, Any]], None]] = [
    lambda results: results["controls"][1].update(as_it_must=False),
    lambda results: results["trueness"][2].update(largest_difference=0.1),
    lambda results: results["trueness"][2].update(largest_difference=None),  # infinite
    lambda results: results["robustness"][0].update(same=False),
    lambda results: results["repeatability"][0].update(largest_difference=0.1),
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_whether_a_method_is_valid_is_found_in_the_results_and_not_believed(
    document: dict[str, Any], tmp_path: Path, number: int
) -> None:
    other = changed(document, lambda other: BROKEN[number](other["results"]))
    other["results_digest"] = digest(other["results"])
    write(other, tmp_path / "record.json")
    with pytest.raises(CallError, match="its results say False"):
        read(tmp_path / "record.json")
    other["valid"] = False
    write(other, tmp_path / "record.json")
    found = compare([read(tmp_path / "record.json"), document], ["one", "two"])
    assert (found.valid, found.not_valid) == (False, ("one",))


def test_records_say_what_validation_says(document: dict[str, Any]) -> None:
    assert is_valid(document["results"]) is document["valid"] is True


def test_one_record_is_not_two(document: dict[str, Any]) -> None:
    one, two = Path("one.json"), Path("two.json")
    elsewhere = document | {"host": {"system": "other", "processors": 1}}
    check_apart([document, elsewhere], [one, two])
    check_apart([document, document | {"created": "2000-01-01T00:00:00+00:00"}], [one, two])
    for other, path in ((document, two), (elsewhere, one)):
        with pytest.raises(CallError, match="given twice"):
            check_apart([document, other], [one, path])
