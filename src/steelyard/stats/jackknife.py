"""Bounds of a positive quantity over clusters: delete-one-cluster jackknife-t on the log scale."""

from __future__ import annotations

import math

from steelyard.core.method import Folded


def effective_units(folded: Folded) -> tuple[int, float]:
    """Return the number of units with data, and Kish's effective number.

    Notes
    -----
    L. Kish, Survey Sampling (1965): (Σ w)² / Σ w². Units that are unequal in size count for fewer.
    """
    size = folded.size()
    size = size[size > 0]
    return len(size), float(size.sum() ** 2 / (size**2).sum()) if len(size) else 0.0


def jackknife_log(folded: Folded, value: float, confidence: float) -> tuple[float, float, float] | None:
    """Return the lower and the upper one-sided bound of a ratio, and the standard error of its logarithm.

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
    tuple of float, or None
        None with fewer than two clusters. The standard error is NaN where the clusters show no spread or only one of
        them holds an event: there the jackknife says nothing, and the bounds rest on what an unseen kind of cluster
        may hide: with q = 1 − (1 − confidence)^(1/k), a kind as rare as q escapes k effective clusters.

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
    if value == 0.0 or np.ptp(without) <= 1e-12 * value:
        return value * (1.0 - unseen), value * (1.0 - unseen) + unseen, math.nan
    if (without <= 0.0).any():  # all events in one cluster
        more = float(betaincinv(2.0, effective - 1.0, confidence)) if effective > 1.0 else 1.0
        return 0.0, max(more, value + (1.0 - value) * unseen), math.nan
    logs = np.log(without)
    error = math.sqrt((count - 1) / count * float(((logs - logs.mean()) ** 2).sum()))
    reach = float(stdtrit(max(effective - 1.0, 1.0), confidence)) * error
    return value * math.exp(-reach), value * math.exp(reach), error
