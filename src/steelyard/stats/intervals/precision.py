"""Repeatability and intermediate precision: how far results differ within a session and between sessions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from steelyard.core.words import Words
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.equivalent_freedom import chi_square_bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LIMIT_FACTOR = 2.8
"""Two results differ by more than so many standard deviations in one of twenty pairs (ISO 5725-6:1994, clause 4.1)."""


class Component(NamedTuple):
    """A standard deviation, in the unit of the results; None where the design does not show it."""

    value: float | None
    bounds: Bounds | None


class Precision(NamedTuple):
    """What repeats within sessions, and sessions, show of a measurement."""

    mean: float
    sessions: int
    results: int
    repeatability: Component
    """s_r: results of one session."""
    between: Component
    """s_L: sessions, without what repeats add."""
    intermediate: Component
    """√(s_r² + s_L²): single results of different sessions."""
    flags: tuple[Words, ...] = ()

    @property
    def repeatability_limit(self) -> float | None:
        """What two results of one session seldom differ by: 2.8 s_r."""
        return None if self.repeatability.value is None else LIMIT_FACTOR * self.repeatability.value

    @property
    def intermediate_limit(self) -> float | None:
        """What single results of two sessions seldom differ by."""
        return None if self.intermediate.value is None else LIMIT_FACTOR * self.intermediate.value


class _Table(NamedTuple):
    """An analysis of variance, one way."""

    within: float
    """Mean square within sessions."""
    within_freedom: int
    between: float
    """Mean square between sessions."""
    between_freedom: int
    repeats: float
    """n₀ of ISO 5725-2: mean number of repeats, less what their inequality takes."""
    harmonic: float
    """Harmonic mean of the number of repeats."""
    means: float
    """Harmonic mean of repeats times the variance of session means, each weighing the same."""


def precision(values: NDArray[np.float64], sessions: NDArray[np.int64], confidence: float) -> Precision:
    """Return repeatability and intermediate precision with one-sided bounds.

    Parameters
    ----------
    values : ndarray
        float64[n]: results of the same thing measured.
    sessions : ndarray
        int64[n]: in which session each was had (day, operator, restart); any number of repeats in each.
    confidence : float
        Of each bound by itself.

    Returns
    -------
    Precision
        Without repeats there is no s_r and no s_L, and with one session no s_L and no intermediate precision.

    Notes
    -----
    ISO 5725-2:2019, 7.4 (s_r² pooled; s_L² = (s_d² − s_r²)/n₀, zero where negative, flagged) and ISO 5725-3:2023 for
    intermediate precision. Bounds of s_r: χ². Of the other two: modified large samples, exact where one component
    stands alone, by F. A. Graybill, C.-M. Wang, JASA 75 (1980) 869–873, for the sum, and N. Ting, R. K. Burdick,
    F. A. Graybill, S. Jeyaratnam, T.-F. C. Lu, J. Statist. Comput. Simul. 35 (1990) 135–143, for the difference; with
    unequal repeats on the variance of unweighted session means (J. D. Thomas, R. A. Hultquist, Annals of Statistics 6
    (1978) 582–587). In simulation the upper bounds miss in 1 to 6 % of experiments, the lower ones in 4 to 8 %.

    Examples
    --------
    >>> import numpy as np
    >>> found = precision(np.array([10.1, 10.3, 9.6, 9.8, 10.6, 10.4]), np.array([0, 0, 1, 1, 2, 2]), 0.95)
    >>> round(found.repeatability.value, 3), round(found.intermediate.value, 3), round(found.repeatability_limit, 2)
    (0.141, 0.416, 0.4)
    """
    import numpy as np

    codes, sizes = np.unique(sessions, return_inverse=True, return_counts=True)[1:]
    if not len(values):
        return Precision(math.nan, 0, 0, _ABSENT, _ABSENT, _ABSENT, (_NO_RESULTS,))
    mean = float(np.mean(values))
    table = _analyse(values - mean, codes, sizes.astype(np.float64))
    flags = []
    repeatability = between = intermediate = _ABSENT
    if table.within_freedom > 0:
        repeatability = _single(table.within, table.within_freedom, confidence)
    else:
        flags.append(_NO_REPEATS)
    if table.between_freedom == 0:
        flags.append(_ONE_SESSION)
    elif table.within_freedom == 0:
        # Single results of different sessions: their spread is the intermediate precision itself.
        intermediate = _single(table.between, table.between_freedom, confidence)
    else:
        component = (table.between - table.within) / table.repeats
        if component < 0.0:
            flags.append(_NEGATIVE)
        between = _component(max(component, 0.0), _difference(table, confidence))
        intermediate = _component(table.within + max(component, 0.0), _sum(table, confidence))
    return Precision(mean, len(sizes), len(values), repeatability, between, intermediate, tuple(flags))


def _analyse(values: NDArray[np.float64], codes: NDArray[np.intp], sizes: NDArray[np.float64]) -> _Table:
    import numpy as np

    n, count = len(values), len(sizes)
    means = np.bincount(codes, values) / sizes
    within = float(((values - means[codes]) ** 2).sum())
    between = float((sizes * (means - values.mean()) ** 2).sum())
    harmonic = count / float((1.0 / sizes).sum())
    # What rounding alone leaves is no spread.
    rounding = n * float(np.finfo(np.float64).eps * np.abs(values).max()) ** 2
    return _Table(
        within=within / (n - count) if n > count and within > rounding else 0.0,
        within_freedom=n - count,
        between=between / (count - 1) if count > 1 and between > rounding else 0.0,
        between_freedom=count - 1,
        repeats=(n - float((sizes**2).sum()) / n) / (count - 1) if count > 1 else math.nan,
        harmonic=harmonic,
        means=harmonic * float(np.var(means, ddof=1)) if count > 1 else 0.0,
    )


def _single(variance: float, freedom: int, confidence: float) -> Component:
    deviation = math.sqrt(variance)
    lower, upper = chi_square_bounds(deviation, freedom, confidence)
    return _component(variance, (lower**2, upper**2), "chi-square/1")


def _component(variance: float, squares: tuple[float, float], method: str = "modified-large-sample/1") -> Component:
    """Return a component by its variance and the bounds of it; results that all tie have no upper bound."""
    value = math.sqrt(variance)
    lower, upper = (math.sqrt(max(each, 0.0)) for each in squares)
    if upper <= 0.0:
        return Component(value, Bounds(0.0, math.inf, method, flags=(_TIES,), decisive=False))
    return Component(value, Bounds(min(lower, value), max(upper, value), method))


def _sum(table: _Table, confidence: float) -> tuple[float, float]:
    """Return bounds of s_r² + s_L², of which the means' variance is one part and repeats are the rest."""
    first, rest = table.means / table.harmonic, (1.0 - 1.0 / table.harmonic) * table.within
    lower_first, upper_first = _relative(table.between_freedom, confidence)
    lower_rest, upper_rest = _relative(table.within_freedom, confidence)
    total = first + rest
    return (
        total - math.hypot(lower_first * first, lower_rest * rest),
        total + math.hypot(upper_first * first, upper_rest * rest),
    )


