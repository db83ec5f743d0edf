"""Spreads of readings that hang together: χ² bounds with equivalent degrees of freedom (Allan deviation, RMS)."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from steelyard.core.words import Words
from steelyard.stats.intervals.bounds import Bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_BLOCKS = 30
"""Noise is not told apart by fewer averages."""
SINGLE_SIDED = 1.6448536269514722
"""The normal distribution's 95 % point."""
WINDOWS = 5.0
"""Correlations are summed up to this many correlation times."""
LARGEST_WINDOW = 0.1
"""Where they would have to be summed up to a larger share of the record, the record is too short."""


class Noise(IntEnum):
    """Power-law noise: the exponent α of the spectral density S(f) ∝ f^α of frequency (or of an angular rate)."""

    WHITE_PHASE = 2
    """Quantisation noise of a gyroscope."""
    FLICKER_PHASE = 1
    WHITE_FREQUENCY = 0
    """Angle random walk of a gyroscope, velocity random walk of an accelerometer."""
    FLICKER_FREQUENCY = -1
    """Bias instability."""
    RANDOM_WALK_FREQUENCY = -2
    """Rate random walk."""


class Spread(NamedTuple):
    """A deviation with bounds, in the unit of the readings."""

    value: float
    freedom: float
    """Equivalent degrees of freedom: 2 E(v)²/var(v) of the variance v."""
    bounds: Bounds


def chi_square_bounds(deviation: float, freedom: float, confidence: float) -> tuple[float, float]:
    """Return the lower and the upper one-sided bound of a deviation.

    Parameters
    ----------
    deviation : float
        Root of a variance whose multiple is distributed as χ².
    freedom : float
        Degrees of freedom, whole or not, > 0.
    confidence : float
        Of each bound by itself.

    Examples
    --------
    >>> [round(bound, 4) for bound in chi_square_bounds(1.0, 10.0, 0.95)]
    [0.7391, 1.5931]
    """
    from scipy.special import gammaincinv

    quantiles = (2.0 * float(gammaincinv(freedom / 2.0, level)) for level in (confidence, 1.0 - confidence))
    return tuple(deviation * math.sqrt(freedom / quantile) if quantile > 0.0 else math.inf for quantile in quantiles)  # type: ignore[return-value]


def overlapping_allan(frequency: NDArray[np.float64], factor: int) -> float:
    """Return the overlapping Allan deviation.

    Parameters
    ----------
    frequency : ndarray
        float64[n]: readings at even steps (fractional frequency, angular rate …).
    factor : int
        Readings that are averaged: averaging time over the step between readings.

    Returns
    -------
    float
        NaN with fewer than two averages.

    Notes
    -----
    W. J. Riley, Handbook of Frequency Stability Analysis, NIST Special Publication 1065 (2008), section 5.2.4.

    Examples
    --------
    >>> import numpy as np
    >>> round(overlapping_allan(np.array([892, 809, 823, 798, 671, 644, 883, 903, 677.0]), 2), 5)
    85.95287
    """
    import numpy as np

    if factor < 1 or len(frequency) < 2 * factor:
        return math.nan
    # Sums run on what is left without the mean: less is lost to rounding.
    phase = np.concatenate(([0.0], np.cumsum(frequency - frequency.mean())))
    second = phase[2 * factor :] - 2.0 * phase[factor:-factor] + phase[: -2 * factor]
    return float(np.sqrt(np.mean(second**2) / 2.0) / factor)


def allan_freedom(noise: Noise, factor: int, count: int) -> float:
    """Return the equivalent degrees of freedom of the overlapping Allan variance.

    Parameters
    ----------
    noise : Noise
        Kind of noise that prevails at this averaging time.
    factor : int
        Averaging factor m.
    count : int
        Number of frequency readings, at least 2 m.

    Notes
    -----
    C. A. Greenhall, W. J. Riley, Uncertainty of Stability Variances Based on Finite Differences, Proc. 35th PTTI (2003)
    267–280, as in NIST SP 1065, section 5.4.1: M terms whose covariance at lag k is s_z(k/m) have
    M s_z(0)² / Σ (1 − |k|/M) s_z(k/m)² degrees of freedom; lags up to 3 m are summed. Phase is taken as sampled at
    points (readings that are averages over their step), where the paper's filter factor m averages it over a step:
    the same but for the smallest factors, where this agrees with the exact count of differences. Flicker phase noise
    needs the filter; of white phase noise only lags m and 2 m are correlated (−2/3 and 1/6).

    Examples
    --------
    >>> round(allan_freedom(Noise.WHITE_FREQUENCY, 10, 999), 1)
    145.9
    """
    import numpy as np

    terms = count + 1 - 2 * factor
    lags = np.arange(1, min(terms, 3 * factor))
    if noise is Noise.WHITE_PHASE:
        squared = np.where(lags == factor, 4.0 / 9.0, np.where(lags == 2 * factor, 1.0 / 36.0, 0.0))
    else:
        squared = (_covariance(lags / factor, noise, factor) / _covariance(np.zeros(1), noise, factor)[0]) ** 2
    return float(terms / (1.0 + 2.0 * ((1.0 - lags / terms) * squared).sum()))


