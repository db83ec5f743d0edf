"""Speech activity, against pyannote.metrics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.detection import DetectionCostFunction

from steelyard import fields
from steelyard.core.errors import MalformedValue
from steelyard.core.sample import Records, Samples
from steelyard.library.store import open_set
from steelyard.stats.estimate import estimate

NAME = "speech.activity"
Stretches = list[list[float]]


def counted(reference: Stretches, output: Stretches | None, **options: float) -> tuple[float, ...]:
    samples = Samples([reference], np.zeros(1, np.int64), np.zeros((1, 1), np.int64))
    indicator = fields.find(NAME, options).indicators[0]
    return tuple(indicator.rows(samples, Records([output], np.zeros(1), [None])).values[0])


@pytest.mark.parametrize(
    ("reference", "output", "options", "counts"),
    [  # milliseconds: speech, missed, silence, false alarms
        ([[0.5, 1.5]], [[0.5, 1.5]], {}, (1000, 0, 1000, 0)),
        ([[0.5, 1.5]], [[1.0, 1.75]], {}, (1000, 500, 1000, 250)),
        ([[0.5, 1.0], [1.0, 1.5]], [[0.5, 1.2], [1.1, 1.5]], {}, (1000, 0, 1000, 0)),
        ([[0.5, 1.5]], [[0.0, 99.0]], {}, (1000, 0, 1000, 1000)),  # beyond the end nothing is scored
        ([[0.5, 1.5]], [[1.0, 99.0]], {"seconds": 10}, (1000, 500, 9000, 8500)),
        ([[0.5, 1.5]], [], {}, (1000, 1000, 1000, 0)),
        ([[0.5, 1.5]], None, {}, (1000, 1000, 1000, 1000)),  # no answer is both: never the better one
        ([], [[0.0, 0.5]], {}, (0, 0, 2000, 500)),
        ([[0.5, 1.5]], [[0.75, 1.25]], {"collar": 0.25}, (500, 0, 500, 0)),
        ([[0.5, 1.5]], [[0.8, 1.8]], {"collar": 0.25}, (500, 50, 500, 50)),
    ],
)
def test_what_an_answer_costs(
    reference: Stretches, output: Stretches | None, options: dict[str, float], counts: tuple[int, ...]
) -> None:
    assert counted(reference, output, **options) == counts


def test_a_set_whose_speech_ends_later_is_refused() -> None:
    with pytest.raises(MalformedValue, match=r"ends at 9\.3 s, beyond the 2 s of the recording"):
        fields.find(NAME).expected.load([[0.0, 9.3]])


TIMES = st.lists(st.integers(0, 200), max_size=8).map(lambda edges: sorted(set(edges)))
STRETCHES = TIMES.map(lambda edges: [[a / 100, b / 100] for a, b in zip(edges[::2], edges[1::2], strict=False)])


def theirs(pairs: list[tuple[Stretches, Stretches]], collar: float) -> tuple[float, ...]:
    """Cost, missed, speech, false alarms and silence, in seconds; pyannote states the whole width of a collar."""
    metric = DetectionCostFunction(collar=2 * collar, fa_weight=0.25, miss_weight=0.75)
    for reference, output in pairs:
        sides = []
        for stretches in (reference, output):
            made = Annotation()
            for begin, end in stretches:
                made[Segment(begin, end)] = "speech"
            sides.append(made)
        metric(*sides, uem=Timeline([Segment(0, 2)]))
    names = ("miss", "positive class total", "false alarm", "negative class total")
    return abs(metric), *(metric[name] for name in names)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(STRETCHES, STRETCHES), min_size=1, max_size=4), st.sampled_from([0.0, 0.05]))
def test_cost_and_parts_are_pyannote_s(pairs: list[tuple[Stretches, Stretches]], collar: float) -> None:
    positions = np.arange(len(pairs))
    samples = Samples([pair[0] for pair in pairs], positions, positions[:, None])
    records = Records([pair[1] for pair in pairs], np.zeros(len(pairs)), [None] * len(pairs))
    indicator = fields.find(NAME, {"collar": collar}).indicator("detection_cost")
    rows = indicator.rows(samples, records)
    speech, missed, silence, alarmed = rows.values.sum(axis=0) / 1000
    cost, *parts = theirs(pairs, collar)
    assert parts == pytest.approx([missed, speech, alarmed, silence], abs=1e-6)
    if speech and silence:
        assert estimate(indicator, [rows], len(pairs), 0.95).value == pytest.approx(cost)


def test_real_chunks_and_what_always_says_speech(mirror: Path) -> None:  # noqa: ARG001 - sets the library's mirror
    opened = open_set("voice-activity-chunks")
    references = [each for batch in opened.batches(["reference"]) for each in batch.column(0).to_pylist()]
    positions = np.arange(len(references))
    samples = Samples(references, positions, positions[:, None])
    always = Records([[[0.0, 2.0]]] * len(references), np.zeros(len(references)), [None] * len(references))
    method = fields.find(NAME)
    values = [estimate(each, [each.rows(samples, always)], len(references), 0.95).value for each in method.indicators]
    assert values == [0.0, 1.0, 0.25]
