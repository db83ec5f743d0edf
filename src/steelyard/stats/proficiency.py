"""What several laboratories found of one product: assigned value and scores (ISO 13528, ISO/IEC 17043)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from steelyard.core.words import Words

NEGLIGIBLE = 0.3
"""The assigned value is as good as exact while u(x_pt) ≤ 0.3 σ_pt (ISO 13528:2015, 9.2.1); else z′ is used, not z."""
COVERAGE = 2.0
"""k of expanded uncertainties, about 95 %."""
LEAST_TO_JUDGE = 5
"""Below so many results their own spread cannot tell who is off: of three no |z| passes 1.1, of four 1.4, whatever
they are, for a result that is far off widens s* as much."""
NO_SPREAD = 1e-9
"""s* is zero where it is less of the largest result: Algorithm A draws it there when nearly all results are equal."""
WINSORISED_AT, ITS_FACTOR, MEDIAN_FACTOR = 1.5, 1.134, 1.483
CONVERGED = 1e-12
MOST_STEPS = 1000


class Standing(Enum):
    """What a score says of a laboratory (ISO/IEC 17043:2010, B.4.1.1)."""

    SATISFACTORY = "satisfactory"
    QUESTIONABLE = "questionable"
    UNSATISFACTORY = "unsatisfactory"
    UNKNOWN = "unknown"

    @property
    def words(self) -> Words:
        """The standing in both languages."""
        return Words("not evaluated" if self is Standing.UNKNOWN else self.value, _CHINESE[self])


_CHINESE = {
    Standing.SATISFACTORY: "满意",
    Standing.QUESTIONABLE: "有问题",
    Standing.UNSATISFACTORY: "不满意",
    Standing.UNKNOWN: "未评定",
}


class Robust(NamedTuple):
    """A robust mean and standard deviation of several results."""

    mean: float
    deviation: float
    """s*"""
    uncertainty: float
    """u(x_pt) = 1.25 s*/√p"""
    steps: int


def algorithm_a(results: Sequence[float]) -> Robust:
    """Return the robust mean and standard deviation of results.

    Parameters
    ----------
    results : sequence of float
        Of p ≥ 2 laboratories, finite.

    Raises
    ------
    ValueError
        Of fewer than two.

    Notes
    -----
    ISO 13528:2015, C.3.1 (Algorithm A): from the median and 1.483 times the median absolute deviation, results further
    than 1.5 s* from the mean are drawn in to there, mean and 1.134 times the standard deviation are found anew, until
    neither moves. Where more than half of the results are equal, the median absolute deviation is zero, and the
    standard deviation takes its place. u(x_pt) after 7.7.3.

    Examples
    --------
    Seven results, one far off (the mean is 5.79, the standard deviation 1.93):

    >>> found = algorithm_a([4.5, 4.9, 5.6, 4.2, 6.2, 5.2, 9.9])
    >>> round(found.mean, 2), round(found.deviation, 2)
    (5.39, 1.15)
    """
    import numpy as np

    values = np.sort(np.asarray(results, dtype=np.float64))
    if len(values) < 2:
        raise ValueError("a robust mean needs two results")
    mean = float(np.median(values))
    deviation = MEDIAN_FACTOR * float(np.median(np.abs(values - mean))) or float(values.std(ddof=1))
    steps, moves = 0, True
    while moves and steps < MOST_STEPS:
        steps += 1
        drawn = np.clip(values, mean - WINSORISED_AT * deviation, mean + WINSORISED_AT * deviation)
        before = mean, deviation
        mean, deviation = float(drawn.mean()), ITS_FACTOR * float(drawn.std(ddof=1))
        moves = max(abs(mean - before[0]), abs(deviation - before[1])) > CONVERGED * max(deviation, abs(mean))
    return Robust(mean, deviation, 1.25 * deviation / math.sqrt(len(values)), steps)


class Spread(Enum):
    """Whether the robust deviation of results can take the place of a stated σ_pt."""

    USABLE = "usable"
    TOO_FEW = "too few"
    NONE = "none"


def spread_of(results: Sequence[float], robust: Robust) -> Spread:
    """Return whether results may be scored by their own spread.

    Notes
    -----
    Of three results no |z| passes 1.1, of four 1.4: were they scored, none could ever be other than satisfactory. Where
    nearly all are equal s* goes to zero, and any difference at all would be unsatisfactory. Both tell nothing, and ask
    for a σ_pt that says what is fit for the purpose (ISO 13528:2015, 8.1).

    Examples
    --------
    >>> for some in ([0.1, 0.1, 0.9], [0.1, 0.1, 0.1, 0.1, 0.101], [0.1, 0.12, 0.11, 0.09, 0.3]):
    ...     print(spread_of(some, algorithm_a(some)).value)
    too few
    none
    usable
    """
    if len(results) < LEAST_TO_JUDGE:
        return Spread.TOO_FEW
    return Spread.USABLE if robust.deviation > NO_SPREAD * max(map(abs, results)) else Spread.NONE


def z_score(result: float, assigned: float, deviation: float) -> float | None:
    """Return z = (x − x_pt)/σ_pt (ISO 13528:2015, 9.4); None where σ_pt is zero and the results differ.

    Examples
    --------
    >>> z_score(10.6, 10.0, 0.2)
    2.9999999999999982
    """
    return _over(result - assigned, deviation)


def z_prime(result: float, assigned: float, deviation: float, uncertainty: float) -> float | None:
    """Return z′ = (x − x_pt)/√(σ_pt² + u²(x_pt)) (ISO 13528:2015, 9.5).

    Examples
    --------
    >>> z_prime(15.0, 10.0, 3.0, 4.0)
    1.0
    """
    return _over(result - assigned, math.hypot(deviation, uncertainty))


def zeta(result: float, assigned: float, uncertainty: float, assigned_uncertainty: float) -> float | None:
    """Return ζ = (x − x_pt)/√(u²(x) + u²(x_pt)), both standard uncertainties (ISO 13528:2015, 9.6).

    Examples
    --------
    >>> zeta(15.0, 10.0, 1.5, 2.0)
    2.0
    """
    return _over(result - assigned, math.hypot(uncertainty, assigned_uncertainty))


def normalised_error(result: float, assigned: float, expanded: float, assigned_expanded: float) -> float | None:
    """Return E_n = (x − x_pt)/√(U²(x) + U²(x_pt)), both expanded uncertainties (ISO 13528:2015, 9.7).

    Examples
    --------
    >>> normalised_error(15.0, 10.0, 3.0, 4.0)
    1.0
    """
    return _over(result - assigned, math.hypot(expanded, assigned_expanded))


def _over(difference: float, scale: float) -> float | None:
    """Return a difference over a scale: equal results score zero, whatever the scale; None stands for infinity."""
    if difference == 0.0:
        return 0.0
    return difference / scale if scale > 0.0 else None


def standing_of_z(score: float | None) -> Standing:
    """Return what a z, z′ or ζ score says: up to 2 satisfactory, below 3 questionable, else unsatisfactory.

    None is a difference over a scale of zero, and as far off as can be.

    Examples
    --------
    >>> [standing_of_z(score).value for score in (-2.0, 2.5, 3.0, None)]
    ['satisfactory', 'questionable', 'unsatisfactory', 'unsatisfactory']
    """
    if score is None or not abs(score) < 3.0:
        return Standing.UNSATISFACTORY
    return Standing.SATISFACTORY if abs(score) <= 2.0 else Standing.QUESTIONABLE


def standing_of_normalised_error(score: float | None) -> Standing:
    """Return what an E_n score says: up to 1 satisfactory, else unsatisfactory.

    Examples
    --------
    >>> standing_of_normalised_error(-1.0).value, standing_of_normalised_error(1.01).value
    ('satisfactory', 'unsatisfactory')
    """
    return Standing.SATISFACTORY if score is not None and abs(score) <= 1.0 else Standing.UNSATISFACTORY
