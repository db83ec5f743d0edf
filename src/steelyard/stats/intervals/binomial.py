"""Exact bounds for independent yes/no rows, and how many rows would settle a limit."""

from __future__ import annotations

import math


def clopper_pearson(events: int, n: int, confidence: float) -> tuple[float, float]:
    """Return the lower and the upper one-sided bound of a proportion.

    Parameters
    ----------
    events, n : int
        Events among n independent rows, n > 0.
    confidence : float
        Of each bound by itself.

    Notes
    -----
    C. J. Clopper, E. S. Pearson, Biometrika 26 (1934) 404–413, by the quantiles of the beta distribution.

    Examples
    --------
    >>> lower, upper = clopper_pearson(0, 299, 0.95)
    >>> lower, round(upper, 5)
    (0.0, 0.00997)
    """
    from scipy.special import betaincinv

    alpha = 1.0 - confidence
    lower = 0.0 if events == 0 else float(betaincinv(events, n - events + 1, alpha))
    upper = 1.0 if events == n else float(betaincinv(events + 1, n - events, confidence))
    return lower, upper


def wilson(events: int, n: int, confidence: float) -> tuple[float, float]:
    """Return the lower and the upper one-sided score bound of a proportion: shown, never decisive.

    Parameters
    ----------
    events, n : int
        Events among n independent rows, n > 0.
    confidence : float
        Of each bound by itself; on average about right, for some proportions not (docs/statistics.md).

    Notes
    -----
    E. B. Wilson, Journal of the American Statistical Association 22 (1927) 209–212.

    Examples
    --------
    >>> lower, upper = wilson(3, 100, 0.95)
    >>> round(lower, 5), round(upper, 5)
    (0.01205, 0.07271)
    """
    from scipy.special import ndtri

    score = float(ndtri(confidence))
    centre = (events + score**2 / 2.0) / (n + score**2)
    reach = score / (n + score**2) * math.sqrt(events * (n - events) / n + score**2 / 4.0)
    # Exact where nothing or all happened, where rounding would leave a trace.
    return 0.0 if events == 0 else centre - reach, 1.0 if events == n else centre + reach


def jeffreys(events: int, n: int, confidence: float) -> tuple[float, float]:
    """Return the lower and the upper one-sided Jeffreys bound of a proportion: shown, never decisive.

    Parameters
    ----------
    events, n : int
        Events among n independent rows, n > 0.
    confidence : float
        Of each bound by itself; on average about right, for some proportions not (docs/statistics.md).

    Notes
    -----
    Quantiles of beta(events + ½, n − events + ½), 0 and 1 where nothing or all happened: L. D. Brown, T. T. Cai,
    A. DasGupta, Interval estimation for a binomial proportion, Statistical Science 16 (2001) 101–133.

    Examples
    --------
    >>> lower, upper = jeffreys(3, 100, 0.95)
    >>> round(lower, 5), round(upper, 5)
    (0.01091, 0.06876)
    """
    from scipy.special import betaincinv

    lower = 0.0 if events == 0 else float(betaincinv(events + 0.5, n - events + 0.5, 1.0 - confidence))
    upper = 1.0 if events == n else float(betaincinv(events + 0.5, n - events + 0.5, confidence))
    return lower, upper


def rows_without_event(limit: float, confidence: float) -> int:
    """Return how many rows without an event show that the proportion is below ``limit``.

    Examples
    --------
    >>> rows_without_event(0.01, 0.95), rows_without_event(0.05, 0.95)
    (299, 59)
    """
    return math.ceil(math.log(1.0 - confidence) / math.log1p(-limit))


def rows_to_settle(expected: float, limit: float, confidence: float, power: float) -> int | None:
    """Return how many new rows settle, with probability ``power``, on which side of ``limit`` a proportion is.

    Parameters
    ----------
    expected : float
        The proportion, as it is expected to be.
    limit : float
        The limit, in (0, 1).

    Returns
    -------
    int or None
        None where no number of up to 10⁹ rows settles it.

    Examples
    --------
    >>> rows_to_settle(0.005, 0.01, 0.95, 0.8)
    2185
    """
    if expected == limit:
        return None
    n = 1
    while _power(n, expected, limit, confidence) < power:
        n *= 2
        if n > 10**9:
            return None
    low, high = n // 2, n
    while high - low > 1:
        middle = (low + high) // 2
        if _power(middle, expected, limit, confidence) < power:
            low = middle
        else:
            high = middle
    return high


def _power(n: int, expected: float, limit: float, confidence: float) -> float:
    """Return the probability that the bounds of n rows exclude the limit on the expected side."""
    from scipy.special import bdtr

    if expected > limit:  # the complement's question is the same
        expected, limit = 1.0 - expected, 1.0 - limit
    # Greatest number of events that still shows the proportion to be below the limit.
    low, high = -1, n
    while high - low > 1:
        middle = (low + high) // 2
        if bdtr(middle, n, limit) <= 1.0 - confidence:
            low = middle
        else:
            high = middle
    return 0.0 if low < 0 else float(bdtr(low, n, expected))
