"""Two products on the same samples: by how much a rate of the first is greater than that of the second.

What makes a cluster (a speaker, a patient) hard for one product makes it hard for the other: bounds of the difference
over clusters that both were asked are much closer than two separate bounds.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING

from steelyard.core.method import Folded
from steelyard.stats.folds.pooled import PooledSums
from steelyard.stats.intervals.bounds import Bounds, resting_on
from steelyard.stats.intervals.influence import freedom_of
from steelyard.stats.intervals.jackknife import effective_units
from steelyard.stats.intervals.philox import in_blocks, multinomial_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 1999
"""With one more than these, 5 % is a whole number of them."""
ROUNDING = 1e-12
"""A spread that is smaller is none."""


class Scale(Enum):
    """How two rates are compared."""

    DIFFERENCE = "difference"
    """First minus second: 0 where neither is greater."""
    RATIO = "ratio"
    """First over second, by its logarithm: 1 where neither is greater. The surer scale where the rates are far apart:
    what makes clusters unequal is the same for both products and cancels."""

    @property
    def even(self) -> float:
        """The value at which neither rate is greater."""
        return 0.0 if self is Scale.DIFFERENCE else 1.0


def paired_value(first: Folded, second: Folded, scale: Scale = Scale.DIFFERENCE) -> float:
    """Return the difference, or the ratio, of two rates over the same units; NaN where one has no data or is zero.

    A ratio needs both rates to be above zero.
    """
    import numpy as np

    rates = [float(each.value(np.ones((1, len(each.size()))))[0]) for each in (first, second)]
    if scale is Scale.DIFFERENCE:
        return rates[0] - rates[1]
    return rates[0] / rates[1] if min(rates) > 0.0 else float("nan")


def paired_jackknife_t(
    first: Folded, second: Folded, confidence: float, scale: Scale = Scale.DIFFERENCE
) -> Bounds | None:
    """Return the lower and the upper one-sided bound of the difference, or the ratio, of two rates.

    Parameters
    ----------
    first, second : Folded
        What each product did with the same samples, folded by the same clusters.
    confidence : float
        Of each bound by itself.
    scale : Scale
        Difference or ratio.

    Returns
    -------
    Bounds or None
        None with fewer than two clusters, without data, or for a ratio where a rate is zero without some cluster. They
        enclose the value and are never a point: where the clusters show no spread, they are what an unseen kind of
        cluster may hide, one that the first product gets all wrong and the second all right, or the reverse.

    Notes
    -----
    Delete-one-cluster jackknife (B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans (1982), chapter 3)
    of the difference or of the logarithm of the ratio. Student's t has as many degrees of freedom as the effective
    number of clusters less one or, where a few clusters make the spread, as its fourth powers tell
    (`freedom_of`). Where what clusters add leans to one side, the bound on that side
    is moved outward by the first term of the Edgeworth expansion, s·κ·(2t² + 1)/6 with κ the skewness of the estimate
    (P. Hall, The Bootstrap and Edgeworth Expansion (1992), section 2.6), and the other is left where it is.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.stats.folds.pooled import PooledSums
    >>> speakers, words = np.arange(12)[:, None], np.full(12, 100.0)
    >>> ours = PooledSums(12, speakers, np.array([3.0, 5, 8, 2, 6, 4, 9, 5, 7, 3, 4, 6]), words)
    >>> theirs = PooledSums(12, speakers, np.array([4.0, 5, 9, 4, 6, 5, 9, 7, 8, 4, 5, 7]), words)
    >>> found = paired_jackknife_t(ours, theirs, 0.95)
    >>> round(found.lower, 4), round(found.upper, 4)
    (-0.0127, -0.0057)
    """
    import numpy as np
    from scipy.special import stdtrit

    present = (first.size() > 0) | (second.size() > 0)
    count = int(present.sum())
    value = paired_value(first, second, scale)
    if count < 2 or math.isnan(value):
        return None
    without = [each.leave_one_out()[present] for each in (first, second)]
    if not np.isfinite(without).all() or (scale is Scale.RATIO and min(each.min() for each in without) <= 0.0):
        return None
    effective = min(effective_units(each)[1] for each in (first, second))
    if scale is Scale.RATIO:
        without = [np.log(each) for each in without]
    moves = without[1] - without[0]  # a cluster that raises the value lowers it by being left out
    moves -= moves.mean()
    square = float((moves**2).sum())
    error = math.sqrt((count - 1) / count * square)
    if error <= ROUNDING:
        return resting_on(_unseen(value, effective, confidence, scale), effective)
    freedom = max(min(effective - 1.0, freedom_of(moves)), 1.0)
    quantile = float(stdtrit(freedom, confidence))
    lean = error * float((moves**3).sum()) / square**1.5 * (2.0 * quantile**2 + 1.0) / 6.0
    below, above = quantile * error + max(-lean, 0.0), quantile * error + max(lean, 0.0)
    return resting_on(_placed(value, below, above, scale, f"paired-jackknife-t-{scale.value}/1", error), effective)


def paired_bootstrap_t(
    first: PooledSums,
    second: PooledSums,
    confidence: float,
    scale: Scale = Scale.DIFFERENCE,
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> Bounds | None:
    """Return the same bounds by the studentised bootstrap: a cross-check that decides nothing.

    Parameters
    ----------
    first, second : PooledSums
        Sums over the same units, one for each row.
    confidence, scale
        As for :func:`paired_jackknife_t`.
    seed : int
        Of the weights, by the rule of `intervals.philox`; a resample draws clusters for both products.
    resamples : int
        How many; memory does not grow with them.

    Returns
    -------
    Bounds or None
        None where there is no spread to go by. A bound that too many resamples leave open is infinite (of a ratio: 0
        or infinite).

    Notes
    -----
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap (1993), section 12.5. The standard error in each
    resample is the linearised one (W. G. Cochran, Sampling Techniques (1977), section 6.13), of which all that depends
    on the clusters is fourteen sums: a resample costs as many products of its weights.
    """
    import numpy as np

    held = np.flatnonzero((first.size() > 0) | (second.size() > 0))
    value = paired_value(first, second, scale)
    if len(held) < 2 or math.isnan(value):
        return None
    columns = np.column_stack([sums[held] for each in (first, second) for sums in _unit_sums(each)])
    value, error = (float(each[0]) for each in _value_and_error(np.ones((1, len(held))), columns, scale))
    if not error > ROUNDING:
        return None
    pivots = []
    for weights in in_blocks(multinomial_weights, len(held), resamples, seed):
        values, errors = _value_and_error(weights, columns, scale)
        apart = values - value
        apart[np.abs(apart) < ROUNDING] = 0.0
        # Without spread a resample is infinitely far out on its side, or at the value itself.
        nowhere = np.where(apart == 0.0, 0.0, np.copysign(np.inf, apart))
        pivots.append(np.where(errors > ROUNDING, apart / np.where(errors > ROUNDING, errors, 1.0), nowhere))
    pivot = np.concatenate(pivots)
    # What has no value is as far out as can be, on either side.
    most = _beyond(np.where(np.isnan(pivot), np.inf, pivot), confidence)
    least = -_beyond(np.where(np.isnan(pivot), np.inf, -pivot), confidence)
    at = value if scale is Scale.DIFFERENCE else math.exp(value)
    name = f"paired-bootstrap-t-{scale.value}/1"
    return _placed(at, most * error, -least * error, scale, name, error)._replace(decisive=False)


def _value_and_error(
    weights: NDArray[np.float64], columns: NDArray[np.float64], scale: Scale
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the difference, or the logarithm of the ratio, and its linearised error, float64[B] each; NaN without.

    Columns are events and opportunities of the first product, and of the second, float64[k, 4].
    """
    import numpy as np

    totals = columns.sum(axis=0)
    rates = np.divide(totals[[0, 2]], totals[[1, 3]], out=np.zeros(2), where=totals[[1, 3]] > 0)
    # Events less what the rate leads one to expect: little cancels when squares are expanded below.
    off = columns.copy()
    off[:, [0, 2]] -= rates * columns[:, [1, 3]]
    pairs = [(one, other) for one in range(4) for other in range(one + 1)]
    sums = weights @ np.column_stack([off, *(off[:, one] * off[:, other] for one, other in pairs)])
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = sums[:, [0, 2]] / sums[:, [1, 3]]
        found = rates + shift
        steps = np.stack([1 / sums[:, 1], -shift[:, 0] / sums[:, 1], -1 / sums[:, 3], shift[:, 1] / sums[:, 3]])
        if scale is Scale.RATIO:
            steps /= np.repeat(found.T, 2, axis=0)
            values = np.log(found[:, 0]) - np.log(found[:, 1])
        else:
            values = found[:, 0] - found[:, 1]
        square = sum(
            (1 if one == other else 2) * steps[one] * steps[other] * sums[:, 4 + place]
            for place, (one, other) in enumerate(pairs)
        )
        drawn = weights.sum(axis=1)
        errors = np.sqrt(np.maximum(square, 0.0) * drawn / (drawn - 1.0))
    finite = np.isfinite(values) & np.isfinite(errors)
    return np.where(finite, values, np.nan), np.where(finite, errors, np.nan)


