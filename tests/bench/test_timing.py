"""The real-time factor, from what is asked to the verdict: time is charged, and where there is none nothing is said."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile

import steelyard
from steelyard.bench.run import journal_of
from steelyard.bench.scoring import score_rounds
from steelyard.bench.sizes import plan_run
from steelyard.bench.trial import prepare
from steelyard.core.card import Card
from steelyard.core.errors import CallError, Interrupted, NotTestable
from steelyard.core.product import Limits
from steelyard.core.verdict import Finding, Verdict
from steelyard.core.words import Words
from steelyard.data.audio import Audio
from steelyard.library.stored_set import StoredSet
from steelyard.library.writing import write_set
from steelyard.products.python import of_callable
from steelyard.report.report import Report
from steelyard.specs.reader import read

RATE = 16_000
SECONDS = [0.25 * (1 + number % 4) for number in range(24)]
"""What the recordings last: of each of twelve speakers two."""
NAP = 0.01
SPECIFICATION = """
specification: quick
edition: "1"
document: made for this test
source: https://example.org
title: {en: Quick, zh: 快速}
decision: {rule: guarded, confidence: 0.95}
clauses:
  quick:
    where: "1"
    words: quick
    meaning: {en: Quick., zh: 快速。}
    axis: intelligence
    binding: hard
    readings:
      speed:
        because: {en: Time alone., zh: 仅看用时。}
        method: speech.recognition
        cluster: speaker
        require: {speed: real_time_factor < 0.5 s/s}
  right:
    where: "2"
    words: right
    meaning: {en: Right., zh: 准确。}
    axis: intelligence
    binding: hard
    readings:
      errors:
        because: {en: Characters alone., zh: 仅看字。}
        method: speech.recognition
        cluster: speaker
        require: {errors: character_error_rate < 10 %}
