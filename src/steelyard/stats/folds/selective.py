"""Answering only where sure: risk against coverage, and the area under that curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from steelyard.core.sample import Rows
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.jackknife import jackknife_log
from steelyard.stats.intervals.resampling import blocks, leave_one_out, row_weights, unit_sums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXACT = 5_000_000
"""Left out one by one up to as many rows times units; beyond, by the derivative."""


class RiskCoverage(NamedTuple):
    """What is wrong among the answers kept, for each distinct confidence as the threshold, from few kept to all."""

    threshold: NDArray[np.float64]
    coverage: NDArray[np.float64]
    """Share of answers kept: those at least as confident."""
    risk: NDArray[np.float64]
    """Mean loss of those kept."""


def risk_coverage(confidence: NDArray[np.float64], loss: NDArray[np.float64]) -> RiskCoverage:
    """Return the risk–coverage curve of answers float64[n] with losses float64[n] (R. El-Yaniv, Y. Wiener, JMLR 2010).

    Examples
    --------
    >>> import numpy as np
    >>> found = risk_coverage(np.array([0.9, 0.8, 0.8, 0.6]), np.array([0.0, 0.0, 1.0, 1.0]))
    >>> found.coverage, found.risk.round(3)
    (array([0.25, 0.75, 1.  ]), array([0.   , 0.333, 0.5  ]))
    """
    import numpy as np

    order = np.argsort(-confidence, kind="stable")
    last = np.flatnonzero(np.append(np.diff(confidence[order]) != 0.0, np.ones(min(len(order), 1), dtype=bool)))
    kept = np.arange(1, len(order) + 1)[last]
    return RiskCoverage(
        confidence[order][last], kept / max(len(order), 1), np.cumsum(loss[order])[last] / np.maximum(kept, 1)
    )


@dataclass(frozen=True)
class RiskCoverageArea:
    """The fold of the area under the risk–coverage curve: the mean, over all coverages, of the risk of answers kept.

    Attributes
    ----------
    confidence, loss : str
        Columns: how sure the product says it is, and how wrong it was (0 or 1, or any loss ≥ 0).
    excess : bool
        Less the area of the same losses in the best order, known afterwards: zero where every wrong answer is less
        sure than every right one, whatever the share of wrong ones.

    Notes
    -----
    Y. Geifman, R. El-Yaniv, Selective Classification for Deep Neural Networks, NeurIPS 2017; the excess by Y. Geifman,
    G. Uziel, R. El-Yaniv, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, ICLR 2019. Answers that tie
    in confidence are taken in every order, on average: 1/j summed over what a tie spans is a difference of digamma
    functions, which also gives weights that are no whole numbers a meaning.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> rows = Rows(np.array([[0.9, 0.0], [0.8, 1.0], [0.6, 0.0]]), np.arange(3), np.arange(3)[:, None])
    >>> for excess in (False, True):
    ...     fold = RiskCoverageArea("sure", "wrong", excess)
    ...     print(fold(rows, ("sure", "wrong"), units=3).value(np.ones((1, 3))).round(4))
    [0.2778]
    [0.1667]
    """

    confidence: str
    loss: str
    excess: bool = False
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the loss of each row, and one for each, both float64[m]."""
        import numpy as np

        return rows.values[:, columns.index(self.loss)], np.ones(len(rows.values))

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> RankedRows:
        """Sort the rows, once."""
        sure, loss = rows.values[:, columns.index(self.confidence)], rows.values[:, columns.index(self.loss)]
        actual = _ranking(-sure, loss, rows.units)
        return RankedRows(units, actual, _ranking(loss, loss, rows.units) if self.excess else None)


class _Ranking(NamedTuple):
    """Rows in an order with ties."""

    first: NDArray[np.int64]
    """int64[t]: where each tie begins."""
    tie: NDArray[np.int64]
    """int64[m]: the tie of each row."""
    loss: NDArray[np.float64]
    units: NDArray[np.int64]


def _ranking(keys: NDArray[np.float64], loss: NDArray[np.float64], units: NDArray[np.int64]) -> _Ranking:
    import numpy as np

    order = np.argsort(keys, kind="stable")
    begins = np.append(np.ones(min(len(keys), 1), dtype=bool), np.diff(keys[order]) != 0.0)
    return _Ranking(np.flatnonzero(begins), np.cumsum(begins) - 1, loss[order], units[order])