def _covariance(lags: NDArray[np.float64], noise: Noise, factor: int) -> NDArray[np.float64]:
    """Return s_z of Greenhall and Riley, but for a factor: lags in averaging times."""
    import numpy as np

    def generalised(t: NDArray[np.float64]) -> NDArray[np.float64]:
        t = np.abs(t)
        if noise is Noise.WHITE_FREQUENCY:
            return -t
        if noise is Noise.RANDOM_WALK_FREQUENCY:
            return t**3
        # t² ln t, zero at zero: flicker frequency seen as it is, and flicker phase as a filter sees it.
        return t**2 * np.log(np.where(t > 0.0, t, 1.0))

    def phase(t: NDArray[np.float64]) -> NDArray[np.float64]:
        if noise is not Noise.FLICKER_PHASE:
            return generalised(t)
        return 2.0 * generalised(t) - generalised(t - 1.0 / factor) - generalised(t + 1.0 / factor)

    return 6.0 * phase(lags) - 4.0 * (phase(lags - 1) + phase(lags + 1)) + phase(lags - 2) + phase(lags + 2)


def identify_noise(frequency: NDArray[np.float64], factor: int) -> Noise | None:
    """Return the kind of noise that prevails at an averaging time, from the lag-1 autocorrelation.

    Parameters
    ----------
    frequency : ndarray
        float64[n]: readings at even steps.
    factor : int
        Averaging factor. Where it leaves fewer than 30 averages, the greatest that leaves as many is used.

    Returns
    -------
    Noise or None
        None where readings are too few or do not vary.

    Notes
    -----
    W. J. Riley, C. A. Greenhall, Power law noise identification using the lag 1 autocorrelation, Proc. 18th EFTF
    (2004); NIST SP 1065, section 5.5.6. Averages are differenced until r/(1 + r) < 1/4, r their lag-1
    autocorrelation; then the exponent is −2 r/(1 + r) less 2 for each difference.

    Examples
    --------
    >>> import numpy as np
    >>> identify_noise(np.random.default_rng(0).standard_normal(1000), 4).name
    'WHITE_FREQUENCY'
    """
    kinds = _kinds(frequency, factor)
    return kinds[0] if kinds else None


