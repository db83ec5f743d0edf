"""Average precision: under positive weights, since it jumps where a row is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.sample import Rows
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.resampling import RESAMPLES, blocks, leave_one_out, resampled, row_weights, unit_sums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class AveragePrecision:
    """The mean precision over the positives in descending order of score, equal scores taken together.

    It is Σ (R_s − R_{s−1}) P_s over distinct scores s, with recall R and precision P, without interpolation; M. Zhu,
    Recall, Precision and Average Precision, University of Waterloo (2004). By chance alone it is about the share of
    positives, which must be stated beside it.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> rows = Rows(np.array([[0.1, 0], [0.4, 0], [0.35, 1], [0.8, 1]]), np.arange(4), np.arange(4)[:, None])
    >>> AveragePrecision("score", "positive")(rows, ("score", "positive"), units=4).value(np.ones((1, 4))).round(4)
    array([0.8333])
    """

    score: str
    positive: str
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return one event for each positive row and one opportunity for each row, both float64[m]."""
        import numpy as np

        positive = rows.values[:, columns.index(self.positive)] > 0
        return positive.astype(np.float64), np.ones(len(positive))

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> RankedRows:
        """Sort the scores."""
        import numpy as np

        score = rows.values[:, columns.index(self.score)]
        order = np.argsort(-score, kind="stable")
        score = score[order]
        last = np.append(np.flatnonzero(score[1:] != score[:-1]), len(score) - 1)
        positive = rows.values[order, columns.index(self.positive)] > 0
        return RankedRows(units, rows.units[order], positive, last[: len(score)])


@dataclass(frozen=True, eq=False)
class RankedRows:
    """Rows in descending order of score, to be valued under many weights."""

    units: int
    rows: NDArray[np.int64]
    """int64[m, d]: the units of each row."""
    positive: NDArray[np.bool_]
    last: NDArray[np.int64]
    """int64[s]: the last row of each distinct score."""

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the average precision under weights float64[B, units]; NaN where no positive has weight."""
        import numpy as np

        found = np.full(len(weights), np.nan)
        if not len(self.last):
            return found
        for block in blocks(len(weights), 4 * len(self.positive)):
            each = row_weights(weights[block], self.rows)
            all_ = np.cumsum(each, axis=1)[:, self.last]
            right = np.cumsum(each * self.positive, axis=1)[:, self.last]
            precision = np.divide(right, all_, out=np.zeros_like(all_), where=all_ > 0)
            gained = np.diff(right, axis=1, prepend=0.0)
            total = right[:, -1]
            np.divide((gained * precision).sum(axis=1), total, out=found[block], where=total > 0)
        return found

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the average precision without each unit in turn, float64[units]."""
        return leave_one_out(self, self.units)

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share of the rows, float64[units], positive and negative ones weighing the same."""
        import numpy as np

        return np.mean([self._share(self.positive), self._share(~self.positive)], axis=0)  # type: ignore[no-any-return]

    def bounds(self, confidence: float, seed: int) -> Bounds | None:
        """Return :func:`average_precision_bounds`."""
        return average_precision_bounds(self, confidence, seed)

    def effective(self) -> float:
        """Return Kish's effective number of units in the class that has the fewer."""
        squares = [float((self._share(each) ** 2).sum()) for each in (self.positive, ~self.positive)]
        return min(1.0 / each if each > 0.0 else 0.0 for each in squares)

    def _share(self, which: NDArray[np.bool_]) -> NDArray[np.float64]:
        import numpy as np

        sums = unit_sums(np.ones(np.count_nonzero(which)), self.rows[which], self.units)
        return sums / max(float(sums.sum()), 1.0)


def average_precision_bounds(
    folded: RankedRows, confidence: float, seed: int, resamples: int = RESAMPLES
) -> Bounds | None:
    """Return the lower and the upper one-sided bound of an average precision, from exponential weights.

    Notes
    -----
    Copies of a positive row in a multinomial resample lend each other precision, and a resample may hold none at all;
    with positive weights each row stays where it is. D. B. Rubin, The Bayesian bootstrap, Annals of Statistics 9 (1981)
    130–134. Otherwise as :func:`steelyard.stats.intervals.resampling.resampled`.
    """
    from steelyard.stats.intervals.philox import exponential_weights

    return resampled(folded, confidence, seed, resamples, exponential_weights)
