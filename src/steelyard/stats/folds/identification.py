"""Identification, one to many: rank and threshold errors, with a gallery that is fixed and probes that are resampled.

Rows are candidates: a probe's score against an entry of the gallery (higher is more alike), and whether they are of one
person. All candidates of one sample are one search, and belong to the units of the probe. A search's outcome hangs on
the gallery as it is, so that weights, which are the probes', never change it: it is found once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from steelyard.core.sample import Rows
from steelyard.stats.folds.pooled import Pooled, PooledSums
from steelyard.stats.folds.verification import MatchedAt, matched_at

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Searches(NamedTuple):
    """What came of each probe."""

    enrolled: NDArray[np.bool_]
    """bool[p]: whether the gallery holds the probe's person."""
    mate: NDArray[np.float64]
    """float64[p]: the best score against an entry of that person; −∞ without one."""
    other: NDArray[np.float64]
    """float64[p]: the best score against anyone else; −∞ without one."""
    rank: NDArray[np.int64]
    """int64[p]: one more than the entries of others that score at least as much as the mate: ties count against it."""
    units: NDArray[np.int64]
    """int64[p, d]"""
    row: NDArray[np.int64]
    """int64[p]: the first row of each search."""


@dataclass(frozen=True)
class RankRate:
    """The share of probes of enrolled people whose mate is among the first ``rank`` candidates (closed set).

    An entry of another person with the same score stands before the mate. It is a proportion of probes, folded as sums,
    so that bounds of proportions serve. With ``complement`` the indicator is the share that is missed.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> values = np.array([[0.9, 1], [0.2, 0], [0.7, 0], [0.7, 1]])  # two probes, two entries; the second probe ties
    >>> rows = Rows(values, np.array([0, 0, 1, 1]), np.array([[0], [0], [1], [1]]))
    >>> RankRate("score", "mated")(rows, ("score", "mated"), units=2).value(np.ones((1, 2)))
    array([0.5])
    """

    score: str
    mated: str
    rank: int = 1
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return events and opportunities, both float64[m]: of each search, on its first row."""
        found = searches(rows, columns.index(self.score), columns.index(self.mated))
        first = found.enrolled & (found.rank <= self.rank)
        return _on_first_rows(found, first, len(rows.samples)), _on_first_rows(found, found.enrolled, len(rows.samples))

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> PooledSums:
        """Sum the probes of each unit."""
        import numpy as np

        counted = Rows(np.column_stack(self.counts(rows, columns)), rows.samples, rows.units)
        folded = Pooled(("first",), ("enrolled",))(counted, ("first", "enrolled"), units)
        assert isinstance(folded, PooledSums)
        return folded


@dataclass(frozen=True)
class IdentificationRate:
    """The share of searches for enrolled people that return the mate, at a false positive identification rate.

    The threshold is as low as it may be with a share of searches for people who are not enrolled that return anyone of
    no more than ``false_positive_rate``, and is found on each resample anew. The mate is returned where its score
    reaches the threshold and its rank is no more than ``rank``. With ``complement`` the indicator is FNIR, the false
    negative identification rate of ISO/IEC 19795-1.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> values = np.array([[0.9, 1], [0.4, 1], [0.3, 0], [0.5, 0]])  # probes 0 and 1 are enrolled, 2 and 3 are not
    >>> rows = Rows(values, np.arange(4), np.arange(4)[:, None])
    >>> IdentificationRate("score", "mated", 0.5)(rows, ("score", "mated"), units=4).value(np.ones((1, 4)))
    array([1.])
    >>> IdentificationRate("score", "mated", 0.1)(rows, ("score", "mated"), units=4).value(np.ones((1, 4)))
    array([0.5])
    """

    score: str
    mated: str
    false_positive_rate: float
    rank: int = 1
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return an event for each search of an enrolled person, an opportunity for each search, both float64[m]."""
        found = searches(rows, columns.index(self.score), columns.index(self.mated))
        every = found.row >= 0
        return _on_first_rows(found, found.enrolled, len(rows.samples)), _on_first_rows(found, every, len(rows.samples))

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> MatchedAt:
        """Sort the searches: the mate's score of enrolled people, the best score of others."""
        import numpy as np

        found = searches(rows, columns.index(self.score), columns.index(self.mated))
        mate = np.where(found.rank <= self.rank, found.mate, -np.inf)  # outranked: at no threshold
        scores = np.where(found.enrolled, mate, found.other)
        return matched_at(scores, found.enrolled, found.units, units, self.false_positive_rate)


def searches(rows: Rows, score: int, mated: int) -> Searches:
    """Return what came of each probe, in the order of samples.

    Parameters
    ----------
    rows : Rows
        Candidates; those of one sample are one search, of one and the same unit in each column.
    score, mated : int
        Columns.
    """
    import numpy as np

    probes, first, place = np.unique(rows.samples, return_index=True, return_inverse=True)
    scores, is_mate = rows.values[:, score], rows.values[:, mated] > 0
    mate, other = np.full(len(probes), -np.inf), np.full(len(probes), -np.inf)
    np.maximum.at(mate, place[is_mate], scores[is_mate])
    np.maximum.at(other, place[~is_mate], scores[~is_mate])
    before = ~is_mate & (scores >= mate[place])
    rank = 1 + np.bincount(place[before], minlength=len(probes))
    enrolled = np.bincount(place[is_mate], minlength=len(probes)) > 0
    return Searches(enrolled, mate, other, rank, rows.units[first], first)


def _on_first_rows(found: Searches, which: NDArray[np.bool_], count: int) -> NDArray[np.float64]:
    import numpy as np

    marks = np.zeros(count)
    marks[found.row[which]] = 1.0
    return marks
