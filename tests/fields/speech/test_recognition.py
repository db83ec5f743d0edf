"""Recognition of speech: what each answer costs, and what the bounds of a real recogniser are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from steelyard import fields
from steelyard.core.errors import UnknownName
from steelyard.core.method import Method
from steelyard.core.sample import Fault, Records, Sample, Samples, Timing
from steelyard.library.store import open_set
from steelyard.stats.estimate import estimate

NAME = "speech.recognition"


def counted(method: Method, reference: str, output: str) -> dict[str, float]:
    indicator = method.indicators[0]
    samples = Samples([reference], np.zeros(1, np.int64), np.zeros((1, 1), np.int64))
    rows = indicator.rows(samples, Records([output], np.zeros(1), [None]))
    return dict(zip(indicator.columns, rows.values[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("reference", "output", "errors", "beyond", "wrong"),
    [  # substitutions, deletions, insertions; insertions beyond the utterance's own length
        ("杆秤称重", "杆秤，称重！", (0, 0, 0), 0, 0),
        ("杆秤称重", "杠秤称", (1, 1, 0), 0, 1),
        ("杆秤", "杆秤杆秤", (0, 0, 2), 0, 1),
        ("杆秤", "杆秤" * 100, (0, 0, 2), 196, 1),  # it cannot cost more than saying nothing
        ("杆秤", "x" * 10, (2, 0, 0), 8, 1),
        ("杆秤", "", (0, 2, 0), 0, 1),
        ("", "", (0, 0, 0), 0, 0),
        ("，", "。", (0, 0, 0), 0, 0),  # silence, and nothing was heard
        ("", "杆", (0, 0, 1), 0, 1),  # silence, and something was heard
        ("", "杆秤称重", (0, 0, 1), 3, 1),
    ],
)
def test_what_an_answer_costs(reference: str, output: str, errors: tuple[int, ...], beyond: int, wrong: int) -> None:
    found = counted(fields.find(NAME), reference, output)
    assert (found["substitutions"], found["deletions"], found["insertions"]) == errors
    assert (found["insertions_beyond"], found["wrong_sentences"], found["sentences"]) == (beyond, wrong, 1)


@pytest.mark.parametrize(("reference", "answer"), [("杆秤", ""), ("", "x"), ("，。", "x")])
def test_no_answer_is_the_least_useful_one(reference: str, answer: str) -> None:
    method = fields.find(NAME)
    assert method.no_answer is not None
    assert method.no_answer(Sample("s", None, reference, {}, {})) == answer


@pytest.mark.parametrize("name", ["speech.recognition", "speech.words"])
@pytest.mark.parametrize(
    ("seconds", "fault", "row"),
    [  # microseconds of processing, beyond what was granted, of audio; 60 s are granted
        (0.25, None, (250_000, 0, 1_500_000)),
        (60.0, None, (60_000_000, 0, 1_500_000)),
        (61.5, None, (60_000_000, 1_500_000, 1_500_000)),  # it had to start: no answer costs more than none
        (0.001, Fault.CRASH, (60_000_000, 0, 1_500_000)),
        (60.0, Fault.TIMEOUT, (60_000_000, 0, 1_500_000)),
        (200.0, Fault.TIMEOUT, (60_000_000, 0, 1_500_000)),
        (0.0000014, None, (1, 0, 1_500_000)),
    ],
)
def test_what_time_is_charged(name: str, seconds: float, fault: Fault | None, row: tuple[int, ...]) -> None:
    indicator, timing = fields.find(name).indicator("real_time_factor"), Timing(np.array([1.5]), granted=60.0)
    samples = Samples(["杆秤"], np.zeros(1, np.int64), np.zeros((1, 1), np.int64), timing)
    records = Records(["杆秤"], np.array([seconds]), [fault])
    assert indicator.rows(samples, records).values.tolist() == [list(row)]
    unknown = Samples(["杆秤"], np.zeros(1, np.int64), np.zeros((1, 1), np.int64))
    assert estimate(indicator, [indicator.rows(unknown, records)], 1, 0.95).value is None


@pytest.mark.parametrize(("normaliser", "errors"), [("zh/1", 0), ("verbatim/1", 1)])
def test_the_normaliser_is_an_option(normaliser: str, errors: int) -> None:
    found = counted(fields.find(NAME, {"normaliser": normaliser}), "杆秤", "杆，秤")
    assert found["insertions"] == errors


def test_options_that_are_not_there_offer_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean normaliser"):
        fields.find(NAME, {"normalizer": "zh/1"})
    with pytest.raises(UnknownName, match="no normaliser called 'zh/9'"):
        fields.find(NAME, {"normaliser": "zh/9"})


def test_methods_of_the_same_options_are_one() -> None:
    # Readings that share a method are then counted once.
    assert fields.find(NAME, {"normaliser": "verbatim/1"}) is fields.find(NAME, {"normaliser": "verbatim/1"})
    assert fields.find(NAME, {"normaliser": "verbatim/1"}) is not fields.find(NAME)


def test_a_real_recogniser_on_twenty_speakers(mirror: Path) -> None:  # noqa: ARG001 - sets the library's mirror
    """Published counts 5536, 528 and 172 of 104765; bounds over 20 speakers by a prototype: 93.3 and 94.7 %."""
    opened = open_set("aishell1-test-hyp-zh")
    references = [text for batch in opened.batches(["reference"]) for text in batch.column(0).to_pylist()]
    table = opened.answers("decoder")
    assert table["id"].to_pylist() == [name for batch in opened.batches(["id"]) for name in batch.column(0).to_pylist()]
    outputs = table["output"].to_pylist()
    speakers, names = opened.codes("speaker")
    method = fields.find(NAME)
    samples = Samples(references, np.arange(len(references)), speakers[:, None])
    rows = method.indicators[0].rows(samples, Records(outputs, np.zeros(len(outputs)), [None] * len(outputs)))
    assert rows.values[:, :5].sum(axis=0).tolist() == [5536, 528, 172, 0, 104765]
    accuracy = estimate(method.indicator("character_accuracy"), [rows], len(names), 0.95)
    assert accuracy.value == pytest.approx(1 - (5536 + 528 + 172) / 104765)
    assert (accuracy.units, accuracy.flags, accuracy.decisive) == (20, (), True)
    assert accuracy.lower == pytest.approx(0.933, abs=0.0005)
    assert accuracy.upper == pytest.approx(0.947, abs=0.0005)
