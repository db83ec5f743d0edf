"""How large a run must be before it starts: the size that proves what is expected, and the least that could.

The question of planning and of the advice after an undetermined run is one: which number of rows, or of clusters,
makes the bounds exclude the limit with a wanted probability.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from steelyard.core.words import Words
from steelyard.stats.intervals.betting import log_capital, log_factors
from steelyard.stats.intervals.binomial import rows_to_settle, rows_without_event
from steelyard.stats.intervals.bounds import TOO_FEW_UNITS
from steelyard.stats.intervals.jackknife import RATES_LEAN, reach

MOST_CLUSTERS = 10**6
SAMPLES = Words("samples", "样本")
"""The plural of what is drawn where no other unit is named."""


@dataclass(frozen=True)
class Size:
    """Number of rows, or of clusters, that a requirement needs."""

    settles: int | None
    """Settles it with the wanted probability; None where no number does."""
    least: int | None
    """The fewest that could show it, if no event is among them; None where that is not how it is shown."""
    chance: float | None
    """Probability that there is none among so few, as the product is expected to be."""


def size_of_rows(expected: float, limit: float, confidence: float, power: float) -> Size:
    """Return how many independent yes/no rows a limit on a proportion needs.

    Parameters
    ----------
    expected : float
        The proportion of events that the product is expected to have.
    limit : float
        The limit on it, in (0, 1).
    confidence : float
        Of each bound by itself.
    power : float
        Wanted probability that the run settles it.

    Examples
    --------
    >>> size = size_of_rows(0.005, 0.01, 0.95, 0.8)
    >>> size.settles, size.least, round(size.chance, 3)
    (2185, 299, 0.223)
    """
    settles = rows_to_settle(expected, limit, confidence, power)
    if expected > limit:
        return Size(settles, None, None)
    least = rows_without_event(limit, confidence)
    return Size(settles, least, (1.0 - expected) ** least)


def clusters_to_settle(expected: float, limit: float, confidence: float, power: float, variation: float) -> int | None:
    """Return the least number of clusters whose bounds exclude the limit with a probability of ``power``.

    Parameters
    ----------
    expected : float
        The ratio that the product is expected to have.
    limit : float
        The limit on it.
    confidence : float
        Of each bound by itself.
    power : float
        Wanted probability that the run settles it.
    variation : float
        Coefficient of variation of one cluster's ratio, luck within the cluster included: the standard error of the
        logarithm that a single cluster would have.

    Returns
    -------
    int or None
        Never fewer than decide at all; None where no number of up to 10⁶ settles it.

    Notes
    -----
    By the reach of jackknife-t on the log scale, with as many equal clusters.

    Examples
    --------
    >>> clusters_to_settle(0.03, 0.04, 0.95, 0.8, variation=0.6)
    31
    """
    from scipy.special import stdtrit

    if expected == limit or min(expected, limit) <= 0.0:
        return None
    apart = abs(math.log(expected / limit))

    def enough(clusters: int) -> bool:
        quantile, found = (float(stdtrit(clusters - 1, level)) for level in (confidence, power))
        error = variation / math.sqrt(clusters)
        below, beyond = reach(quantile, error, least=RATES_LEAN[0], most=RATES_LEAN[1])
        return (beyond if expected < limit else below) + found * error <= apart

    low, high = 1, 2
    while not enough(high):
        low, high = high, 2 * high
        if high > MOST_CLUSTERS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return max(high, TOO_FEW_UNITS)


def spread_of_shares(expected: float, variation: float, per_cluster: float) -> float:
    """Return the coefficient of variation of one cluster's share of events, luck within the cluster included.

    Parameters
    ----------
    expected : float
        The mean share of events, in (0, 1].
    variation : float
        Coefficient of variation of the clusters' true shares; more than yes and no alone allow counts as that.
    per_cluster : float
        Yes/no rows of each cluster, at least one.

    Notes
    -----
    The variance of a share of m rows is V + (p(1 − p) − V)/m, with V that of the true shares: W. G. Cochran, Sampling
    Techniques (3rd edition, 1977), section 9.4 writes the same as p(1 − p)/m · (1 + (m − 1)ρ), with ρ = V/(p(1 − p))
    the correlation of rows within a cluster. One row each is independent of how clusters differ.

    Examples
    --------
    >>> round(spread_of_shares(0.05, 0.5, 1), 3), round(spread_of_shares(0.05, 0.5, 20), 3)
    (4.359, 1.09)
    """
    luck = (1.0 - expected) / expected
    between = min(variation**2, luck)
    return math.sqrt(between + (luck - between) / per_cluster)


def rows_without_event_in_sequence(limit: float, confidence: float) -> int:
    """Return after how many rows without an event a sequential plan first shows a proportion to be below ``limit``.

    Clusters as large as the plan declares, without an event, count like rows.

    Parameters
    ----------
    limit : float
        In (0, 1).
    confidence : float
        Over all rows at which one may look.

    Examples
    --------
    >>> rows_without_event_in_sequence(0.01, 0.95), rows_without_event_in_sequence(0.05, 0.95)
    (450, 89)
    """
    import numpy as np

    each = log_factors(np.ones(1), np.ones(1), 1.0 - limit)
    enough = -math.log1p(-confidence)

    def shown(rows: int) -> bool:
        return bool(log_capital(rows * each)[0] >= enough)

    high = 1
    while not shown(high):
        high *= 2
    return bisect_left(range(high + 1), True, key=shown)


def joint(power: float, requirements: int) -> float:
    """Return the power of each requirement that gives ``power`` to all of them together, were they independent.

    Examples
    --------
    >>> round(joint(0.8, 18), 4), round(0.8**18, 3)
    (0.9877, 0.018)
    """
    return math.pow(power, 1.0 / requirements)
