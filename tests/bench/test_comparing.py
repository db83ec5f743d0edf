"""Two runs on the same samples, from their folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar

import steelyard
from steelyard.bench.comparing import compare_runs, margin_of
from steelyard.core.card import Card
from steelyard.core.errors import CallError, SteelyardError
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.library.writing import write_set
from steelyard.stats.comparison.non_inferiority import Outcome

MEDICAL = "miit-2017-315#medical"
SPEECH = "miit-2017-315#speech.recognition"
AREA = """
    specification: probabilities
    edition: "1"
    document: test
    title: test
    clauses:
      order:
        where: "1"
        words: 曲线下面积超过0.9
        meaning: test
        axis: intelligence
        readings:
          patient:
            because: test
            method: medical.probability
            cluster: patient
            require: {area: area_under_curve > 0.9}
      score:
        where: "2"
        words: 布里尔分数小于0.1
        meaning: test
        axis: intelligence
        readings:
          patient:
            because: test
            method: medical.probability
            cluster: patient
            require: {brier: brier_score < 0.1}
"""
DIAGNOSES = """
    specification: diagnoses
    edition: "1"
    document: test
    title: test
    {decision}
    clauses:
      c:
        where: "1"
        words: 假阴性率低于1%
        meaning: test
        axis: intelligence
        readings:
          patient:
            because: test
            method: medical.diagnosis
            {more}
            require: {{misses: false_negative_rate {limit}}}
"""
SPOKEN = """
    specification: spoken
    edition: "1"
    document: test
    title: test
    clauses:
      c:
        where: "1"
        words: 字准确率超过90%
        meaning: test
        axis: intelligence
        readings:
          r:
            because: test
            method: speech.recognition
            cluster: speaker
            require: {accuracy: character_accuracy > 90 %}
