"""What products answered to a set's test samples, and what an indicator makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from steelyard import fields
from steelyard.core.sample import Records, Samples
from steelyard.core.verdict import Estimate
from steelyard.library.store import open_set
from steelyard.stats.estimate import estimate

SEED = 0
T = TypeVar("T")


class Asked(NamedTuple):
    """A set's test samples in columns, and what was answered."""

    samples: Samples
    outputs: list[Any]
    units: int
    groups: list[str]
    known: list[bool]
    """Whether the same input stands in another split."""


def asked(name: str, answer: Callable[[Any], Any] | None, unit: str = "", group: str = "") -> Asked:
    """Ask a product all test samples of a set; without one, take the recorded answers."""
    opened = open_set(name)
    codes = opened.codes(unit)[0] if unit else np.arange(opened.card.samples)
    wanted = ["id", "input", "reference", "split", *([group] if group else [])]
    rows = [row for batch in opened.batches(wanted) for row in batch.to_pylist()]
    positions = opened.positions("test")
    tested = [rows[place] for place in positions]
    learned = {row["input"] for row in rows if row["split"] != "test"}
    if answer is None:
        said = dict(zip(*opened.answers(next(iter(opened.card.answers))).to_pydict().values(), strict=True))
        outputs = [said[row["id"]] for row in tested]
    else:
        outputs = [answer(row["input"]) for row in tested]
    samples = Samples([row["reference"] for row in tested], positions, codes[positions][:, None])
    return Asked(
        samples,
        outputs,
        int(codes.max()) + 1,
        [row[group] if group else "" for row in tested],
        [row["input"] in learned for row in tested],
    )


def found(method: str, indicator: str, of: Asked, **options: Any) -> Estimate:
    """Return an indicator with its bounds."""
    made = fields.find(method, options)
    outputs = [made.output.decode(made.output.encode(each)) for each in of.outputs]
    records = Records(outputs, np.zeros(len(outputs)), [None] * len(outputs))
    rows = made.indicator(indicator).rows(of.samples, records)
    return estimate(made.indicator(indicator), [rows], of.units, 0.95, SEED, checked=False)


def by_group(of: Asked) -> dict[str, Asked]:
    """Return all, and the samples of each group by themselves."""
    parts = {"all": of}
    for name in dict.fromkeys(of.groups):
        parts[name] = part(of, [place for place, group in enumerate(of.groups) if group == name])
    return parts


def unseen(of: Asked) -> Asked:
    """Return what does not stand in another split of the set too."""
    return part(of, [place for place, known in enumerate(of.known) if not known])


def part(of: Asked, places: list[int]) -> Asked:
    """Return some of the samples."""
    samples = Samples(
        [of.samples.references[place] for place in places], of.samples.positions[places], of.samples.units[places]
    )

    def taken(column: list[T]) -> list[T]:
        return [column[place] for place in places]

    return Asked(samples, taken(of.outputs), of.units, taken(of.groups), taken(of.known))
