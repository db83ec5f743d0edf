"""Bounds of a quantity between zero and one from its influence or its variance: those of a share of so many trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.core.method import Folded, Influential
from steelyard.stats.intervals.bounds import Bounds, resting_on
from steelyard.stats.intervals.jackknife import effective_units

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDING = 1e-24
"""A variance so small is none."""
EDGE = 1e-12
"""Nearer to zero or one than this is there, but for rounding."""


def by_influence(folded: Influential, confidence: float) -> Bounds | None:
    """Return the lower and the upper one-sided bound of a quantity between zero and one that knows its influence.

    Returns
    -------
    Bounds or None
        None with fewer than two units, or without data.

    Notes
    -----
    Over k independent units k / (k − 1) Σ influence² estimates the variance: the infinitesimal jackknife (B. Efron, The
    Jackknife, the Bootstrap and Other Resampling Plans, 1982, chapter 6).
    """
    import numpy as np

    present = folded.size() > 0
    count = int(present.sum())
    value = float(folded.value(np.ones((1, len(present))))[0])
    if count < 2 or np.isnan(value):
        return None
    influence = folded.influence()[present]
    freedom, effective = freedom_of(influence), fewest_units(folded)
    variance = count / (count - 1) * float((influence**2).sum())
    variance = tempered(value, variance, effective, freedom)
    found = share_bounds(value, variance, freedom, effective, confidence)
    return judged(found, folded, "influence-share/1")


def fewest_units(folded: Folded) -> float:
    """Return the effective number of units; of a measure of two classes, of the class with the fewer."""
    own = getattr(folded, "effective", None)
    return float(own()) if own is not None else effective_units(folded)[1]


def share_bounds(
    value: float, variance: float, freedom: float, units: float, confidence: float, least_trials: float = 0.0
) -> Bounds:
    """Return the lower and the upper one-sided bound.

    Parameters
    ----------
    value : float
        Between zero and one.
    variance : float
        Of the value.
    freedom : float
        Degrees of freedom of that variance; below one is one.
    units : float
        Effective number of independent units.
    confidence : float
        Of each bound by itself.
    least_trials : float
        As many trials the value is worth in any case, where its greatest possible variance is known.

    Returns
    -------
    Bounds
        Never a point. Where the variance is zero, they are what an unseen kind of unit may hide: a kind as rare as
        q = 1 − (1 − confidence)^(1/units) escapes them all.

    Notes
    -----
    The value has the variance of a share of n = value · (1 − value) / variance trials. With n · (z/t)² of them, which
    makes up for the uncertainty of the variance, the bounds are the quantiles of the beta distribution that Clopper and
    Pearson took for whole numbers. E. L. Korn, B. I. Graubard, Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data, Survey Methodology 24 (1998) 193–201.

    Examples
    --------
    >>> found = share_bounds(0.9, 0.9 * 0.1 / 100, 1e9, 100, 0.95)  # a share of 100, variance known: Clopper–Pearson
    >>> round(found.lower, 4), round(found.upper, 4)
    (0.8363, 0.9447)
    """
    from scipy.special import betaincinv, ndtri, stdtrit

    units = max(units, 1.0)
    if variance <= ROUNDING or not EDGE < value < 1.0 - EDGE:
        unseen = 1.0 - (1.0 - confidence) ** (1.0 / units)
        kept = min(max(value, 0.0), 1.0) * (1.0 - unseen)
        return Bounds(kept, kept + unseen, "unseen-unit/1")
    shrink = float(ndtri(confidence) / stdtrit(max(freedom, 1.0), confidence)) ** 2
    trials = max(value * (1.0 - value) / variance * shrink, least_trials)
    right, wrong = trials * value, trials * (1.0 - value)
    lower = float(betaincinv(right, wrong + 1.0, 1.0 - confidence))
    upper = float(betaincinv(right + 1.0, wrong, confidence))
    return Bounds(min(lower, value), max(upper, value), "share/1")


def tempered(value: float, variance: float, units: float, freedom: float) -> float:
    """Return the variance of a value near zero or one, raised as far as too few telling units may have hidden it.

    Parameters
    ----------
    value, variance, units : float
        As :func:`share_bounds` takes them.
    freedom : float
        How many telling units the variance rests on, as degrees of freedom.

    Notes
    -----
    Near zero and one few units make up the variance, and where those were not drawn it comes out too small: an area
    under the curve of 0.97 was then falsely accepted in up to 19 % of simulated runs with 20 positives, an equal error
    rate of 0.14 % in 46 % with 200 people. One degree of freedom is added that says value · (1 − value) / units, the
    variance of a share, and both fall to 5 % (``studies/ranks.py``). A variance is never lowered.

    >>> tempered(0.5, 0.01, 5, 3)
    0.02
    """
    if variance <= ROUNDING:
        return variance
    share = value * (1.0 - value) / max(units, 1.0)
    return max(variance, (freedom * variance + share) / (freedom + 1.0))


def freedom_of(influence: NDArray[np.float64]) -> float:
    """Return the degrees of freedom of a sum of squares.

    Notes
    -----
    F. E. Satterthwaite, Biometrics Bulletin 2 (1946): twice the square of a variance over the variance of it. Here the
    latter is taken from fourth powers, since influences are heavy-tailed: where one unit makes up the sum, it has two
    degrees, however many units there are.

    >>> import numpy as np
    >>> round(freedom_of(np.array([1.0, 0.0, 0.0, 0.0])), 2), freedom_of(np.array([1.0, -1.0]))
    (2.67, 1.0)
    """
    count = len(influence)
    squares = influence**2
    total = float(squares.sum())
    if count < 2 or total <= 0.0:
        return 1.0
    spread = float((squares**2).sum()) / total**2 - 1.0 / count
    return min(2.0 / spread, count - 1.0) if spread > 0.0 else count - 1.0


def judged(found: Bounds, folded: Folded, method: str) -> Bounds:
    """Return the bounds under their method's name, with what a reader should know of them.

    Besides the effective units, what the fold itself says by ``reservations() -> (flags, decisive)``, where it has one.
    """
    if not found.method.startswith("unseen"):
        found = found._replace(method=method)
    found = resting_on(found, fewest_units(folded))
    own = getattr(folded, "reservations", None)
    if own is not None:
        flags, may = own()
        found = found._replace(flags=(*found.flags, *flags), decisive=found.decisive and may)
    return found