def _kinds(frequency: NDArray[np.float64], factor: int) -> list[Noise]:
    """Return the kind of noise that is seen, and the reddest that the lag-1 autocorrelation leaves open at 95 %."""
    import numpy as np

    factor = min(factor, len(frequency) // LEAST_BLOCKS)
    if factor < 1:
        return []
    averages = frequency[: len(frequency) // factor * factor].reshape(-1, factor).mean(axis=1)
    kinds: list[Noise] = []
    for differences in range(3):
        apart = averages - averages.mean()
        power = float((apart**2).sum())
        if power <= 0.0:
            return []
        lag_one = float((apart[1:] * apart[:-1]).sum()) / power
        kinds = []
        for lag in (lag_one, lag_one + SINGLE_SIDED / math.sqrt(len(averages))):
            exponent = round(-2.0 * lag / (1.0 + lag)) - 2 * differences
            kinds.append(Noise(min(max(exponent, Noise.RANDOM_WALK_FREQUENCY), Noise.WHITE_PHASE)))
        if lag_one / (1.0 + lag_one) < 0.25:
            break
        averages = np.diff(averages)
    return kinds


def allan_bounds(
    frequency: NDArray[np.float64], factor: int, confidence: float, noise: Noise | None = None, resolution: float = 0.0
) -> Spread:
    """Return the overlapping Allan deviation with bounds.

    Parameters
    ----------
    frequency : ndarray
        float64[n]: readings at even steps.
    factor : int
        Averaging factor.
    confidence : float
        Of each bound by itself.
    noise : Noise, optional
        Kind of noise; without it, it is identified.
    resolution : float
        Least step of the readings, in their unit; what hides in it enters where they do not vary.

    Notes
    -----
    Where the kind is identified, the fewer degrees of freedom are used of the kind that is seen and the reddest that
    the autocorrelation leaves open: taken at its word, it has white noise accepted falsely in 12 % of runs of 30
    averages. Where it is not identified, the fewest of all kinds are used.
    """
    value = overlapping_allan(frequency, factor)
    if math.isnan(value):
        return Spread(math.nan, 0.0, Bounds(math.nan, math.nan, "greenhall-riley/1", flags=(_SHORT,), decisive=False))
    kinds = _kinds(frequency, factor) if noise is None else [noise]
    freedom = min(allan_freedom(each, factor, len(frequency)) for each in kinds or Noise)
    flags = () if kinds else (_NOT_IDENTIFIED,)
    return spread_of(value, freedom, confidence, "greenhall-riley/1", resolution, flags)


def root_mean_square(residual: NDArray[np.float64], confidence: float, resolution: float = 0.0) -> Spread:
    """Return the root mean square of an autocorrelated record with bounds.

    Parameters
    ----------
    residual : ndarray
        float64[n]: deviations from what should be, at even steps; stationary.
    confidence : float
        Of each bound by itself.
    resolution : float
        Least step of the readings.

    Notes
    -----
    For a normal process with mean μ and autocovariance γ, the variance of the mean square is
    (2/n) Σ (1 − |k|/n) γ(k)² + (4 μ²/n) Σ (1 − |k|/n) γ(k) (M. B. Priestley, Spectral Analysis and Time Series (1981),
    section 5.3.3); the degrees of freedom follow by two moments (F. E. Satterthwaite, Biometrics Bulletin 2 (1946)
    110–114). Correlations are summed up to five correlation times (A. D. Sokal, in Functional Integration (1997),
    131–192); where that is more than a quarter of the record, it decides nothing.

    Examples
    --------
    >>> import numpy as np
    >>> found = root_mean_square(np.random.default_rng(0).standard_normal(1000), 0.95)
    >>> round(found.value, 3), found.freedom < 1000
    (0.978, True)
    """
    import numpy as np

    n = len(residual)
    if n < 2:
        return Spread(
            abs(float(residual[0])) if n else math.nan,
            0.0,
            Bounds(0.0 if n else math.nan, math.inf if n else math.nan, "rms-edf/1", flags=(_SHORT,), decisive=False),
        )
    square = float(np.mean(residual**2))
    mean = float(residual.mean())
    covariance = _autocovariance(residual - mean)
    power = float(covariance[0])
    if power <= 1e-24 * square:
        return spread_of(math.sqrt(square), 1.0, confidence, "rms-edf/1", resolution, (STILL,))
    # What stays within a correlation time counts once: the window is the shortest that holds five of them.
    summed = 1.0 + 2.0 * np.cumsum((covariance[1:] / power) ** 2)
    closed = np.nonzero(np.arange(1, n) >= WINDOWS * summed)[0]
    window = int(closed[0]) + 1 if len(closed) else n - 1
    kept = covariance[1 : window + 1] * (1.0 - np.arange(1, window + 1) / n)
    squares = power**2 + 2.0 * float((kept * covariance[1 : window + 1]).sum())
    # The mean was taken from the same record: what is left of the sum over the window is too little.
    long_run = max(power + 2.0 * float(kept.sum()), 0.0) / max(1.0 - (2 * window + 1) / n, 0.5)
    variance = (2.0 * squares + 4.0 * mean**2 * long_run) / n
    short = window > LARGEST_WINDOW * n
    found = spread_of(
        math.sqrt(square), 2.0 * square**2 / variance, confidence, "rms-edf/1", resolution, (_SLOW,) if short else ()
    )
    return found._replace(bounds=found.bounds._replace(decisive=found.bounds.decisive and not short))


def _autocovariance(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sums of products at each lag over n, by Fourier transform."""
    import numpy as np

    n = len(centred)
    length = 1 << (2 * n - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, length)) ** 2
    return np.fft.irfft(spectrum, length)[:n] / n


_SHORT = Words("the record is too short", "记录太短")
_SLOW = Words("correlations last longer than the record can show", "相关时间过长，记录不足以体现")
STILL = Words("readings do not vary", "读数没有变化")
_NOT_IDENTIFIED = Words(
    "kind of noise not identified: the least sure kind is assumed", "未能识别噪声类型：按最不利类型计算"
)


def spread_of(
    value: float, freedom: float, confidence: float, method: str, resolution: float, flags: tuple[Words, ...]
) -> Spread:
    """Return a deviation with its bounds; where nothing varies, what the resolution hides, or no upper bound."""
    lower, upper = chi_square_bounds(value, freedom, confidence)
    if STILL not in flags and value > 0.0:
        return Spread(value, freedom, Bounds(lower, upper, method, flags=flags))
    # A reading stands for all within half a step: a deviation of at most half of it may hide.
    hidden = resolution / 2.0 if resolution > 0.0 else math.inf
    still = flags if STILL in flags else (*flags, STILL)
    return Spread(
        value, freedom, Bounds(max(value - hidden, 0.0), value + hidden, method, flags=still, decisive=resolution > 0.0)
    )
