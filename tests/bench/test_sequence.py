"""Sequential plans: clusters in an order that the seed draws, asked until all is settled, and not one further."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import steelyard
from steelyard.api import prepare_run
from steelyard.bench.comparing import compare_runs
from steelyard.bench.sequence import sequence
from steelyard.core.card import Card
from steelyard.core.errors import SteelyardError
from steelyard.core.verdict import Verdict
from steelyard.core.words import Words
from steelyard.library.writing import write_set
from steelyard.report.report import Report

MEDICAL = "miit-2017-315#medical"
ALARMS = """
    specification: alarms
    edition: "1"
    document: test
    title: test
    DECISION
    clauses:
      alarms:
        where: "1"
        words: 误诊率低于10%
        meaning: test
        axis: intelligence
        readings:
          patient:
            because: test
            method: medical.diagnosis
            cluster: patient
            require: {alarms: false_positive_rate < 10 %}
          scenes:
            because: test
            primary: false
            method: medical.diagnosis
            mean_over: {group: disease, at_least: 1}
            require: {alarms: false_positive_rate < 10 %}
"""
Run = Callable[..., Report]


@pytest.fixture
def run(write_set: Callable[..., Path], tmp_path: Path) -> Run:
    """Judge a product with so many false alarms, evenly spread, on 2,000 patients without the disease."""
    test_set = str(write_set(["negative"] * 2000))
    spec = tmp_path / "alarms.yaml"
    spec.write_text(dedent(ALARMS).replace("DECISION\n", ""), "utf-8")

    def judge(every: int, **settings: Any) -> Report:
        def call(numbers: list[float]) -> str:
            return "positive" if int(numbers[0]) % every == 0 else "negative"

        chosen = {"sequential": True, "out": tmp_path / "out"} | settings
        return steelyard.run(f"{spec}#alarms", call, test_set=test_set, **chosen)

    return judge


@pytest.mark.parametrize(("every", "verdict"), [(1000, Verdict.CONFORMS), (3, Verdict.DOES_NOT_CONFORM)])
def test_it_stops_where_all_is_settled(every: int, verdict: Verdict, run: Run) -> None:
    report = run(every)
    assert report.verdict is verdict
    (finding,) = report.findings
    assert finding.estimate.method == "betting-ratio/1"
    assert report.answered == finding.estimate.units < 200
    assert report.stopped is not None
    assert "there all was settled" in report.stopped.en
    assert not finding.estimate.beside


def test_a_product_at_the_limit_is_asked_everything(run: Run) -> None:
    report = run(10)
    assert report.verdict is Verdict.UNDETERMINED
    assert report.answered == 2000
    assert report.stopped is not None
    assert "there was no more to ask" in report.stopped.en
    assert report.findings[0].new_run is None


def test_the_same_command_asks_nothing_more_and_says_the_same(run: Run) -> None:
    first, again = run(1000), run(1000)
    assert again.notes[0].en.startswith("nothing was asked")
    assert again.findings == first.findings


def test_an_interrupted_run_goes_on_where_it_stopped(run: Run, tmp_path: Path) -> None:
    seen = 0

    def stop(progress: object) -> None:  # noqa: ARG001
        nonlocal seen
        seen += 1
        if seen == 20:
            raise KeyboardInterrupt

    with pytest.raises(SteelyardError, match="stopped after"):
        run(1000, progress=stop)
    resumed, whole = run(1000), run(1000, out=tmp_path / "whole")
    assert resumed.findings == whole.findings
    assert resumed.stopped == whole.stopped


def test_the_seed_draws_the_order(run: Run, tmp_path: Path) -> None:
    reports = [run(1000, seed=seed, out=tmp_path / f"out-{number}") for number, seed in enumerate((0, 0, 1))]
    assert reports[0].findings == reports[1].findings
    trial = prepare_run(MEDICAL, "reference:wdbc_logistic", sequential=True).trial
    drawn = sequence(trial)
    assert sorted(np.concatenate(drawn.positions).tolist()) == trial.positions.tolist()
    other = sequence(prepare_run(MEDICAL, "reference:wdbc_logistic", sequential=True, seed=1).trial)
    assert drawn.codes.tolist() != other.codes.tolist()
    assert drawn.codes.tolist() != sorted(drawn.codes.tolist())
    assert [declared.most for declared in trial.plan.sequential or ()] == [1.0, 1.0, 1.0]


def test_all_requirements_must_be_shown_or_one_be_refuted(tmp_path: Path) -> None:
    def careless(cells: list[float]) -> str:
        return "positive" if cells[20] > 16.8 else "negative"

    report = steelyard.run(MEDICAL, careless, sequential=True, out=tmp_path / "out")
    assert report.verdict is Verdict.DOES_NOT_CONFORM
    assert report.answered < 100
    assert {finding.verdict for finding in report.findings} == {Verdict.DOES_NOT_CONFORM, Verdict.UNDETERMINED}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"reading": "scenes"}, "it judges a mean over groups"),
        ({"repeats": 2}, "stops early"),
        ({"sessions": 2}, "stops early"),
    ],
)
def test_what_cannot_be_watched_is_refused(settings: dict[str, Any], says: str, run: Run) -> None:
    with pytest.raises(SteelyardError, match=says) as caught:
        run(10, **settings)
    assert caught.value.exit_code == 2


def test_simple_acceptance_cannot_be_watched(write_set: Callable[..., Path], tmp_path: Path) -> None:
    spec = tmp_path / "simple.yaml"
    spec.write_text(dedent(ALARMS).replace("DECISION", "decision: {rule: simple}"), "utf-8")
    with pytest.raises(SteelyardError, match="compares values, not bounds"):
        prepare_run(f"{spec}#alarms", lambda _: "negative", test_set=str(write_set(["negative"] * 20)), sequential=True)


def test_runs_that_stopped_early_are_not_compared(run: Run, tmp_path: Path) -> None:
    run(1000)
    with pytest.raises(SteelyardError, match="sequential plan"):
        compare_runs(tmp_path / "out", tmp_path / "out", test_set=str(tmp_path / "made"))


EVERY = """
    specification: every
    edition: "1"
    document: test
    title: test
    clauses:
      misses:
        where: "1"
        words: 漏诊率低于10%
        meaning: test
        axis: intelligence
        readings:
          patient:
            because: test
            method: medical.diagnosis
            cluster: patient
            every: disease
            require: {misses: false_negative_rate < 10 %}
