"""Thresholds that admit a given weight of errors, found on each resample by itself from scores that are sorted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.stats.intervals.resampling import blocks, row_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPARE = 1.5
"""The tail of scores that is looked at first, as a multiple of what the point value needs."""


@dataclass(frozen=True, eq=False)
class Tail:
    """Scores of errors in descending order, equal ones in one run: a score that reaches the threshold counts."""

    scores: NDArray[np.float64]
    """float64[m], descending."""
    units: NDArray[np.int64]
    """int64[m, d]: of each score's row."""
    ends: NDArray[np.int64]
    """int64[s]: how many scores are at least the distinct score s."""

    def above(self, others: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many of other scores, descending, are above each distinct score, int64[s + 1].

        In the end stand all but those of −∞, which reach no threshold.
        """
        import numpy as np

        return np.searchsorted(-others, np.append(-self.scores[self.ends - 1], np.inf), "left")

    def admitted(self, weights: NDArray[np.float64], limits: NDArray[np.float64], needed: float) -> NDArray[np.int64]:
        """Return how many distinct scores may be errors within each limit, int64[B, r].

        Parameters
        ----------
        weights : float64[B, units]
            Of the units.
        limits : float64[B, r]
            The weight of errors that is admitted.
        needed : float
            About how many scores that takes at weights of one. Only so long a tail is looked at first, and a longer
            one where a resample asks for it.
        """
        import numpy as np

        found = np.zeros(limits.shape, dtype=np.int64)
        if not len(self.ends):
            return found
        # Whole weights give whole sums; the margin is for the product that the limit came from.
        limits = limits * (1.0 + 1e-12)
        kept = min(int(np.searchsorted(self.ends, SPARE * needed + 20.0)) + 1, len(self.ends))
        open_ = np.arange(len(weights))
        while len(open_):
            short = []
            for block in blocks(len(open_), 2 * int(self.ends[kept - 1])):
                some = open_[block]
                rows = row_weights(weights[some], self.units[: self.ends[kept - 1]])
                reached = np.cumsum(rows, axis=1, out=rows)
                if self.ends[kept - 1] > kept:
                    reached = reached[:, self.ends[:kept] - 1]
                for column in range(limits.shape[1]):
                    found[some, column] = np.count_nonzero(reached <= limits[some, column, None], axis=1)
                short.append(some[(found[some] == kept).any(axis=1)])
            open_ = np.concatenate(short) if kept < len(self.ends) else open_[:0]
            kept = min(4 * kept, len(self.ends))
        return found


def tail(scores: NDArray[np.float64], units: NDArray[np.int64]) -> Tail:
    """Sort scores, float64[m], with their units, int64[m, d].

    >>> import numpy as np
    >>> sorted_ = tail(np.array([0.1, 0.7, 0.7]), np.array([[0], [1], [2]]))
    >>> sorted_.ends, sorted_.admitted(np.ones((1, 3)), np.array([[1.0, 2.0, 3.0]]), needed=1.0)
    (array([2, 3]), array([[0, 1, 2]]))
    """
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    last = np.flatnonzero(scores[1:] != scores[:-1]) + 1
    ends = np.append(last, len(scores)) if len(scores) else last
    return Tail(scores, units[order], ends.astype(np.int64))


def running_sums(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums of the first 0, 1, … m columns, float64[B, m + 1]."""
    import numpy as np

    sums = np.zeros((len(weights), weights.shape[1] + 1))
    np.cumsum(weights, axis=1, out=sums[:, 1:])
    return sums
