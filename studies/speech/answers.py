"""What stands in a set, what a product said of it, and how a method counts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from steelyard.core.method import Method
from steelyard.core.sample import Records, Samples
from steelyard.core.verdict import Estimate
from steelyard.library.stored_set import StoredSet
from steelyard.stats.estimate import estimate

ERRORS = ("substitutions", "deletions", "insertions")


def column(opened: StoredSet, name: str) -> list[Any]:
    """Return a column of a set, in its order."""
    return [value for batch in opened.batches([name]) for value in batch.column(0).to_pylist()]


def recorded(opened: StoredSet, name: str) -> list[Any]:
    """Return the recorded answers of a product, in the set's order."""
    found = opened.answers(name)
    said = dict(zip(found["id"].to_pylist(), found["output"].to_pylist(), strict=True))
    return [said[each] for each in column(opened, "id")]


def counts(method: Method, references: Sequence[Any], outputs: Sequence[Any]) -> Mapping[str, Any]:
    """Return the method's columns, float64[n] each."""
    indicator = method.indicators[0]
    positions = np.arange(len(references))
    rows = indicator.rows(*_asked(references, outputs, positions))
    return dict(zip(indicator.columns, rows.values.T, strict=True))


def bounded(
    method: Method,
    indicator: str,
    references: Sequence[Any],
    outputs: Sequence[Any],
    units: Sequence[int] | None = None,
) -> Estimate:
    """Return an indicator with its one-sided 95 % bounds, over units where they are named, else over samples."""
    of = np.arange(len(references)) if units is None else np.asarray(units)
    wanted = method.indicator(indicator)
    rows = wanted.rows(*_asked(references, outputs, of))
    return estimate(wanted, [rows], int(of.max()) + 1, 0.95)


def _asked(references: Sequence[Any], outputs: Sequence[Any], units: Any) -> tuple[Samples, Records]:
    samples = Samples(references, np.arange(len(references)), units[:, None])
    return samples, Records(outputs, np.zeros(len(outputs)), [None] * len(outputs))
