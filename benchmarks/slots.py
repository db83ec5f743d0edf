"""F1 of slots: exact spans of many utterances, against seqeval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from measuring import in_turn, ratio, table
from seqeval.metrics import f1_score

from steelyard import fields
from steelyard.core.sample import Records, Samples
from steelyard.stats.estimate import estimate

UTTERANCES, WORDS, SLOTS, ERRORS = 50_000, 12, 2, 0.15
ROUNDS = 5
NAMES = ("date", "time", "name", "city", "sum")

TEXT = """
{utterances:,} utterances of about {words} words made from a seed, {slots:,} slots of one to three words, of which
{errors:.0f} % are missed, drawn too wide or renamed; `dialogue.slots` against `seqeval.metrics.f1_score`, in one
process, in turn. Both give the same F1, {f1:.4f} (checked in the run to 12 digits).
"""
AFTER = """
*As each takes them*: Steelyard counts slots as products answer them, name, begin and end; seqeval a tag for each word.
*With tags read*: Steelyard reads seqeval's tags first. *With bounds*: Steelyard's F1 with both one-sided 95 % bounds.

    python benchmarks/table.py slots
"""

Tags = list[list[str]]


def utterances(count: int) -> tuple[Tags, Tags]:
    """Return the tags of utterances, and what a product that gets 15 % of the slots wrong makes of them."""
    generator = np.random.Generator(np.random.Philox(50_000))
    lengths = np.clip(generator.poisson(WORDS, count), 3, 3 * WORDS)
    wanted, said = [], []
    for length in lengths.tolist():
        reference, output = ["O"] * length, ["O"] * length
        for _ in range(int(generator.poisson(SLOTS))):
            begin, wide, kind = (int(each) for each in generator.integers(0, (length, 3, len(NAMES))))
            _put(reference, begin, begin + wide + 1, NAMES[kind])
            fault = generator.random() / ERRORS
            if fault >= 1.0:
                _put(output, begin, begin + wide + 1, NAMES[kind])
            elif fault >= 0.6:
                _put(output, begin, begin + wide + 2, NAMES[kind])
            elif fault >= 0.3:
                _put(output, begin, begin + wide + 1, NAMES[kind - 1])
        wanted.append(reference)
        said.append(output)
    return wanted, said


def _put(tags: list[str], begin: int, end: int, name: str) -> None:
    """Write a slot into free places."""
    if end <= len(tags) and all(tag == "O" for tag in tags[begin:end]):
        tags[begin:end] = [f"B-{name}", *[f"I-{name}"] * (end - begin - 1)]


def spans(tags: Sequence[str]) -> list[list[str]]:
    """Return the slots of an utterance's tags: every one begins with B."""
    found: list[list[str]] = []
    for place, tag in enumerate(tags):
        if tag == "O":
            continue
        if tag[0] == "B":
            found.append([tag[2:], str(place), str(place + 1)])
        else:
            found[-1][2] = str(place + 1)
    return found


def measure(*, quick: bool = False) -> str:
    """Return the section of the page."""
    wanted, said = utterances(1_000 if quick else UTTERANCES)
    slots = [spans(each) for each in wanted], [spans(each) for each in said]
    measured = in_turn(
        {
            "ours": _counted(*slots),
            "read": lambda: _counted([spans(each) for each in wanted], [spans(each) for each in said])(),
            "bounds": _counted(*slots, bounds=True),
            "theirs": lambda: {"f1": float(f1_score(wanted, said))},
        },
        2 if quick else ROUNDS,
    )
    f1 = {name: each.said[-1]["f1"] for name, each in measured.items()}
    if not np.allclose(list(f1.values()), f1["theirs"], rtol=0.0, atol=1e-12):
        raise RuntimeError(f"F1 differs: {f1}")
    names = {"ours": "as each takes them", "read": "with tags read", "bounds": "with bounds"}
    lines = [
        (
            said_,
            measured[name].spread.show("", 1e-3),
            measured["theirs"].spread.show("", 1e-3),
            ratio(measured["theirs"], measured[name]).show(""),
        )
        for name, said_ in names.items()
    ]
    text = TEXT.format(
        utterances=len(wanted), words=WORDS, slots=sum(map(len, slots[0])), errors=100 * ERRORS, f1=f1["theirs"]
    )
    head = ("", "Steelyard, ms", "seqeval, ms", "seqeval : Steelyard, paired")
    return "\n".join(["## Slots", text, table(head, lines), AFTER.rstrip()])


def _counted(wanted: list[Any], said: list[Any], *, bounds: bool = False) -> Callable[[], dict[str, Any]]:
    indicator = fields.find("dialogue.slots").indicator("slot_f1")
    positions, nothing = np.arange(len(wanted)), np.zeros(len(wanted))

    def call() -> dict[str, Any]:
        rows = indicator.rows(
            Samples(wanted, positions, positions[:, None]), Records(said, nothing, [None] * len(said))
        )
        if bounds:
            return {"f1": estimate(indicator, [rows], len(wanted), 0.95, checked=False).value}
        events, slots = (each.sum() for each in indicator.fold.counts(rows, indicator.columns))
        return {"f1": float(1.0 - events / slots)}

    return call
