"""Area under the receiver operating characteristic: by one sort, with bounds in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from steelyard.core.sample import Rows
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.influence import freedom_of, judged, share_bounds, tempered
from steelyard.stats.intervals.resampling import blocks, leave_one_out, row_weights, unit_sums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class AreaUnderCurve:
    """The probability that a positive row scores above a negative one, ties counting half.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> rows = Rows(np.array([[0.1, 0], [0.4, 0], [0.35, 1], [0.8, 1]]), np.arange(4), np.arange(4)[:, None])
    >>> folded = AreaUnderCurve("score", "positive")(rows, ("score", "positive"), units=4)
    >>> folded.value(np.array([[1.0, 1, 1, 1], [1, 3, 1, 1]]))
    array([0.75 , 0.625])
    """

    score: str
    positive: str
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return one event for each positive row and one opportunity for each row, both float64[m]."""
        import numpy as np

        positive = rows.values[:, columns.index(self.positive)] > 0
        return positive.astype(np.float64), np.ones(len(positive))

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> RankedClasses:
        """Sort the scores of either class."""
        import numpy as np

        score = rows.values[:, columns.index(self.score)]
        positive = rows.values[:, columns.index(self.positive)] > 0
        above, above_units = _sorted(score[positive], rows.units[positive])
        below, below_units = _sorted(score[~positive], rows.units[~positive])
        return RankedClasses(
            units=units,
            positives=_Ranked(
                above_units, np.searchsorted(below, above, "left"), np.searchsorted(below, above, "right")
            ),
            negatives=_Ranked(
                below_units, np.searchsorted(above, below, "left"), np.searchsorted(above, below, "right")
            ),
        )


class _Ranked(NamedTuple):
    """Rows of one class in ascending order of score, and where they stand among the other's."""

    units: NDArray[np.int64]
    """int64[m, d]"""
    less: NDArray[np.int64]
    """int64[m]: how many of the other class score less."""
    up_to: NDArray[np.int64]
    """int64[m]: how many of the other class score as much or less."""

    @property
    def placement(self) -> NDArray[np.float64]:
        """Mid-rank among the other class, float64[m]."""
        return (self.less + self.up_to) / 2.0