def _unit_sums(folded: PooledSums) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return events and opportunities of each unit, float64[units] each."""
    import numpy as np

    if folded.keys.shape[1] != 1:
        raise ValueError("the paired bootstrap needs rows of one unit each")
    place = folded.keys[:, 0]
    events, sizes = (np.bincount(place, of, folded.units) for of in (folded.events, folded.opportunities))
    return events.astype(np.float64), sizes.astype(np.float64)


def _beyond(values: NDArray[np.float64], confidence: float) -> float:
    """Return the value that a share of 1 − confidence of all lies above, rounded outward."""
    import numpy as np

    above = math.floor((len(values) + 1) * (1.0 - confidence) + 1e-9)
    return float(np.partition(values, len(values) - above)[len(values) - above]) if above >= 1 else math.inf


def _placed(value: float, below: float, above: float, scale: Scale, method: str, error: float) -> Bounds:
    """Return bounds so far below and above the value, on the logarithmic scale where it is a ratio."""
    below, above = max(below, 0.0), max(above, 0.0)
    if scale is Scale.DIFFERENCE:
        return Bounds(value - below, value + above, method)
    low, high = (math.exp(max(min(reach, 700.0), -700.0)) for reach in (-below, above))
    return Bounds(value * low, value * high, method, error)


def _unseen(value: float, effective: float, confidence: float, scale: Scale) -> Bounds:
    unseen = 1.0 - (1.0 - confidence) ** (1.0 / max(effective, 1.0))
    if scale is Scale.DIFFERENCE:
        reach = max(1.0, abs(value)) * unseen
        return Bounds(value * (1.0 - unseen) - reach, value * (1.0 - unseen) + reach, "unseen-cluster/1")
    return Bounds(value * (1.0 - unseen), value / (1.0 - unseen), "unseen-cluster/1")
