"""Diarisation errors, against pyannote.metrics and NIST's md-eval."""

from __future__ import annotations

import re
import subprocess
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import DiarizationErrorRate

from steelyard import fields
from steelyard.core.errors import UnknownName
from steelyard.core.sample import Records, Samples
from steelyard.fields.speech.diarisation import diarisation_errors
from steelyard.library.store import open_set
from steelyard.stats.estimate import estimate

MD_EVAL = Path("/usr/lib/sctk/bin/md-eval.pl")
Turns = list[list[float]]


@pytest.mark.parametrize(
    ("reference", "output", "collar", "overlap", "errors"),
    [  # milliseconds: speech, missed, confused, false alarms
        ([[0, 2, 0], [2, 4, 1]], [[0, 2, 5], [2, 4, 3]], 0.0, True, (4000, 0, 0, 0)),
        ([[0, 2, 0], [2, 4, 1]], [[0, 4, 0]], 0.0, True, (4000, 0, 2000, 0)),
        ([[0, 2, 0], [2, 4, 1]], [[0, 4, 0]], 0.25, True, (3000, 0, 1500, 0)),
        ([[0, 3, 0], [2, 4, 1]], [[0, 4, 0]], 0.0, True, (5000, 1000, 1000, 0)),
        ([[0, 3, 0], [2, 4, 1]], [[0, 4, 0]], 0.0, False, (3000, 0, 1000, 0)),
        ([[0, 2, 0]], [[0, 2, 0], [0, 2, 1], [3, 4, 0]], 0.0, True, (2000, 0, 0, 3000)),
        ([[0, 1, 0], [1, 2, 0]], [[0, 2, 0]], 0.25, True, (1000, 0, 0, 0)),  # an edge between turns of one speaker
        ([], [[0, 2, 0]], 0.25, True, (0, 0, 0, 2000)),
        ([[0, 2, 0]], [], 0.0, True, (2000, 2000, 0, 0)),
        ([[1, 1, 0]], [[1, 1, 0]], 0.0, True, (0, 0, 0, 0)),
    ],
)
def test_what_an_answer_costs(
    reference: Turns, output: Turns, collar: float, overlap: bool, errors: tuple[int, ...]
) -> None:
    assert diarisation_errors(reference, output, collar, overlap) == errors


def annotation(turns: Turns) -> Any:
    made = Annotation()
    for place, (begin, end, speaker) in enumerate(turns):
        made[Segment(begin, end), place] = str(speaker)
    return made


def theirs(reference: Turns, output: Turns, collar: float, overlap: bool) -> list[float]:
    """Milliseconds; pyannote states the width of a collar, we state half of it."""
    metric = DiarizationErrorRate(collar=2 * collar, skip_overlap=not overlap)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that no part to be scored is named
        found = metric(annotation(reference), annotation(output), detailed=True)
    return [1000 * found[name] for name in ("total", "missed detection", "confusion", "false alarm")]


@st.composite
def turns(draw: st.DrawFn) -> Turns:
    """Return turns of three speakers, none of whom talks over themselves."""
    made = []
    for speaker in range(3):
        edges = sorted(set(draw(st.lists(st.integers(0, 200), max_size=6))))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        made += [[begin / 10, end / 10, float(speaker)] for begin, end in pairs]
    return made


@settings(max_examples=60, deadline=None)
@given(turns(), turns(), st.sampled_from([0.0, 0.25]), st.booleans())
def test_errors_are_pyannote_s(reference: Turns, output: Turns, collar: float, overlap: bool) -> None:
    ours = diarisation_errors(reference, output, collar, overlap)
    if not reference:
        return  # nothing to compare: it scores no part of a recording in which nobody speaks
    assert list(ours) == pytest.approx(theirs(reference, output, collar, overlap), abs=0.01)


@pytest.fixture
def meeting(mirror: Path) -> tuple[Turns, Turns]:  # noqa: ARG001 - sets the library's mirror
    opened = open_set("ami-es2014c-diarisation")
    reference = next(opened.batches(["reference"])).column(0).to_pylist()[0]
    return reference, opened.answers("speechbrain")["output"].to_pylist()[0]


@pytest.mark.parametrize("collar", [0.0, 0.25])
@pytest.mark.parametrize("overlap", [True, False])
def test_a_real_meeting_comes_out_as_pyannote_says(collar: float, overlap: bool, meeting: tuple[Turns, Turns]) -> None:
    ours = diarisation_errors(*meeting, collar, overlap)
    assert list(ours) == pytest.approx(theirs(*meeting, collar, overlap), abs=5)