@dataclass(frozen=True, eq=False)
class RankedClasses:
    """Two classes of scores, each sorted once, to be valued under many weights."""

    units: int
    positives: _Ranked
    negatives: _Ranked

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the area under weights float64[B, units]; NaN where a class has no weight."""
        import numpy as np

        found = np.full(len(weights), np.nan)
        for block in blocks(len(weights), len(self.positives.units) + len(self.negatives.units)):
            each = weights[block]
            own, other = row_weights(each, self.positives.units), row_weights(each, self.negatives.units)
            reached = np.zeros((len(each), other.shape[1] + 1))
            np.cumsum(other, axis=1, out=reached[:, 1:])
            pairs = own.sum(axis=1) * reached[:, -1]
            right = (own * (reached[:, self.positives.less] + reached[:, self.positives.up_to])).sum(axis=1) / 2.0
            np.divide(right, pairs, out=found[block], where=pairs > 0)
        return found

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the area without each unit in turn, float64[units]."""
        import numpy as np

        if self.positives.units.shape[1] > 1:
            return leave_one_out(self, self.units)
        first, second = self.positives.units[:, 0], self.negatives.units[:, 0]
        own, other = (np.bincount(each, minlength=self.units) for each in (first, second))
        right = self.positives.placement
        lost = unit_sums(right, self.positives.units, self.units)
        lost += unit_sums(len(first) - self.negatives.placement, self.negatives.units, self.units)
        lost -= self._within()  # pairs within the unit were taken away twice
        pairs = (len(first) - own) * (len(second) - other)
        without = np.full(self.units, np.nan)
        np.divide(right.sum() - lost, pairs, out=without, where=pairs > 0)
        return without

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share of the rows, float64[units], either class weighing the same."""
        import numpy as np

        parts = [self._share(each) for each in (self.positives, self.negatives)]
        return np.mean(parts, axis=0)  # type: ignore[no-any-return]

    def effective(self) -> float:
        """Return Kish's effective number of units in the class that has the fewer."""
        return min(self._effective(self.positives), self._effective(self.negatives))

    def bounds(self, confidence: float, seed: int) -> Bounds | None:  # noqa: ARG002 - nothing is drawn
        """Return two one-sided bounds (:func:`area_bounds`)."""
        return area_bounds(self, confidence)

    def influence(self) -> NDArray[np.float64]:
        """Return the derivative of the area by each unit's weight, float64[units]."""
        return self._parts().sum(axis=0)  # type: ignore[no-any-return]

    def variance(self) -> float:
        """Return the variance of the area over independent units.

        Notes
        -----
        N. A. Obuchowski, Nonparametric analysis of clustered ROC curve data, Biometrics 53 (1997) 567–578: placements
        are summed over each unit, which may hold both classes. Where every unit is one row this is the variance of
        E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 44 (1988) 837–845, here by mid-ranks, in
        O(n log n): X. Sun, W. Xu, IEEE Signal Processing Letters 21 (2014) 1389–1393.
        """
        return self._variance(*self._parts())

    def _variance(self, own: NDArray[np.float64], other: NDArray[np.float64]) -> float:
        import numpy as np

        held = [self._share(each) > 0 for each in (self.positives, self.negatives)]
        counts = [np.count_nonzero(each) for each in held]
        either = np.count_nonzero(held[0] | held[1])
        if min(counts) < 2:
            return float("nan")
        within = [n / (n - 1) * float((part**2).sum()) for part, n in zip((own, other), counts, strict=True)]
        return max(sum(within) + 2.0 * either / (either - 1) * float((own * other).sum()), 0.0)

    def _parts(self) -> NDArray[np.float64]:
        """Return what the positive and the negative rows of each unit add to its influence, float64[2, units]."""
        import numpy as np

        own, other = len(self.positives.units), len(self.negatives.units)
        if not own or not other:
            return np.full((2, self.units), np.nan)
        right = self.positives.placement / other
        area = float(right.mean())
        above = (own - self.negatives.placement) / own
        return np.stack(
            [
                unit_sums((right - area) / own, self.positives.units, self.units),
                unit_sums((above - area) / other, self.negatives.units, self.units),
            ]
        )

    def _within(self) -> NDArray[np.float64]:
        """Return, of the pairs within each unit, how many are in order, float64[units]."""
        import numpy as np

        # A positive row's place in the order of all rows says which negatives of its unit it passes.
        first, second = self.positives.units[:, 0], self.negatives.units[:, 0]
        order = np.argsort(second, kind="stable")
        key = second[order] * (len(second) + 1) + order
        passed = [
            np.searchsorted(key, first * (len(second) + 1) + place)
            for place in (self.positives.less, self.positives.up_to)
        ]
        start = np.searchsorted(second[order], first)
        return unit_sums((passed[0] + passed[1]) / 2.0 - start, self.positives.units, self.units)

    def _share(self, ranked: _Ranked) -> NDArray[np.float64]:
        import numpy as np

        sums = unit_sums(np.ones(len(ranked.units)), ranked.units, self.units)
        return sums / max(sums.sum(), 1.0)  # type: ignore[no-any-return]

    def _effective(self, ranked: _Ranked) -> float:
        squares = float((self._share(ranked) ** 2).sum())
        return 1.0 / squares if squares > 0.0 else 0.0


def area_bounds(folded: RankedClasses, confidence: float) -> Bounds | None:
    """Return the lower and the upper one-sided bound of an area under the curve.

    Parameters
    ----------
    folded : RankedClasses
        What :class:`AreaUnderCurve` makes of rows.
    confidence : float
        Of each bound by itself.

    Returns
    -------
    Bounds or None
        None where either class has fewer than two units.

    Notes
    -----
    The area is bounded as the share that has its variance (`share_bounds`), which keeps
    it within zero and one and leans the right way near one. The variance of an area is at most that of a share of as
    many trials as the scarcer class has units (Z. W. Birnbaum, O. M. Klose, Annals of Mathematical Statistics 28 (1957)
    933–945): it is never taken for less. With perfect separation only that is left: θ^k is the greatest probability
    that k pairs without a row in common are all in order, so the lower bound is (1 − confidence)^(1/k).

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> rows = Rows(np.array([[1.0, 0], [2, 0], [3, 1], [4, 1]]), np.arange(4), np.arange(4)[:, None])
    >>> found = area_bounds(AreaUnderCurve("score", "positive")(rows, ("score", "positive"), 4), 0.95)
    >>> round(found.lower, 4), found.upper, found.decisive  # the square root of 0.05
    (0.2236, 1.0, False)
    """
    import numpy as np

    own, other = folded._parts()
    variance = folded._variance(own, other)
    if np.isnan(variance):
        return None
    value = float(folded.positives.placement.mean() / len(folded.negatives.units))
    freedom = freedom_of((own + other)[folded.size() > 0])
    effective = folded.effective()
    variance = tempered(value, variance, effective, freedom)
    found = share_bounds(value, variance, freedom, effective, confidence, least_trials=effective)
    return judged(found, folded, "delong-share/1")


def _sorted(score: NDArray[np.float64], units: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    import numpy as np

    order = np.argsort(score, kind="stable")
    return score[order], units[order]
