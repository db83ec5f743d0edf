"""Rates of several kinds of samples, weighted as they come in use: bounds from those of each kind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.sample import Rows
from steelyard.stats.folds.pooled import Pooled, PooledSums
from steelyard.stats.folds.weighted import Weighted, WeightedSums
from steelyard.stats.intervals.binomial import clopper_pearson
from steelyard.stats.intervals.bounds import Bounds, resting_on
from steelyard.stats.intervals.jackknife import effective_units, jackknife_log
from steelyard.stats.intervals.resampling import resampled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Standardised:
    """Shares of yes/no rows of several kinds, added up with weights that sum to one.

    Attributes
    ----------
    parts : tuple of (float, Pooled)
        Weights and shares; kinds have no rows in common.

    Notes
    -----
    Bounds by the method of variance estimates recovery: the value less √Σ w² (share − its lower bound)², and likewise
    above, with exact bounds of each share (G. Y. Zou, A. Donner, Statistics in Medicine 27 (2008) 1693–1702). A kind of
    which few were asked, and none went wrong, so keeps its doubt, which no resample of it shows. Where a unit holds
    several rows, kinds are not independent: then the wider of these, with the jackknife's bounds of each share, and of
    those by resampling units.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> values = np.column_stack([np.arange(60) < 6, np.arange(60) < 50, np.zeros(60), np.arange(60) >= 50])
    >>> rows = Rows(values.astype(float), np.arange(60), np.arange(60)[:, None])
    >>> names = ("wrong", "common", "rare_wrong", "rare")
    >>> fold = Standardised(((0.9, Pooled(("wrong",), ("common",))), (0.1, Pooled(("rare_wrong",), ("rare",)))))
    >>> folded = fold(rows, names, units=60)
    >>> found = folded.bounds(0.95, seed=0)
    >>> folded.value(np.ones((1, 60))).round(4), round(found.lower, 4), round(found.upper, 4)
    (array([0.108]), 0.0482, 0.2044)
    """

    parts: tuple[tuple[float, Pooled], ...]
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return all events and all opportunities of each row, whatever they weigh, both float64[m]."""
        return Weighted(self.parts).counts(rows, columns)

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> StandardisedSums:
        """Sum the rows of each unit, for each kind."""
        folded = [(weight, part(rows, columns, units)) for weight, part in self.parts]
        return StandardisedSums(folded, self._alone(rows, columns))

    def _alone(self, rows: Rows, columns: tuple[str, ...]) -> bool:
        """Tell whether no unit holds more than one row, of any kind."""
        import numpy as np

        _, opportunities = self.counts(rows, columns)
        units = rows.units[opportunities > 0]
        return units.shape[1] == 1 and (not len(units) or int(np.bincount(units[:, 0]).max()) == 1)


@dataclass(frozen=True, eq=False)
class StandardisedSums(WeightedSums):
    """Folded shares and their weights, with bounds of their sum."""

    alone: bool
    """Whether no unit holds more than one row."""

    def bounds(self, confidence: float, seed: int) -> Bounds | None:
        """Return two one-sided bounds; None where a kind has no bounds of its own."""
        import numpy as np

        units = len(self.size())
        value = float(self.value(np.ones((1, units)))[0])
        if math.isnan(value):
            return None
        below = above = 0.0
        for weight, part in self.parts:
            assert isinstance(part, PooledSums)
            rate = float(part.value(np.ones((1, units)))[0])
            own = _of_share(part, rate, confidence) if self.alone else jackknife_log(part, rate, confidence)
            if own is None:
                return None
            below += (weight * (rate - own.lower)) ** 2
            above += (weight * (own.upper - rate)) ** 2
        found = Bounds(max(value - math.sqrt(below), 0.0), min(value + math.sqrt(above), 1.0), "recovered-variance/1")
        if not self.alone:
            other = resampled(self, confidence, seed)
            if other is None:
                return None
            found = found._replace(lower=min(found.lower, other.lower), upper=max(found.upper, other.upper))
        return resting_on(found, min(effective_units(part)[1] for _, part in self.parts))


def _of_share(part: PooledSums, rate: float, confidence: float) -> Bounds:
    events, rows = round(float(part.events.sum())), round(float(part.opportunities.sum()))
    lower, upper = clopper_pearson(events, rows, confidence)
    return Bounds(min(lower, rate), max(upper, rate), "clopper-pearson/1")
