"""Bounds of a positive quantity over clusters: delete-one-cluster jackknife-t on the log scale."""

from __future__ import annotations

import math

from steelyard.core.method import Folded
from steelyard.stats.bounds import Bounds


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
        q = 1 − (1 − confidence)^(1/k), a kind as rare as q escapes k effective clusters.

    Notes
    -----
    Degrees of freedom are the effective number of clusters less one. On the log scale the bounds of an error rate keep
    above zero and lean the way its distribution does. B. Efron, The Jackknife, the Bootstrap and Other Resampling
    Plans (1982), chapter 3.
    """
    import numpy as np
    from scipy.special import betaincinv, stdtrit

    count, effective = effective_units(folded)
    if count < 2:
        return None
    without = folded.leave_one_out()[folded.size() > 0]
    if not np.isfinite(without).all():
        return None
    unseen = 1.0 - (1.0 - confidence) ** (1.0 / effective)
    # Clusters that were not seen may be all wrong, or, where a rate can exceed one, in proportion worse.
    above = max(value * (1.0 - unseen) + unseen, value / (1.0 - unseen))
    if value == 0.0 or np.ptp(without) <= 1e-12 * value:
        return Bounds(value * (1.0 - unseen), above, "unseen-cluster/1")
    if (without <= 0.0).any():  # all events in one cluster
        more = float(betaincinv(2.0, effective - 1.0, confidence)) if effective > 1.0 else 1.0
        return Bounds(0.0, max(more, above), "one-cluster/1")
    logs = np.log(without)
    error = math.sqrt((count - 1) / count * float(((logs - logs.mean()) ** 2).sum()))
    reach = float(stdtrit(max(effective - 1.0, 1.0), confidence)) * error
    return Bounds(value * math.exp(-reach), value * math.exp(reach), "jackknife-t-log/1", error)
