"""Two products' areas under the curve on the same samples, or any two quantities that know their influence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from steelyard.core.method import Influential
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.influence import fewest_units, freedom_of, judged

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDING = 1e-24
"""A smaller variance is none."""


def paired_delong(
    first: Influential, second: Influential, confidence: float, classes: NDArray[np.int64] | None = None
) -> Bounds | None:
    """Return the lower and the upper one-sided bound of the difference, first minus second.

    Parameters
    ----------
    first, second : Influential
        What each product did with the same samples, folded by the same units; shares between zero and one.
    confidence : float
        Of each bound by itself.
    classes : int64[units], optional
        Of each unit, where every unit belongs to one class (positive or negative); see :func:`paired_variance`.

    Returns
    -------
    Bounds or None
        None without data, or with fewer than two units in a class. They enclose the difference and are never a point:
        where no unit tells the products apart, they are what an unseen kind of unit may hide.

    Notes
    -----
    E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Comparing the areas under two or more correlated receiver
    operating characteristic curves: a nonparametric approach, Biometrics 44 (1988) 837–845; over clusters N. A.
    Obuchowski, Biometrics 53 (1997) 567–578. Student's t in place of the normal quantile, with as many degrees of
    freedom as the fourth powers of the influences tell (`freedom_of`): where a few
    units make the difference, it is less sure.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> from steelyard.stats.folds.roc import AreaUnderCurve
    >>> ill = np.arange(40) % 2
    >>> scores = [ill + (np.arange(40) * step % 41) / 20 for step in (7, 11)]
    >>> folds = [
    ...     AreaUnderCurve("score", "ill")(
    ...         Rows(np.column_stack([each, ill]), np.arange(40), np.arange(40)[:, None]), ("score", "ill"), 40
    ...     )
    ...     for each in scores
    ... ]
    >>> found = paired_delong(*folds, 0.95, classes=ill)
    >>> round(found.lower, 3), round(found.upper, 3)
    (-0.055, 0.137)
    """
    import numpy as np
    from scipy.special import stdtrit

    present = (first.size() > 0) | (second.size() > 0)
    values = [float(each.value(np.ones((1, len(present))))[0]) for each in (first, second)]
    difference = values[0] - values[1]
    if math.isnan(difference):
        return None
    moves = (first.influence() - second.influence())[present]
    variance = paired_variance(moves, None if classes is None else classes[present])
    if math.isnan(variance):
        return None
    if variance <= ROUNDING:
        units = min(fewest_units(each) for each in (first, second))
        unseen = 1.0 - (1.0 - confidence) ** (1.0 / max(units, 1.0))
        kept = difference * (1.0 - unseen)
        return _judged(Bounds(kept - unseen, kept + unseen, "unseen-unit/1"), first, second)
    reach = float(stdtrit(max(freedom_of(moves), 1.0), confidence)) * math.sqrt(variance)
    found = Bounds(max(difference - reach, -1.0), min(difference + reach, 1.0), "paired-delong/1")
    return _judged(found, first, second)


def paired_variance(moves: NDArray[np.float64], classes: NDArray[np.int64] | None = None) -> float:
    """Return the variance of a quantity from what each unit moves it by.

    Parameters
    ----------
    moves : float64[units]
        Influence of each unit with data: of a difference, the difference of influences.
    classes : int64[units], optional
        Class of each unit. With them the variance is DeLong's, to the last digit: each class has its own n/(n − 1).

    Returns
    -------
    float
        NaN with fewer than two units in a class.
    """
    import numpy as np

    groups = [moves] if classes is None else [moves[classes == each] for each in np.unique(classes)]
    if not groups or min(len(group) for group in groups) < 2:
        return float("nan")
    return sum(len(group) / (len(group) - 1) * float((group**2).sum()) for group in groups)


def _judged(found: Bounds, first: Influential, second: Influential) -> Bounds:
    """Return the bounds with what a reader should know of either product's; both must be able to decide."""
    each = [judged(found, folded, found.method) for folded in (first, second)]
    flags = dict.fromkeys(flag for one in each for flag in one.flags)
    return found._replace(flags=tuple(flags), decisive=all(one.decisive for one in each))
