"""Sets and intervals that promise to hold the truth: how often they do, how large they are, what calibration allows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from steelyard.core.words import Words
from steelyard.stats.intervals.binomial import clopper_pearson
from steelyard.stats.intervals.bounds import Bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class CoverageRange(NamedTuple):
    """What the coverage of a sound split-conformal product comes to."""

    mean: float
    lower: float
    upper: float
    """One-sided each: below the lower one in at most 1 − confidence of calibrations and test sets."""


def set_rows(
    sets: NDArray[np.bool_], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return of each sample whether its set bool[n, classes] holds the label, the set's size, and whether it is empty.

    Coverage, mean size and share of empty sets are sums of these over the number of rows (``Pooled``).

    Examples
    --------
    >>> import numpy as np
    >>> set_rows(np.array([[True, True, False], [False, False, False]]), np.array([1, 2]))
    (array([1., 0.]), array([2., 0.]), array([0., 1.]))
    """
    import numpy as np

    size = sets.sum(axis=1).astype(np.float64)
    return sets[np.arange(len(labels)), labels].astype(np.float64), size, (size == 0.0).astype(np.float64)


def interval_rows(
    lower: NDArray[np.float64], upper: NDArray[np.float64], truth: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return of each sample whether its closed interval holds the truth, and its width; an empty one is zero wide.

    Examples
    --------
    >>> import numpy as np
    >>> interval_rows(np.array([0.0, 3.0]), np.array([2.0, 1.0]), np.array([2.0, 2.0]))
    (array([1., 0.]), array([2., 0.]))
    """
    import numpy as np

    return ((lower <= truth) & (truth <= upper)).astype(np.float64), np.maximum(upper - lower, 0.0)


def coverage_bounds(covered: int, n: int, confidence: float) -> Bounds:
    """Return bounds of the coverage of the product as it was calibrated, from n independent samples.

    Exact (Clopper–Pearson); NaN without samples. Over patients or speakers, fold the rows and estimate a proportion.

    Examples
    --------
    >>> found = coverage_bounds(93, 100, 0.95)
    >>> round(found.lower, 4), round(found.upper, 4)
    (0.8725, 0.9667)
    """
    if not n:
        return Bounds(math.nan, math.nan, "clopper-pearson/1", flags=(_NO_SAMPLES,), decisive=False)
    return Bounds(*clopper_pearson(covered, n, confidence), "clopper-pearson/1")


def split_rank(calibration: int, level: float) -> int | None:
    """Return which of n sorted calibration scores is the threshold, ⌈(n + 1) · level⌉; None where n is too small.

    Examples
    --------
    >>> split_rank(99, 0.9), split_rank(8, 0.9)
    (90, None)
    """
    rank = math.ceil((calibration + 1) * level * (1.0 - 1e-12))
    return rank if rank <= calibration else None


def calibrated_coverage(calibration: int, level: float, confidence: float) -> CoverageRange:
    """Return the range of true coverages over calibrations: Beta(k, n + 1 − k), k the rank of the threshold.

    Parameters
    ----------
    calibration : int
        Number n of calibration samples, exchangeable with those to come, whose scores do not tie.
    level : float
        Coverage that is promised, 1 − α.
    confidence : float
        Of each end by itself.

    Notes
    -----
    V. Vovk, Conditional validity of inductive conformal predictors, ACML 2012, proposition 2a. With fewer samples than
    the level asks for every set must be whole, and covers all.

    Examples
    --------
    >>> [round(each, 4) for each in calibrated_coverage(1000, 0.9, 0.95)]
    [0.9001, 0.8841, 0.9152]
    """
    from scipy.special import betaincinv

    rank = split_rank(calibration, level)
    if rank is None:
        return CoverageRange(1.0, 1.0, 1.0)
    ends = (float(betaincinv(rank, calibration + 1 - rank, share)) for share in (1.0 - confidence, confidence))
    return CoverageRange(rank / (calibration + 1), *ends)


def observed_coverage(calibration: int, level: float, test: int, confidence: float) -> CoverageRange:
    """Return the range of coverages that a sound product shows on a test set: beta-binomial.

    Parameters
    ----------
    calibration, level : int, float
        As for :func:`calibrated_coverage`.
    test : int
        Number of test samples, > 0.
    confidence : float
        Of each end by itself: coverages below the lower or above the upper end are rarer than 1 − confidence.

    Notes
    -----
    A. N. Angelopoulos, S. Bates, A Gentle Introduction to Conformal Prediction (2023), section 3.2 and appendix C. A
    coverage below the range speaks against the product's promise, not only against its one calibration.

    Examples
    --------
    >>> [round(each, 3) for each in observed_coverage(1000, 0.9, 1000, 0.95)]
    [0.9, 0.877, 0.921]
    """
    import numpy as np

    rank = split_rank(calibration, level)
    if rank is None:
        return CoverageRange(1.0, 1.0, 1.0)
    below = np.cumsum(_beta_binomial(test, rank, calibration + 1 - rank))
    above = 1.0 - np.concatenate(([0.0], below[:-1]))
    lower = int(np.flatnonzero(below > 1.0 - confidence)[0])
    upper = int(np.flatnonzero(above > 1.0 - confidence)[-1])
    return CoverageRange(rank / (calibration + 1), lower / test, upper / test)


def promise_refuted(covered: int, test: int, calibration: int, level: float) -> float:
    """Return how likely a sound product covers as few of the test samples as were covered, or fewer.

    Examples
    --------
    >>> promise_refuted(860, 1000, 1000, 0.9) < 0.01 < promise_refuted(890, 1000, 1000, 0.9)
    True
    """
    rank = split_rank(calibration, level)
    if rank is None:
        return 1.0 if covered == test else 0.0
    return min(float(_beta_binomial(test, rank, calibration + 1 - rank)[: covered + 1].sum()), 1.0)


def calibration_needed(level: float, least: float, confidence: float) -> int:
    """Return the least number of calibration samples that keeps the true coverage above ``least``.

    Parameters
    ----------
    level : float
        Coverage that is promised.
    least : float
        Coverage, below the level, that a calibration is to fall short of with a chance of at most 1 − confidence, for
        this number of samples and every greater one.

    Examples
    --------
    >>> calibration_needed(0.9, 0.88, 0.95)
    650
    """
    if not least < level < 1.0:
        raise ValueError(f"the coverage {least} to be kept must be below the level {level}, and that below 1")

    def kept(size: int) -> bool:
        return calibrated_coverage(size, level, confidence).lower >= least

    # Rounding of the rank makes the bound rise and fall with the size; a whole period beyond, it holds for good.
    period = math.ceil(1.0 / (1.0 - level)) + 1
    high = 1
    while not all(kept(size) for size in range(high, high + period)):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if all(kept(size) for size in range(middle, middle + period)) else (middle, high)
    return high


_NO_SAMPLES = Words("no samples", "没有样本")


def _beta_binomial(n: int, first: float, second: float) -> NDArray[np.float64]:
    """Return the probabilities of 0 … n events."""
    import numpy as np
    from scipy.special import betaln, gammaln

    events = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(events + 1) - gammaln(n - events + 1)
    found: NDArray[np.float64] = np.exp(ways + betaln(events + first, n - events + second) - betaln(first, second))
    return found
