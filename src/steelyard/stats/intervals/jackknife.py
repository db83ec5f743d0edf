"""Bounds of a positive quantity over clusters: delete-one-cluster jackknife-t on the log scale, leaning as rates do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from steelyard.core.method import Folded
from steelyard.core.words import Words
from steelyard.stats.intervals.bounds import Bounds, resting_on

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATES_LEAN = (-0.5, 2.25)
"""Skewness of clusters' rates over their coefficient of variation that the lower and the upper bound allow for at
least. It is 0 for rates that lean to neither side and 2 for a gamma distribution; few or unequal clusters show too
little of their variation, too, and the simulation study asks for the rest."""
ONE_CLUSTER_RULES = 0.5
"""A cluster that makes more than this share of the spread is said."""
_LARGEST_EXPONENT = 700.0


def effective_units(folded: Folded) -> tuple[int, float]:
    """Return the number of units with data, and Kish's effective number.

    Notes
    -----
    L. Kish, Survey Sampling (1965): (Σ w)² / Σ w². Units that are unequal in size count for fewer.
    """
    size = folded.size()
    size = size[size > 0]
    return len(size), float(size.sum() ** 2 / (size**2).sum()) if len(size) else 0.0


def jackknife_log(folded: Folded, value: float, confidence: float) -> Bounds | None:
    """Return the lower and the upper one-sided bound of a ratio.

    Parameters
    ----------
    folded : Folded
        Rows folded by cluster.
    value : float
        The ratio over all clusters.
    confidence : float
        Of each bound by itself.

    Returns
    -------
    Bounds or None
        None with fewer than two clusters. Where the clusters show no spread, or only one of them holds an event, the
        jackknife says nothing, and the bounds rest on what an unseen kind of cluster may hide: with
        q = 1 − (1 − confidence)^(1/k), a kind as rare as q escapes k effective clusters. Flagged where one cluster
        makes most of the spread.

    Notes
    -----
    With s the jackknife's standard error of the logarithm (B. Efron, The Jackknife, the Bootstrap and Other Resampling
    Plans (1982), chapter 3) and t Student's quantile with the effective number of clusters less one as its degrees of
    freedom, plain bounds would be value·exp(±s·t). They are too narrow: rates of clusters are skewed, and a set that
    by luck lacks the bad clusters also shows too little spread. The first term of the Edgeworth expansion of a
    studentised mean (P. Hall, The Bootstrap and Edgeworth Expansion (1992), section 2.6) corrects for skewness γ: with
    γ = g·(coefficient of variation), by a factor of 1 + s²·(g·(2t² + 1)/6 − t²/2), where t²/2 is what the logarithm
    sees to; a bound that would come nearer by it is left. A few clusters cannot tell g. The upper bound therefore
    takes rates to lean at least a little more than a gamma distribution's do (g = 2.25, not 2) and, where clusters are
    unequal in size, their sums to lean by S₁·S₃/S₂² more (Sᵢ the sum of sizes to the power i); the lower bound takes
    them to lean a little the other way (g = −0.5). Where the clusters show more than that, what they show is used.
    docs/statistics.md shows what this is worth, and where it is not enough.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.stats.folds.pooled import PooledSums
    >>> errors = np.array([3.0, 5, 8, 2, 6, 4, 9, 5, 7, 3])
    >>> folded = PooledSums(10, np.arange(10)[:, None], errors, np.full(10, 100.0))
    >>> found = jackknife_log(folded, 0.052, 0.95)
    >>> found.method, round(found.lower, 4), round(found.upper, 4)
    ('jackknife-t-log/2', 0.0384, 0.069)
    """
    import numpy as np
    from scipy.special import betaincinv, stdtrit

    count, effective = effective_units(folded)
    if count < 2:
        return None
    size = folded.size()
    without = folded.leave_one_out()[size > 0]
    if not np.isfinite(without).all():
        return None
    unseen = 1.0 - (1.0 - confidence) ** (1.0 / effective)
    # Clusters that were not seen may be all wrong, or, where a rate can exceed one, in proportion worse.
    above = max(value * (1.0 - unseen) + unseen, value / (1.0 - unseen))
    if value == 0.0 or np.ptp(without) <= 1e-12 * value:
        return resting_on(Bounds(value * (1.0 - unseen), above, "unseen-cluster/1"), effective)
    if (without <= 0.0).any():  # all events in one cluster
        more = float(betaincinv(2.0, effective - 1.0, confidence)) if effective > 1.0 else 1.0
        return resting_on(Bounds(0.0, max(more, above), "one-cluster/1", flags=_flags(1.0)), effective)
    moves = -np.log(without)
    moves -= moves.mean()
    square = float((moves**2).sum())
    error = math.sqrt((count - 1) / count * square)
    shown = float((moves**3).sum()) / square**1.5 / error
    below, beyond = reach(
        float(stdtrit(max(effective - 1.0, 1.0), confidence)),
        error,
        least=min(RATES_LEAN[0], shown),
        most=max(RATES_LEAN[1] * _unevenness(size), shown),
    )
    found = Bounds(
        value * math.exp(-below),
        value * math.exp(beyond),
        "jackknife-t-log/2",
        error,
        flags=_flags(float((moves**2).max()) / square),
    )
    return resting_on(found, effective)


def largest_share(folded: Folded) -> float | None:
    """Return the share of the jackknife's spread that one cluster makes; None where there is no spread to share.

    Near one, the bounds hang on how many clusters like it there are, of which a set with one knows little.
    """
    import numpy as np

    without = folded.leave_one_out()[folded.size() > 0]
    if len(without) < 2 or not np.isfinite(without).all() or np.ptp(without) == 0.0:
        return None
    square = (without - without.mean()) ** 2
    return float(square.max() / square.sum())


def reach(quantile: float, error: float, *, least: float, most: float) -> tuple[float, float]:
    """Return how far the bounds reach below and above, on the log scale, for skewness from ``least`` to ``most``.

    Skewness is given over the coefficient of variation.
    """
    logarithm = quantile**2 / 2.0  # what the log scale corrects by itself
    each = (2.0 * quantile**2 + 1.0) / 6.0
    below = quantile * error + math.log1p(error**2 * max(0.0, logarithm - least * each))
    beyond = quantile * error + math.log1p(error**2 * max(0.0, most * each - logarithm))
    return min(below, _LARGEST_EXPONENT), min(beyond, _LARGEST_EXPONENT)


def _unevenness(size: NDArray[np.float64]) -> float:
    """Return by how much more a sum over clusters of these sizes leans than over equal ones; at least one."""
    return float(size.sum() * (size**3).sum() / (size**2).sum() ** 2)


def _flags(share: float) -> tuple[Words, ...]:
    if share <= ONE_CLUSTER_RULES:
        return ()
    return (
        Words(
            f"one cluster makes {share:.0%} of the spread: how many there are like it, this set hardly tells",
            f"单个群占离散的 {share:.0%}：此类群究竟有多少，本测试集难以说明",
        ),
    )