"""
SAID = "杆秤称重公平公正买卖两清"


@pytest.fixture
def runs(write_set: Callable[..., Path], tmp_path: Path) -> Callable[[set[int], set[int]], tuple[Path, Path]]:
    """Run two products that are wrong about these patients, of 300 with the disease and 300 without."""
    test_set = str(write_set(["positive"] * 300 + ["negative"] * 300))

    def run(*wrong: set[int]) -> tuple[Path, Path]:
        folders = []
        for number, some in enumerate(wrong):

            def call(numbers: list[float], some: set[int] = some) -> str:
                place = int(numbers[0])
                return "positive" if (place < 300) != (place in some) else "negative"

            folders.append(tmp_path / f"run-{number}-{len(some)}")
            steelyard.run(MEDICAL, call, test_set=test_set, out=folders[-1])
        return folders[0], folders[1]

    return run


def test_independent_samples_are_compared_as_mcnemar_does(
    runs: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    first, second = runs(set(range(4)), set(range(2, 30)))
    compared = compare_runs(first, second, test_set=str(tmp_path / "made"))
    misses = next(each for each in compared.differences if each.requirement.name == "misses")
    assert (misses.only_first, misses.only_second) == (26, 2)
    assert misses.p_value == pytest.approx(mcnemar([[0, 2], [26, 0]], exact=True).pvalue)
    assert (misses.first, misses.second) == (4 / 300, 28 / 300)
    assert misses.advantage == pytest.approx(24 / 300)
    assert misses.lower is not None
    assert misses.upper is not None
    assert 0 < misses.lower < 24 / 300 < misses.upper
    assert misses.outcome is Outcome.BETTER
    again = compare_runs(second, first, test_set=str(tmp_path / "made"))
    turned = next(each for each in again.differences if each.requirement.name == "misses")
    assert (turned.outcome, turned.lower, turned.upper) == (
        Outcome.WORSE,
        pytest.approx(-misses.upper),
        pytest.approx(-misses.lower),
    )
    lost = [flip for flip in compared.flips if flip.first > flip.second]
    assert [flip.sample for flip in lost] == ["sample-0", "sample-1"]
    assert sum(flip.first < flip.second for flip in compared.flips) == 20, "the most that are named"


@pytest.mark.parametrize(
    ("margin", "outcome"), [(0.0, Outcome.UNKNOWN), (0.05, Outcome.EQUAL), (1e-6, Outcome.UNKNOWN)]
)
def test_a_product_is_equal_to_itself_only_within_a_margin(
    margin: float, outcome: Outcome, runs: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    wrong = set(range(10)) | set(range(300, 310))
    compared = compare_runs(*runs(wrong, wrong), margin=margin, test_set=str(tmp_path / "made"))
    assert compared.outcome is outcome
    assert not compared.flips
    for each in compared.differences:
        assert each.advantage == 0.0
        assert each.lower is not None
        assert each.upper is not None
        assert each.lower < 0.0 < each.upper


def test_recognisers_are_compared_over_speakers(mirror: Path, tmp_path: Path) -> None:
    """One that leaves out the last character of each tenth utterance is shown to be worse, over 20 speakers."""
    assert mirror
    answers = store.open_set("aishell1-test-hyp-zh").answers("decoder").to_pylist()
    path = tmp_path / "worse.jsonl"
    lines = [
        json.dumps({"id": row["id"], "output": row["output"][:-1] if number % 10 == 0 else row["output"]})
        for number, row in enumerate(answers)
    ]
    path.write_text("\n".join(lines), "utf-8")
    for name, product in (("a", "outputs:aishell1-test-hyp-zh"), ("b", f"outputs:{path}")):
        steelyard.run(SPEECH, product, test_set="aishell1-test-hyp-zh", out=tmp_path / name)
    compared = compare_runs(tmp_path / "a", tmp_path / "b")
    (found,) = compared.differences
    assert found.outcome is Outcome.BETTER
    assert found.method.startswith("paired-jackknife-t-difference")
    assert found.first is not None
    assert found.second is not None
    assert found.advantage == pytest.approx(found.first - found.second)
    assert found.test == "matched pairs by sample"
    assert found.p_value is not None
    assert found.p_value < 1e-9
    # Both runs by themselves vary by ± 0.7 % over speakers; pair by pair a difference of 0.7 % is sure.
    assert found.lower is not None
    assert found.upper is not None
    assert found.upper - found.lower < 0.002


@pytest.fixture
def recognised(tmp_path: Path, make_card: Callable[..., Card]) -> Callable[..., tuple[Path, Path]]:
    """Judge two recognisers that get the first so many characters of each of 12 utterances wrong."""
    card = make_card(
        name="spoken",
        methods=("speech.recognition",),
        units={"speaker": Words("speakers", "说话人")},
    )
    table = pa.table(
        {
            "id": [f"utterance-{number}" for number in range(12)],
            "reference": [SAID] * 12,
            "speaker": [f"speaker-{number // 3}" for number in range(12)],
        }
    )
    write_set(tmp_path / "spoken", card, table)

    def run(*wrong: list[int], **settings: Any) -> tuple[Path, Path]:
        spec = tmp_path / "spoken.yaml"
        spec.write_text(dedent(SPOKEN), "utf-8")
        folders = []
        for number, some in enumerate(wrong):
            answers = tmp_path / f"{number}.jsonl"
            lines = [
                json.dumps({"id": f"utterance-{place}", "output": "错" * count + SAID[count:]})
                for place, count in enumerate(some)
            ]
            answers.write_text("\n".join(lines), "utf-8")
            folders.append(tmp_path / f"run-{number}")
            spoken = str(tmp_path / "spoken")
            steelyard.run(f"{spec}#c", f"outputs:{answers}", test_set=spoken, out=folders[-1], **settings)
        return folders[0], folders[1]

    return run


ONE, OTHER = [1, 0, 2, 0, 1, 1, 0, 3, 0, 1, 0, 2], [2, 0, 2, 1, 1, 3, 0, 2, 1, 1, 1, 4]


@pytest.mark.parametrize("settings", [{}, {"repeats": 10}, {"repeats": 2, "sessions": 2}])
def test_matched_pairs_are_samples_however_often_they_are_asked(
    settings: dict[str, int], recognised: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    compared = compare_runs(*recognised(ONE, OTHER, **settings), test_set=str(tmp_path / "spoken"))
    (found,) = compared.differences
    apart = np.subtract(ONE, OTHER)
    # Gillick and Cox's matched pairs: a paired t statistic, held against the normal distribution.
    expected = 2.0 * scipy.stats.norm.sf(abs(scipy.stats.ttest_rel(ONE, OTHER).statistic))
    assert found.test == "matched pairs by sample"
    assert found.p_value == pytest.approx(expected, rel=1e-9)
    assert found.advantage == pytest.approx(-apart.sum() / 144)
    costs = {flip.sample: (flip.first, flip.second) for flip in compared.flips}
    assert costs == {f"utterance-{place}": (ONE[place], OTHER[place]) for place in np.flatnonzero(apart)}


def test_errors_that_are_no_whole_numbers_make_no_matched_pairs(tmp_path: Path) -> None:
    spec = tmp_path / "score.yaml"
    spec.write_text(dedent(AREA), "utf-8")

    def undecided(cells: list[float]) -> float:
        return 0.4 if cells[0] > 15 else 0.3

    steelyard.run(f"{spec}#score", "reference:wdbc_probability", out=tmp_path / "a")
    steelyard.run(f"{spec}#score", undecided, out=tmp_path / "b")
    (found,) = compare_runs(tmp_path / "a", tmp_path / "b").differences
    assert found.outcome is Outcome.BETTER
    assert (found.test, found.p_value) == (None, None)


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ({}, {"repeats": 3}, "repeats"),
        ({"sessions": 2}, {"repeats": 2}, "repeats, sessions"),
        ({"more": "cluster: patient"}, {}, "cluster"),  # no traceback where codes are missing
        ({"more": "every: disease"}, {}, "groups that must hold by themselves"),
        ({"more": "mean_over: {group: disease, at_least: 1}"}, {}, "groups that are averaged"),
        ({"limit": "< 2 %"}, {}, "requirements"),
        ({"decision": "decision: {confidence: 0.9}"}, {}, "confidence"),
    ],
)
def test_unlike_runs_are_refused(
    one: dict[str, Any], other: dict[str, Any], says: str, write_set: Callable[..., Path], tmp_path: Path
) -> None:
    test_set = str(write_set(["positive", "negative"] * 10))
    for name, changes in (("a", one), ("b", other)):
        spec = tmp_path / f"{name}.yaml"
        written = {"more": "cover: {group: disease, at_least: 1}", "limit": "< 1 %", "decision": "source: test"}
        settings = {key: value for key, value in changes.items() if key not in written}
        written |= {key: value for key, value in changes.items() if key in written}
        spec.write_text(dedent(DIAGNOSES).format(**written), "utf-8")
        steelyard.run(f"{spec}#c", lambda _: "positive", test_set=test_set, out=tmp_path / name, **settings)
    for folders in (("a", "b"), ("b", "a")):
        with pytest.raises(CallError, match=f"differ in: {says}\\."):
            compare_runs(*(tmp_path / name for name in folders), test_set=test_set)


def test_a_margin_is_said_to_be_stated_at_the_comparison(
    runs: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    folders = runs({1}, {2})
    compared = compare_runs(*folders, margin=0.05, test_set=str(tmp_path / "made"))
    assert compared.margin_stated is not None
    assert "no plan holds it" in compared.margin_stated.en
    assert compare_runs(*folders, test_set=str(tmp_path / "made")).margin_stated is None


def test_areas_under_the_curve_are_compared_by_their_influence(tmp_path: Path) -> None:
    spec = tmp_path / "area.yaml"
    spec.write_text(dedent(AREA), "utf-8")

    def by_texture(cells: list[float]) -> float:
        return min(max(cells[1] / 40.0, 0.0), 1.0)

    steelyard.run(f"{spec}#order", "reference:wdbc_probability", out=tmp_path / "a")
    steelyard.run(f"{spec}#order", by_texture, out=tmp_path / "b")
    (found,) = compare_runs(tmp_path / "a", tmp_path / "b").differences
    wdbc = store.open_set("wdbc")
    rows = [row for batch in wdbc.batches(["input", "reference", "split"]) for row in batch.to_pylist()]
    test = [row for row in rows if row["split"] == "test"]
    texture = roc_auc_score([row["reference"] == "positive" for row in test], [row["input"][1] for row in test])
    assert found.second == pytest.approx(texture)
    assert found.outcome is Outcome.BETTER
    assert found.lower is not None
    assert found.first is not None
    assert found.lower > 0.1
    assert np.isclose(found.first - texture, found.advantage or 0.0)


@pytest.mark.parametrize(
    ("choice", "says"), [({"limit": 20}, "samples drawn"), ({"limit": 30, "seed": 1}, "samples drawn")]
)
def test_runs_on_other_samples_are_refused(choice: dict[str, Any], says: str, tmp_path: Path) -> None:
    steelyard.run(MEDICAL, "reference:wdbc_logistic", out=tmp_path / "a", limit=30)
    steelyard.run(MEDICAL, "reference:wdbc_logistic", out=tmp_path / "b", **choice)
    with pytest.raises(SteelyardError, match=says):
        compare_runs(tmp_path / "a", tmp_path / "b")


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SteelyardError, match="holds no run"):
        compare_runs(tmp_path, tmp_path)
    (tmp_path / "plan.json").write_text("{}")
    with pytest.raises(SteelyardError, match="is no plan"):
        compare_runs(tmp_path, tmp_path)
    steelyard.run(MEDICAL, "reference:wdbc_logistic", out=tmp_path / "a", limit=20)
    plan = tmp_path / "a" / "plan.json"
    plan.write_text(plan.read_text("utf-8").replace('"seed": 0', '"seed": 1'), "utf-8")
    with pytest.raises(SteelyardError, match="it has been changed"):
        compare_runs(tmp_path / "a", tmp_path / "a")


def test_a_margin_is_a_number() -> None:
    with pytest.raises(SteelyardError, match="no number"):
        margin_of("a little")