"""


def naps(heard: Any) -> str:  # noqa: ARG001
    time.sleep(NAP)
    return ""


def gives_up_on_long_ones(heard: Any) -> str:
    if len(heard) == RATE:
        raise ValueError("too long for me")
    return ""


@pytest.fixture
def specification(tmp_path: Path) -> str:
    (tmp_path / "quick.yaml").write_text(SPECIFICATION, "utf-8")
    return f"{tmp_path / 'quick.yaml'}#quick"


@pytest.fixture
def recordings(tmp_path: Path, make_card: Callable[..., Card]) -> str:
    kind, random = Audio(sample_rate=RATE), np.random.default_rng(5)
    sounds = [random.uniform(-0.5, 0.5, round(RATE * seconds)).astype(np.float32) for seconds in SECONDS]
    card = make_card(
        name="recordings",
        methods=("speech.recognition",),
        input=kind.declaration(),
        units={"speaker": Words("speakers", "说话人")},
    )
    table = pa.table(
        {
            "id": [f"recording-{number}" for number in range(len(sounds))],
            "input": pa.array([kind.store(sound) for sound in sounds], kind.arrow()),
            "reference": ["杆秤称重"] * len(sounds),
            "speaker": [f"speaker-{number // 2:02}" for number in range(len(sounds))],
        }
    )
    write_set(tmp_path / "recordings", card, table)
    return str(tmp_path / "recordings")


def only(report: Report) -> Finding:
    (finding,) = report.findings
    return finding


def recorded_seconds(out: Path) -> list[float]:
    tables = [pa.ipc.open_file(path).read_all() for path in sorted((out / "journal").glob("*.arrow"))]
    return [seconds for table in tables for seconds in table["seconds"].to_pylist()]


def test_it_is_all_seconds_over_all_durations(specification: str, recordings: str, tmp_path: Path) -> None:
    """As Kaldi and FunASR have it; durations are what libsndfile says of the files."""
    report = steelyard.run(specification, naps, test_set=recordings, out=tmp_path / "out")
    stored = [row for batch in StoredSet(report.card, Path(recordings)).batches(["input"]) for row in batch.column(0)]
    lasts = sum(soundfile.info(io.BytesIO(row.as_py())).duration for row in stored)
    assert lasts == sum(SECONDS)
    taken = recorded_seconds(tmp_path / "out")
    found = only(report).estimate
    assert found.value == pytest.approx(sum(taken) / lasts, rel=1e-4)  # whole microseconds
    assert found.value >= NAP * len(SECONDS) / lasts
    assert (found.units, found.opportunities) == (12, 1e6 * lasts)
    assert report.verdict is Verdict.CONFORMS
    assert only(report).tipping is None, "no reference answer could change it"
    assert any("machine" in said.en for said in report.non_claims)


def test_no_answer_is_charged_all_the_time_that_was_granted(
    specification: str, recordings: str, tmp_path: Path
) -> None:
    """Long recordings are given up at once: by the clock it is quick, and it does not pay."""
    report = steelyard.run(
        specification, gives_up_on_long_ones, test_set=recordings, out=tmp_path / "out", limits=Limits(answer_seconds=7)
    )
    given_up = SECONDS.count(1.0)
    assert [(each.fault.value, each.count) for each in report.failures] == [("refused", given_up)]
    found = only(report).estimate
    assert sum(recorded_seconds(tmp_path / "out")) < 7.0, "all together took less than a single charge"
    assert 7e6 * given_up <= found.events < 7e6 * given_up + 2e6
    assert report.verdict is Verdict.DOES_NOT_CONFORM


def test_recorded_answers_have_no_value_and_the_report_says_why(
    specification: str, recordings: str, tmp_path: Path
) -> None:
    lines = [json.dumps({"id": f"recording-{number}", "output": "杆秤称重"}) for number in range(len(SECONDS))]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines), "utf-8")
    report = steelyard.run(
        specification, f"outputs:{tmp_path / 'answers.jsonl'}", test_set=recordings, out=tmp_path / "out"
    )
    finding = only(report)
    assert (finding.estimate.value, finding.verdict, finding.new_run) == (None, Verdict.UNDETERMINED, None)
    assert finding.because == Words("recorded answers do not tell how long they took", "答案记录不含作答用时")


def test_planning_knows_a_product_that_takes_no_time(specification: str, recordings: str) -> None:
    (judgement,) = plan_run(specification, test_set=recordings).at_best
    assert (judgement.findings[0].estimate.value, judgement.verdict) == (0.0, Verdict.CONFORMS)


def test_resumed_and_repeated_runs_count_every_record_once(specification: str, recordings: str, tmp_path: Path) -> None:
    seen = 0

    def stop(progress: object) -> None:  # noqa: ARG001
        nonlocal seen
        seen += 1
        if seen == 30:  # in the second round
            raise KeyboardInterrupt

    asked: dict[str, Any] = {"test_set": recordings, "out": tmp_path / "out", "repeats": 2, "sessions": 2}
    with pytest.raises(Interrupted):
        steelyard.run(specification, naps, progress=stop, **asked)
    report = steelyard.run(specification, naps, **asked)
    taken, found = recorded_seconds(tmp_path / "out"), only(report).estimate
    assert len(taken) == 4 * len(SECONDS)
    assert found.value == pytest.approx(sum(taken) / (4 * sum(SECONDS)), rel=1e-4)
    assert found.units == 12, "four answers of a speaker are no four speakers"
    (spread,) = report.repeatability
    assert [len(each) for each in spread.values] == [2, 2]
    assert np.mean(spread.values) == pytest.approx(found.value)


def test_it_is_asked_alone(specification: str, recordings: str, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="--workers"):
        steelyard.run(specification, naps, test_set=recordings, out=tmp_path / "out", workers=2)
    assert not (tmp_path / "out" / "plan.json").exists()
    right = specification.replace("#quick", "#right")
    assert steelyard.run(right, naps, test_set=recordings, out=tmp_path / "two", workers=2).answered == len(SECONDS)


def test_no_sequential_plan_bets_on_time(specification: str, recordings: str, tmp_path: Path) -> None:
    with pytest.raises(NotTestable, match="weighs time"):
        steelyard.run(specification, naps, test_set=recordings, out=tmp_path / "out", sequential=True)


def test_added_up_as_they_come_rows_give_the_same(specification: str, recordings: str, tmp_path: Path) -> None:
    path, _, clause = specification.partition("#")
    trial = prepare(read(path), of_callable(naps), clause=clause, test_set=recordings)
    steelyard.run(specification, naps, test_set=recordings, out=tmp_path / "out")
    records = journal_of(trial, tmp_path / "out").read()
    indicator = trial.method.indicator("real_time_factor")
    whole, summed = (score_rounds(trial, records, summed=each).rows(indicator, "speaker") for each in (False, True))
    assert (len(whole.values), len(summed.values)) == (24, 12)
    assert whole.values.sum(axis=0).tolist() == summed.values.sum(axis=0).tolist()


def test_inputs_are_not_read_for_who_does_not_ask(
    specification: str, recordings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_inputs(_: StoredSet) -> None:
        raise AssertionError("nobody asked how long recordings last")

    monkeypatch.setattr(StoredSet, "durations", property(read_inputs))
    right = specification.replace("#quick", "#right")
    assert steelyard.run(right, naps, test_set=recordings, out=tmp_path / "out").answered == len(SECONDS)
    with pytest.raises(AssertionError, match="nobody asked"):
        steelyard.run(specification, naps, test_set=recordings, out=tmp_path / "timed")


def test_a_set_without_recordings_says_so(tmp_path: Path, specification: str, make_card: Callable[..., Card]) -> None:
    card = replace(
        make_card(name="texts", methods=("speech.recognition",)), units={"speaker": Words("speakers", "说话人")}
    )
    table = pa.table({"id": ["a", "b"], "reference": ["杆秤", "称重"], "speaker": ["x", "y"]})
    write_set(tmp_path / "texts", card, table)
    (judgement,) = plan_run(specification, test_set=str(tmp_path / "texts")).at_best
    assert judgement.findings[0].estimate.value is None
    assert judgement.findings[0].because.en == "the set holds no recordings to weigh the time against"
