"""Variance of a ratio of sums over clusters, by linearisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def linearised_variance(events: NDArray[np.float64], opportunities: NDArray[np.float64]) -> float:
    """Return the variance of a ratio of sums over independent clusters, by linearisation.

    Parameters
    ----------
    events, opportunities : float64[k]
        Sums of each cluster.

    Returns
    -------
    float
        NaN where there is no opportunity, or fewer than two clusters with one.

    Notes
    -----
    k/(k − 1) · Σ (eᵢ − θnᵢ)² / (Σ nᵢ)²: W. G. Cochran, Sampling Techniques (3rd ed. 1977), section 9A.3; the cluster
    variance of survey software, without a finite population.

    Examples
    --------
    >>> import numpy as np
    >>> round(linearised_variance(np.array([1.0, 3.0, 2.0]), np.array([10.0, 10.0, 10.0])), 6)
    0.003333
    """
    held = opportunities > 0
    events, opportunities = events[held], opportunities[held]
    if len(events) < 2:
        return float("nan")
    total = float(opportunities.sum())
    off = events - float(events.sum()) / total * opportunities
    return len(events) / (len(events) - 1) * float(off @ off) / total**2
