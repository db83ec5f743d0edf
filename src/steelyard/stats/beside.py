"""Other bounds of the same quantity, shown beside those that decide: a reader who knows one of them finds it."""

from __future__ import annotations

from steelyard.core.method import Family, Folded
from steelyard.core.words import Words
from steelyard.stats.folds.pooled import MeanOf, PooledSums
from steelyard.stats.intervals.binomial import jeffreys, wilson
from steelyard.stats.intervals.bootstrap import bootstrap_t_log, disagreement
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.korn_graubard import korn_graubard

MOST_UNITS = 1000
"""With more clusters than these the bootstrap says what the jackknife says, and costs seconds."""


def beside_exact(events: int, n: int, confidence: float) -> tuple[Bounds, ...]:
    """Return Wilson's and Jeffreys's bounds of independent yes/no rows.

    Examples
    --------
    >>> [found.method for found in beside_exact(2, 70, 0.95)]
    ['wilson/1', 'jeffreys/1']
    """
    return (
        Bounds(*wilson(events, n, confidence), "wilson/1", decisive=False),
        Bounds(*jeffreys(events, n, confidence), "jeffreys/1", decisive=False),
    )


def beside_clusters(
    family: Family, folded: Folded, decisive: Bounds, value: float, seed: int, confidence: float
) -> tuple[tuple[Bounds, ...], tuple[Words, ...]]:
    """Return Korn–Graubard and bootstrap-t bounds over clusters, and a flag where the latter reach clearly farther.

    Parameters
    ----------
    family : Family
        Korn–Graubard is for proportions.
    folded : Folded
        Rows folded by cluster.
    decisive : Bounds
        The bounds that decide.
    value : float
        The ratio of events.
    seed : int
        Of the bootstrap's weights.
    confidence : float
        Of each bound by itself.
    """
    found = []
    if family is Family.PROPORTION and isinstance(folded, PooledSums) and folded.keys.shape[1] == 1:
        found.append(korn_graubard(folded.events, folded.opportunities, confidence))
    check = None
    if isinstance(folded, PooledSums | MeanOf) and len(folded.size()) <= MOST_UNITS and _single(folded):
        check = bootstrap_t_log(folded, value, confidence, seed=seed)
        found.append(check)
    return tuple(each for each in found if each is not None), disagreement(decisive, check, value)


def _single(folded: PooledSums | MeanOf) -> bool:
    """Tell whether every row belongs to one unit: only then has a resample a standard error in closed form."""
    parts = folded.parts if isinstance(folded, MeanOf) else [folded]
    return all(isinstance(part, PooledSums) and part.keys.shape[1] == 1 for part in parts)
