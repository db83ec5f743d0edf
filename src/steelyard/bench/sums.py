"""What is counted of a million samples without keeping something of each: sums, and which groups there are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from steelyard.core.method import Family, Indicator
from steelyard.core.sample import Rows, Samples
from steelyard.stats.folds.pooled import Pooled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_CELLS = 2**16
"""Of clusters times groups."""
MOST_EXACT = 2.0**53
"""Whole numbers below add up to the same in any order."""

Codes = Mapping[str, tuple["NDArray[np.int64]", list[str]]]
"""Of each column: the code of each row of the set, and the names of the codes."""


STEP = 2**16
"""Rows that are looked at together."""


def present(codes: tuple[NDArray[np.int64], list[str]], positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the codes that some rows of the set have, int64[k], ascending, without a copy for each row.

    Examples
    --------
    >>> import numpy as np
    >>> present((np.array([2, 0, 2, 1]), ["a", "b", "c"]), np.array([0, 1, 2])).tolist()
    [0, 2]
    """
    import numpy as np

    found = np.zeros(len(codes[1]), dtype=bool)
    for start in range(0, len(positions), STEP):
        found[codes[0][positions[start : start + STEP]]] = True
    return np.flatnonzero(found)


class Costs(NamedTuple):
    """The samples that cost an indicator of counts something."""

    positions: NDArray[np.int64]
    """int64[k], ascending."""
    amounts: NDArray[np.float64]
    """float64[k]: events of each, none of them zero."""
    end: int
    """One more than the last position that anything was counted of."""

    def same_as(self, other: Costs) -> bool:
        """Tell whether the same was counted of the same samples."""
        import numpy as np

        same = np.array_equal(self.positions, other.positions) and np.array_equal(self.amounts, other.amounts)
        return same and self.end == other.end


def costs_of(indicator: Indicator, rows: Rows, start: int = 0) -> Costs:
    """Return what each sample cost an indicator of counts; none of the rows lies before ``start``."""
    import numpy as np

    events = indicator.fold.counts(rows, indicator.columns)[0]
    each: NDArray[np.float64] = np.bincount(rows.samples - start, events).astype(np.float64, copy=False)
    places = np.flatnonzero(each)
    return Costs(places + start, each[places], len(each) + start)


class Summed:
    """The rows of one function, those of the same cluster and groups added up.

    Parameters
    ----------
    indicators : sequence of Indicator
        That share the function.
    cluster : str
        Column of the units.
    codes : mapping
        Of the cluster, and of each group that rows are split by.
    """

    def __init__(self, indicators: Sequence[Indicator], cluster: str, codes: Codes) -> None:
        import numpy as np

        self._indicators, self._cluster, self._codes = indicators, cluster, codes
        cells = math.prod(len(names) for _, names in codes.values())
        self._sums = np.zeros((cells, len(indicators[0].columns)))
        self._sample = np.full(cells, -1, dtype=np.int64)
        """Of each cell a sample that belongs to it: it tells cluster and groups."""
        self._costs: dict[str, list[Costs]] = {indicator.name: [] for indicator in indicators}

    @classmethod
    def of(cls, indicators: Sequence[Indicator], cluster: str | None, codes: Codes) -> Summed | None:
        """Return what adds up the rows of these indicators; None where single rows are needed."""
        if cluster is None or math.prod(len(names) for _, names in codes.values()) > MOST_CELLS:
            return None
        if any(type(each.fold) is not Pooled or each.family is not Family.RATIO for each in indicators):
            return None
        return cls(indicators, cluster, codes)

    def add(self, place: slice, samples: Samples, rows: Rows) -> bool:  # noqa: ARG002 - as rows are gathered
        """Add rows; say no where their sum could hang on their order: then all must be kept."""
        import numpy as np

        units = self._codes[self._cluster][0][rows.samples]
        if rows.units.shape[1] != 1 or not np.array_equal(rows.units[:, 0], units):
            return False
        if not np.array_equal(rows.values, np.rint(rows.values)):  # nor is NaN
            return False
        if not len(rows.samples):
            return True
        cell = np.zeros(len(rows.samples), dtype=np.int64)
        for codes, names in self._codes.values():
            cell = cell * len(names) + codes[rows.samples]
        for column in range(rows.values.shape[1]):
            self._sums[:, column] += np.bincount(cell, rows.values[:, column], minlength=len(self._sums))
        self._sample[cell] = rows.samples
        start = int(rows.samples.min())
        for indicator in self._indicators:
            self._costs[indicator.name].append(costs_of(indicator, rows, start))
        return bool(np.abs(self._sums).max() < MOST_EXACT)

    def rows(self) -> Rows:
        """Return a row for each cluster and group that there are samples of."""
        import numpy as np

        cells = np.flatnonzero(self._sample >= 0)
        samples = self._sample[cells]
        return Rows(self._sums[cells], samples, self._codes[self._cluster][0][samples][:, None])

    def costs(self) -> dict[str, Costs]:
        """Return, for each indicator, what each sample cost it."""
        import numpy as np

        return {
            name: Costs(
                np.concatenate([np.empty(0, np.int64), *(part.positions for part in parts)]),
                np.concatenate([np.empty(0), *(part.amounts for part in parts)]),
                max((part.end for part in parts), default=0),
            )
            for name, parts in self._costs.items()
        }