def _difference(table: _Table, confidence: float) -> tuple[float, float]:
    """Return bounds of s_L²: the means' variance less what repeats bring to it."""
    from scipy.special import fdtri

    first, second = table.means / table.harmonic, table.within / table.harmonic
    lower_first, upper_first = _relative(table.between_freedom, confidence)
    lower_second, upper_second = _relative(table.within_freedom, confidence)
    high = float(fdtri(table.between_freedom, table.within_freedom, confidence))
    low = float(fdtri(table.between_freedom, table.within_freedom, 1.0 - confidence))
    lower_cross = ((high - 1.0) ** 2 - lower_first**2 * high**2 - upper_second**2) / high
    upper_cross = ((1.0 - low) ** 2 - upper_first**2 * low**2 - lower_second**2) / low
    cross = first * second
    below = (lower_first * first) ** 2 + (upper_second * second) ** 2 + lower_cross * cross
    above = (upper_first * first) ** 2 + (lower_second * second) ** 2 + upper_cross * cross
    apart = first - second
    return apart - math.sqrt(max(below, 0.0)), apart + math.sqrt(max(above, 0.0))


def _relative(freedom: int, confidence: float) -> tuple[float, float]:
    """Return how far the bounds of a variance are from it, below and above, as shares of it."""
    lower, upper = chi_square_bounds(1.0, freedom, confidence)
    return 1.0 - lower**2, upper**2 - 1.0


_ABSENT = Component(None, None)
_NO_RESULTS = Words("no results", "没有结果")
_NO_REPEATS = Words("no repeats within a session: repeatability is not shown", "会话内没有重复：无法给出重复性")
_ONE_SESSION = Words("one session: spread between sessions is not shown", "仅一个会话：无法给出会话之间的差异")
_NEGATIVE = Words(
    "sessions differ by less than repeats explain: their component is taken as zero",
    "会话之间的差异小于重复性所能解释的：该分量取为零",
)
_TIES = Words("results do not differ: their resolution hides the spread", "结果完全相同：离散程度被分辨力掩盖")