def test_a_real_meeting_comes_out_as_published(meeting: tuple[Turns, Turns]) -> None:
    """SpeechBrain's documentation of its function ``DER``: 7.16923618 % with md-eval, collar 0.25 s, no overlap."""
    speech, missed, confused, alarms = diarisation_errors(*meeting, 0.25, overlap=False)
    assert (missed, alarms) == (0, 0)
    assert 100 * confused / speech == pytest.approx(7.16923618, abs=0.001)


@pytest.mark.skipif(not MD_EVAL.exists(), reason="NIST's scorer is not installed: apt-get install sctk")
@pytest.mark.parametrize("overlap", [True, False])
def test_a_real_meeting_comes_out_as_md_eval_says(overlap: bool, mirror: Path, meeting: tuple[Turns, Turns]) -> None:
    folder = mirror / "speech/rir-noise-farfield/rttm"
    call = [str(MD_EVAL), "-c", "0.25", *([] if overlap else ["-1"])]
    for flag, name in (("-r", "ref_rttm"), ("-s", "sys_rttm")):
        call += [flag, str(folder / name / "ES2014c.rttm")]
    said = subprocess.run(call, check=True, capture_output=True, text=True).stdout
    stated = re.search(r"OVERALL SPEAKER DIARIZATION ERROR = ([\d.]+) percent", said)
    assert stated is not None
    speech, *errors = diarisation_errors(*meeting, 0.25, overlap)
    assert 100 * sum(errors) / speech == pytest.approx(float(stated[1]), abs=0.01)


def test_false_alarms_beyond_the_speech_are_counted_and_not_charged() -> None:
    method = fields.find("speech.diarisation", {"collar": 0.0})
    samples = Samples([[[0, 1, 0]], []], np.arange(2), np.arange(2)[:, None])
    records = Records([[[0, 10, 0]], [[0, 10, 0]]], np.zeros(2), [None] * 2)
    indicator = method.indicator("diarisation_error_rate")
    rows = indicator.rows(samples, records)
    assert rows.values.tolist() == [[1000, 0, 0, 1000, 0, 8000, 1, 0.9], [0, 0, 0, 0, 1000, 9000, 1, 1]]
    assert estimate(indicator, [rows], 2, 0.95).value == 1.0


def value_of(name: str, references: list[Turns], outputs: list[Turns | None]) -> float | None:
    positions = np.arange(len(references))
    samples = Samples(references, positions, positions[:, None])
    indicator = fields.find("speech.diarisation", {"collar": 0.0}).indicator(name)
    rows = indicator.rows(samples, Records(outputs, np.zeros(len(outputs)), [None] * len(outputs)))
    return estimate(indicator, [rows], len(references), 0.95).value


SPOKEN: Turns = [[0, 9, 0]]


@pytest.mark.parametrize(
    ("references", "outputs", "error_rate", "false_alarm_share"),
    [
        ([SPOKEN, []], [SPOKEN, []], 0.0, 0.0),
        ([SPOKEN, []], [SPOKEN, [[0, 3600, 1]]], 0.1, 0.5),  # an hour of nobody: one second of ten, half of recordings
        ([SPOKEN, []], [SPOKEN, [[0, 0.5, 1]]], 0.5 / 9.5, 0.5),
        ([SPOKEN, []], [SPOKEN, None], 0.1, 0.5),  # no answer costs silence as much
        ([SPOKEN], [[[0, 9, 0], [9, 90, 1]]], 1.0, 0.9),
        ([SPOKEN], [[[0, 9, 0], [9, 900, 1]]], 1.0, 0.99),  # where the error rate is capped, the share still rises
        ([[]], [[]], None, 0.0),
    ],
)
def test_speakers_invented_are_not_free(
    references: list[Turns], outputs: list[Turns | None], error_rate: float | None, false_alarm_share: float
) -> None:
    assert value_of("diarisation_error_rate", references, outputs) == pytest.approx(error_rate)
    assert value_of("false_alarm_share", references, outputs) == pytest.approx(false_alarm_share)


def test_an_option_that_is_not_there_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean left out"):
        fields.find("speech.diarisation", {"overlap": "leftout"})
