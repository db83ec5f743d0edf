"""Bounds of a share-like quantity by resampling its units: for measures that have no influence in closed form.

Weights come from Philox raw bits by a published rule (`intervals.philox`), so that a verifier draws the
same ones. Only the *variance* is taken from the resamples; the bounds are then those of a share with that variance.
A plain percentile bound is too near the value with few units (``studies/ranks.py``), and knows nothing at the edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from steelyard.core.method import Folded
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.influence import fewest_units, judged, share_bounds, tempered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from steelyard.stats.intervals.philox import Draw

RESAMPLES = 2000
"""The standard error of a variance from as many is 3 %."""
BLOCK = 1 << 20
"""Weights of rows that are held at a time: 8 MiB, whatever the number of resamples."""


def resampled(
    folded: Folded, confidence: float, seed: int, resamples: int = RESAMPLES, draw: Draw | None = None
) -> Bounds | None:
    """Return the lower and the upper one-sided bound of a quantity between zero and one.

    Parameters
    ----------
    folded : Folded
        Rows folded by the units that are resampled.
    confidence : float
        Of each bound by itself.
    seed : int
        Of the weights; part of the locked plan.
    resamples : int
        How many.
    draw : callable, optional
        Which weights: multinomial ones (the bootstrap) unless given. A measure that jumps where a row is left out, such
        as average precision, takes exponential ones.

    Returns
    -------
    Bounds or None
        None with fewer than two units, or without data. Memory does not grow with the number of resamples.

    Notes
    -----
    With variance v of the resampled values and k effective units, the value is bounded as a share of
    value · (1 − value) / v · (z / t)² independent trials would be (E. L. Korn, B. I. Graubard, Survey Methodology 24,
    1998), t with k − 1 degrees of freedom. v is multiplied by k / (k − 1): drawing k units out of k makes them look
    closer together than they are; exponential weights do so a little more, (k + 1) / (k − 1). Where the resamples do
    not differ, the bounds say what an unseen kind of unit may hide.
    """
    import numpy as np

    from steelyard.stats.intervals.philox import exponential_weights, multinomial_weights

    present = np.flatnonzero(folded.size() > 0)
    count = len(present)
    units = len(folded.size())
    value = float(folded.value(np.ones((1, units)))[0])
    if count < 2 or np.isnan(value):
        return None
    effective = fewest_units(folded)
    values = np.empty(resamples)
    for block in blocks(resamples, units):
        weights = np.zeros((block.stop - block.start, units))
        weights[:, present] = (draw or multinomial_weights)(count, len(weights), seed, block.start)
        values[block] = folded.value(weights)
    values = values[np.isfinite(values)]  # a resample without one of the classes has no value
    if len(values) < max(2, resamples // 2):
        return None
    telling = 2.0 * effective * min(value, 1.0 - value)
    lost = (count + 1) / (count - 1) if draw is exponential_weights else count / (count - 1)
    variance = tempered(value, float(values.var(ddof=1)) * lost, effective, telling)
    found = share_bounds(value, variance, effective - 1.0, effective, confidence)
    return judged(found, folded, "resampled-share/1")


def blocks(resamples: int, columns: int) -> Iterator[slice]:
    """Yield slices of resamples whose weights of so many columns fit in ``BLOCK``.

    >>> list(blocks(5, BLOCK // 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, BLOCK // max(columns, 1))
    for start in range(0, resamples, step):
        yield slice(start, min(start + step, resamples))


def row_weights(weights: NDArray[np.float64], units: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each row's weight, float64[B, m]: the product over its distinct units, int64[m, d].

    >>> import numpy as np
    >>> row_weights(np.array([[2.0, 3.0]]), np.array([[0, 0], [0, 1]]))
    array([[2., 6.]])
    """
    import numpy as np

    found: NDArray[np.float64] = weights[:, units[:, 0]]
    for column in range(1, units.shape[1]):
        other = weights[:, units[:, column]]
        distinct = _distinct(units, column)
        found = found * other if distinct.all() else np.where(distinct, found * other, found)
    return found


def unit_sums(amounts: NDArray[np.float64], units: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return the sum of the rows' amounts, float64[m], over each unit, float64[count].

    A row of several units counts in full for each of its distinct ones: what a derivative by their weights comes to.

    >>> import numpy as np
    >>> unit_sums(np.array([1.0, 10.0]), np.array([[0, 0], [0, 1]]), 2)
    array([11., 10.])
    """
    import numpy as np

    found = np.zeros(count)
    for column in range(units.shape[1]):
        distinct = _distinct(units, column)
        found += np.bincount(units[distinct, column], amounts[distinct], minlength=count)
    return found


def _distinct(units: NDArray[np.int64], column: int) -> NDArray[np.bool_]:
    """Tell which rows name their unit of this column for the first time, bool[m]."""
    first: NDArray[np.bool_] = (units[:, :column] != units[:, column : column + 1]).all(axis=1)
    return first


def leave_one_out(folded: Folded, units: int) -> NDArray[np.float64]:
    """Return the value without each unit in turn, float64[units], as its weights say."""
    import numpy as np

    found = np.empty(units)
    for block in blocks(units, units):
        weights = np.ones((block.stop - block.start, units))
        weights[np.arange(len(weights)), np.arange(block.start, block.stop)] = 0.0
        found[block] = folded.value(weights)
    return found