@dataclass(frozen=True, eq=False)
class RankedRows:
    """Rows by falling confidence, and by rising loss where the best order is taken off, to be valued under weights."""

    units: int
    actual: _Ranking
    best: _Ranking | None

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the area under weights float64[B, units]; NaN where there is no weight."""
        import numpy as np

        found = np.full(len(weights), np.nan)
        if not len(self.actual.loss):
            return found
        for block in blocks(len(weights), 4 * len(self.actual.loss)):
            area = _area(self.actual, weights[block])
            found[block] = area if self.best is None else area - _area(self.best, weights[block])
        return found

    def influence(self) -> NDArray[np.float64]:
        """Return the derivative of the area by each unit's weight, float64[units], at weights of one."""
        found = _influence(self.actual, self.units)
        return found if self.best is None else found - _influence(self.best, self.units)

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the area without each unit in turn, float64[units]; of very many, by the derivative."""
        import numpy as np

        if self.units * len(self.actual.loss) > EXACT:
            value = float(self.value(np.ones((1, self.units)))[0])
            return value - self.influence()
        return leave_one_out(self, self.units)

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share of the rows, float64[units]."""
        import numpy as np

        shares = unit_sums(np.ones(len(self.actual.loss)), self.actual.units, self.units)
        return shares / max(float(shares.sum()), 1.0)

    def bounds(self, confidence: float, seed: int) -> Bounds | None:  # noqa: ARG002 (nothing is drawn)
        """Return bounds by the jackknife over units, on the log scale; losses are taken to be at most one."""
        import numpy as np

        value = float(self.value(np.ones((1, self.units)))[0])
        return None if np.isnan(value) else jackknife_log(self, max(value, 0.0), confidence)


def _sums(ranking: _Ranking, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return, of each tie, weight and loss before it and in it, all float64[B, t]."""
    import numpy as np

    each = row_weights(weights, ranking.units)
    inside = np.add.reduceat(each, ranking.first, axis=1)
    lost = np.add.reduceat(each * ranking.loss, ranking.first, axis=1)
    return np.cumsum(inside, axis=1) - inside, np.cumsum(lost, axis=1) - lost, inside, lost


def _area(ranking: _Ranking, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Σ over ties of Σ over places j in them of (loss before + its part of the tie's)/j, over all weight."""
    import numpy as np
    from scipy.special import digamma

    before, lost_before, inside, lost = _sums(ranking, weights)
    harmonic = digamma(before + inside + 1.0) - digamma(before + 1.0)
    mean = lost / np.where(inside > 0.0, inside, 1.0)
    total = inside.sum(axis=1)
    area = (lost_before * harmonic + mean * (inside - before * harmonic)).sum(axis=1)
    found: NDArray[np.float64] = np.where(total > 0.0, area / np.where(total > 0.0, total, 1.0), np.nan)
    return found


def _influence(ranking: _Ranking, units: int) -> NDArray[np.float64]:
    """Return the derivative of the area by the weight of each unit."""
    import numpy as np
    from scipy.special import digamma, polygamma

    m = len(ranking.loss)
    if not m:
        return np.zeros(units)
    before, lost_before, inside, lost = (each[0] for each in _sums(ranking, np.ones((1, units))))
    harmonic = digamma(before + inside + 1.0) - digamma(before + 1.0)
    by_end = polygamma(1, before + inside + 1.0)
    by_before = by_end - polygamma(1, before + 1.0)
    mean = lost / inside
    # A row adds to weight and loss before all later ties, and to those of its own.
    weight_before = lost_before * by_before - mean * (harmonic + before * by_before)
    weight_inside = lost_before * by_end - mean * before * by_end + lost * before * harmonic / inside**2
    loss_inside = 1.0 - before * harmonic / inside
    later_weight = weight_before.sum() - np.cumsum(weight_before)
    later_loss = harmonic.sum() - np.cumsum(harmonic)
    rows = (later_weight + weight_inside)[ranking.tie] + ranking.loss * (later_loss + loss_inside)[ranking.tie]
    area = float((lost_before * harmonic + mean * (inside - before * harmonic)).sum()) / m
    return unit_sums((rows - area) / m, ranking.units, units)
