"""Two products, right or wrong on the same independent samples, and which of them is right more often.

Samples on which both are right, or both wrong, say nothing of which is better: only the discordant ones do.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from steelyard.stats.intervals.bounds import Bounds


class McNemar(NamedTuple):
    """Probabilities of discordant samples as one-sided as these, or more, if neither product were better."""

    first_better: float
    """Exact, one-sided: small where the first product is shown to be better."""
    second_better: float
    two_sided: float
    """Exact: twice the smaller of them."""
    mid_p: float
    """Two-sided, each side with half of the probability of what was seen: less cautious, shown and decides nothing."""


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """Return the exact test of whether one of two products is right more often on the same independent samples.

    Parameters
    ----------
    only_first, only_second : int
        Samples on which only the first product is right, and only the second.

    Returns
    -------
    McNemar
        All one where there is no discordant sample.

    Notes
    -----
    Q. McNemar, Psychometrika 12 (1947) 153–157; exact by the binomial distribution of one half, given how many samples
    are discordant. Mid-p: M. W. Fagerland, S. Lydersen, P. Laake, BMC Medical Research Methodology 13 (2013) 91.

    Examples
    --------
    >>> found = mcnemar(59, 20)
    >>> found.first_better < 1e-5, round(mcnemar(3, 0).first_better, 4)
    (True, 0.125)
    """
    from scipy.special import bdtr

    discordant = only_first + only_second
    if not discordant:
        return McNemar(1.0, 1.0, 1.0, 1.0)
    first, second = (float(bdtr(fewer, discordant, 0.5)) for fewer in (only_second, only_first))
    fewer = min(only_first, only_second)
    seen = math.exp(
        math.lgamma(discordant + 1)
        - math.lgamma(fewer + 1)
        - math.lgamma(discordant - fewer + 1)
        - discordant * math.log(2.0)
    )
    return McNemar(first, second, min(1.0, 2.0 * min(first, second)), min(1.0, 2.0 * min(first, second) - seen))


def paired_share_bounds(only_first: int, only_second: int, n: int, confidence: float) -> Bounds | None:
    """Return bounds of by how much the first product is right more often than the second, between −1 and 1.

    Parameters
    ----------
    only_first, only_second : int
        Samples on which only the first product is right, and only the second.
    n : int
        All samples, independent of each other.
    confidence : float
        Of each bound by itself.

    Returns
    -------
    Bounds or None
        None without a sample. They enclose the difference and are never a point.

    Notes
    -----
    The differences that a score test does not refute: T. Tango, Equivalence test and confidence interval for the
    difference in proportions for the paired-sample design, Statistics in Medicine 17 (1998) 891–908. The statistic is
    moved by one sample towards no difference, as A. L. Edwards (Psychometrika 13 (1948) 185–187) does with McNemar's:
    without that, three samples that only one product gets right and none that only the other does would show it to be
    better, of which the exact probability is one in eight. With it the lower bound is above zero where the exact test
    says so, but for probabilities that are nearly 5 % (tests enumerate all outcomes).

    Examples
    --------
    >>> found = paired_share_bounds(59, 20, 1000, 0.95)
    >>> round(found.lower, 4), round(found.upper, 4)
    (0.0239, 0.0552)
    """
    if n <= 0:
        return None
    lower = _lower(only_first, only_second, n, confidence)
    upper = -_lower(only_second, only_first, n, confidence)
    return Bounds(lower, upper, "tango-corrected/1")


def _lower(more: int, fewer: int, n: int, confidence: float) -> float:
    """Return the least difference (more − fewer)/n that is not refuted."""
    from scipy.special import ndtri

    normal = float(ndtri(confidence))

    def refuted(difference: float) -> bool:
        # Probability of a sample that only the second gets right, most likely at this difference.
        linear = (2 * n - more + fewer) * difference - more - fewer
        root = math.sqrt(max(linear * linear + 8.0 * n * fewer * difference * (1.0 - difference), 0.0))
        other = (root - linear) / (4.0 * n)
        variance = n * (2.0 * other + difference * (1.0 - difference))
        off = more - fewer - 1.0 - n * difference
        return off > normal * math.sqrt(max(variance, 0.0))

    low, high = -1.0, (more - fewer) / n
    while high - low > 1e-12:
        middle = (low + high) / 2.0
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low
