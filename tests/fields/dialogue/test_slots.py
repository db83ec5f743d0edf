"""Slots against seqeval, on the real utterances of NLU++ and on made-up ones."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score, precision_score, recall_score

from steelyard import fields
from steelyard.core.errors import UnknownName
from steelyard.core.sample import Records, Samples
from steelyard.library import recipe
from steelyard.stats.estimate import estimate

Span = tuple[str, int, int]


def values(wanted: Sequence[Sequence[Span]], said: Sequence[Sequence[Span]]) -> dict[str, float | None]:
    method, positions = fields.find("dialogue.slots"), np.arange(len(wanted))
    references, outputs = ([[list(map(str, slot)) for slot in each] for each in side] for side in (wanted, said))
    found = {}
    for indicator in method.indicators:
        rows = indicator.rows(
            Samples(references, positions, positions[:, None]),
            Records(outputs, np.zeros(len(said)), [None] * len(said)),
        )
        found[indicator.name] = estimate(indicator, [rows], len(wanted), 0.95).value
    return found


def tags(length: int, spans: Sequence[Span]) -> list[str]:
    """Return a tag for each character, as seqeval reads them."""
    found = ["O"] * length
    for name, begin, end in spans:
        found[begin:end] = [f"B-{name}", *[f"I-{name}"] * (end - begin - 1)]
    return found


def assert_as_seqeval(lengths: Sequence[int], wanted: Sequence[Sequence[Span]], said: Sequence[Sequence[Span]]) -> None:
    found = values(wanted, said)
    pair = [[tags(*each) for each in zip(lengths, side, strict=True)] for side in (wanted, said)]
    for name, peer in (("slot_f1", f1_score), ("slot_precision", precision_score), ("slot_recall", recall_score)):
        if found[name] is not None:  # where nothing is wanted or said, seqeval says zero and warns
            assert found[name] == pytest.approx(peer(*pair, zero_division=0), abs=1e-12)


@st.composite
def apart(draw: st.DrawFn, most: int = 12) -> list[Span]:
    """Return spans that do not overlap."""
    edges = sorted(draw(st.sets(st.integers(0, most), max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [(draw(st.sampled_from(["date", "time"])), begin, end) for begin, end in pairs]


@given(data=st.data(), count=st.integers(1, 6))
@settings(max_examples=60)
def test_it_is_seqeval_s(data: st.DataObject, count: int) -> None:
    wanted = [data.draw(apart()) for _ in range(count)]
    # As many as are charged: at most one more than there are.
    said = [data.draw(apart())[: len(each) + 1] for each in wanted]
    assert_as_seqeval([12] * count, wanted, said)


def test_nlupp_as_seqeval_counts(mirror: Path) -> None:  # noqa: ARG001
    """A product that finds what was marked, but drops, moves, renames and makes up some of it."""
    rows = recipe.contents(recipe.read("nlupp-slots-en")).samples.to_pylist()
    every = [[(name, int(begin), int(end)) for name, begin, end in row["reference"]] for row in rows]
    fit = [place for place, spans in enumerate(every) if not overlap(spans)]
    assert len(every) - len(fit) == 2, "tags cannot say spans that overlap"
    generator = np.random.Generator(np.random.Philox(9))
    wanted, lengths = [every[place] for place in fit], [len(rows[place]["input"]) for place in fit]
    said = []
    for spans, length in zip(wanted, lengths, strict=True):
        changed = []
        for name, begin, end in spans:
            kind = generator.integers(0, 10)
            if kind == 0:
                continue
            changed.append((name if kind > 1 else "other", begin, end - (kind == 2 and end - begin > 1)))
        free = min([begin for _, begin, _ in spans], default=length)
        said.append([("date", 0, 1), *changed] if free > 1 and generator.random() < 0.1 else changed)
    assert_as_seqeval(lengths, wanted, said)
    assert 0.5 < (values(wanted, said)["slot_f1"] or 0.0) < 0.9


def overlap(spans: Sequence[Span]) -> bool:
    ordered = sorted((begin, end) for _, begin, end in spans)
    return any(after[0] < before[1] for before, after in itertools.pairwise(ordered))


def test_what_stands_twice_counts_once_and_a_runaway_answer_costs_no_more_than_none() -> None:
    twice = values([[("date", 0, 4)]], [[("date", 0, 4), ("date", 0, 4)]])
    assert (twice["slot_f1"], twice["utterance_accuracy"]) == (1.0, 1.0)
    runaway = values([[("date", 0, 4)]], [[("time", place, place + 1) for place in range(50)]])
    assert runaway["slot_f1"] == 0.0
    rows = (
        fields.find("dialogue.slots")
        .indicators[0]
        .rows(
            Samples([[["date", "0", "4"]]], np.zeros(1, np.int64), np.zeros((1, 1), np.int64)),
            Records([[["time", str(place), "99"] for place in range(50)]], np.zeros(1), [None]),
        )
    )
    assert rows.values[0, :5].tolist() == [1, 2, 1, 2, 48]


def test_values_are_matched_to_the_letter() -> None:
    method = fields.find("dialogue.slots", {"match": "value"})
    assert method.output.decode([{"slot": "酒店-名称", "value": "北京饭店"}]) == [["酒店-名称", "北京饭店"]]
    with pytest.raises(UnknownName, match="Did you mean value"):
        fields.find("dialogue.slots", {"match": "values"})