"""


@pytest.mark.parametrize("settings", [{"sequential": True}, {"limit": 300}, {}], ids=["sequential", "drawn", "fixed"])
def test_a_rare_group_is_not_forgotten(
    settings: dict[str, Any], make_card: Callable[..., Card], tmp_path: Path
) -> None:
    """Each disease must hold by itself: nothing is settled while one of them has not been met."""
    count, rare = 2000, {1990, 1995, 1999}
    card = make_card(
        methods=("medical.diagnosis",),
        input={"type": "features", "size": 1},
        groups={"disease": Words("disease", "疾病")},
        units={"patient": Words("patients", "受检者")},
    )
    samples = pa.table(
        {
            "id": [str(place) for place in range(count)],
            "input": pa.array([[float(place)] for place in range(count)], pa.list_(pa.float64())),
            "reference": ["positive"] * count,
            "disease": ["rare" if place in rare else "common" for place in range(count)],
            "patient": [str(place) for place in range(count)],
        }
    )
    write_set(tmp_path / "set", card, samples)
    spec = tmp_path / "every.yaml"
    spec.write_text(dedent(EVERY), "utf-8")

    def misses_the_rare(numbers: list[float]) -> str:
        return "negative" if int(numbers[0]) in rare else "positive"

    report = steelyard.run(
        f"{spec}#misses", misses_the_rare, test_set=str(tmp_path / "set"), out=tmp_path / "out", **settings
    )
    found = {finding.scope["disease"]: finding.verdict for finding in report.findings}
    assert set(found) == {"common", "rare"}
    assert found["common"] is Verdict.CONFORMS
    assert found["rare"] is not Verdict.CONFORMS
    assert report.verdict is not Verdict.CONFORMS


LISTENING = """
    specification: listening
    edition: "1"
    document: test
    title: test
    clauses:
      errors:
        where: "1"
        words: 字错率低于5%
        meaning: test
        axis: intelligence
        readings:
          pooled:
            because: test
            method: speech.recognition
            require: {errors: character_error_rate < 5 %}
"""


def test_where_nothing_counts_errors_cannot_be_weighed(make_card: Callable[..., Card], tmp_path: Path) -> None:
    """Half of the samples are silence: whatever a product writes there is an error among no characters."""
    card = make_card(methods=("speech.recognition",))
    samples = pa.table(
        {
            "id": [str(place) for place in range(40)],
            "reference": ["杆秤" if place % 2 else "" for place in range(40)],
        }
    )
    write_set(tmp_path / "set", card, samples)
    spec = tmp_path / "listening.yaml"
    spec.write_text(dedent(LISTENING), "utf-8")
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(json.dumps({"id": str(place), "output": "杆秤"}) + "\n" for place in range(40)), "utf-8")
    with pytest.raises(SteelyardError, match="their errors could not be weighed"):
        steelyard.run(f"{spec}#errors", f"outputs:{answers}", test_set=str(tmp_path / "set"), sequential=True)
