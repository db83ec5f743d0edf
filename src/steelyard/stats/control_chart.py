"""Control charts: whether a value that should stay the same has stayed the same (ISO 7870-2, ISO 7870-6)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from steelyard.core.words import Words

LEAST_BASELINE, MOST_BASELINE = 8, 20
"""So many runs at least, and by default at most, tell where the limits lie."""
WIDTH = 3.0
"""Of the limits of a Shewhart chart, in standard deviations."""
MOVING_RANGE = 1.128
"""d₂ for two results: the mean moving range over the standard deviation of a normal one, 2/√π."""
EWMA_WEIGHT, EWMA_WIDTH = 0.2, 2.7
_STATES = 201


class Rule(Enum):
    """What is a signal: the tests of the Western Electric handbook (1956), and the weighted mean of ISO 7870-6."""

    BEYOND_LIMITS = "we1"
    TWO_OF_THREE = "we2"
    FOUR_OF_FIVE = "we3"
    EIGHT_IN_A_ROW = "we4"
    EWMA = "ewma"

    @property
    def words(self) -> Words:
        """The rule in both languages."""
        return _RULES[self]


_RULES = {
    Rule.BEYOND_LIMITS: Words("one point beyond three standard deviations", "一点超出三倍标准差"),
    Rule.TWO_OF_THREE: Words(
        "two of three points beyond two standard deviations on one side", "连续三点中有两点在同侧超出两倍标准差"
    ),
    Rule.FOUR_OF_FIVE: Words(
        "four of five points beyond one standard deviation on one side", "连续五点中有四点在同侧超出一倍标准差"
    ),
    Rule.EIGHT_IN_A_ROW: Words("eight points in a row on one side of the centre line", "连续八点位于中心线同侧"),
    Rule.EWMA: Words("the exponentially weighted mean is beyond its limits", "指数加权移动平均超出其界限"),
}
DEFAULT_RULES = (Rule.BEYOND_LIMITS, Rule.EWMA)
_ZONES = {Rule.BEYOND_LIMITS: (1, 1, WIDTH), Rule.TWO_OF_THREE: (2, 3, 2.0), Rule.FOUR_OF_FIVE: (4, 5, 1.0)}
_ZONES |= {Rule.EIGHT_IN_A_ROW: (8, 8, 0.0)}
"""Of a rule: how many of how many points lie further than so many standard deviations on one side."""


class Limits(NamedTuple):
    """Where values lie while nothing has changed."""

    centre: float
    deviation: float
    """Of one value; zero where all of the baseline are equal."""
    baseline: int
    """How many values they rest on."""

    @property
    def lower(self) -> float:
        """Three standard deviations below the centre line."""
        return self.centre - WIDTH * self.deviation

    @property
    def upper(self) -> float:
        """Three standard deviations above."""
        return self.centre + WIDTH * self.deviation


class Signal(NamedTuple):
    """A point at which a rule says that something has changed."""

    place: int
    rule: Rule


def limits_of_individuals(values: Sequence[float]) -> Limits:
    """Return the limits of a chart of single values, from their mean and their mean moving range.

    Notes
    -----
    ISO 7870-2; NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2. A moving range sees what varies
    from one run to the next, and hardly a drift, which therefore does not widen the limits that shall find it.

    Raises
    ------
    ValueError
        Of fewer than two values.

    Examples
    --------
    The flow rates of the e-Handbook, whose limits are 45.8159 and 55.8041 there (with a rounded 1.128):

    >>> found = limits_of_individuals([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])
    >>> round(found.centre, 2), round(found.lower, 3), round(found.upper, 3)
    (50.81, 45.816, 55.804)
    """
    if len(values) < 2:
        raise ValueError("limits need two values")
    ranges = [abs(after - before) for before, after in itertools.pairwise(values)]
    return Limits(math.fsum(values) / len(values), math.fsum(ranges) / len(ranges) / MOVING_RANGE, len(values))


def limits_of_bounds(values: Sequence[float], uncertainties: Sequence[float]) -> Limits:
    """Return the limits of values each of which rests on samples of its own, from the uncertainty that each states.

    For clustered estimates, of whose spread a binomial p-chart would know nothing: the centre is their mean, and the
    deviation the root mean square of their standard uncertainties.

    Examples
    --------
    >>> limits_of_bounds([0.10, 0.12], [0.03, 0.04])._replace(centre=0.11)
    Limits(centre=0.11, deviation=0.035355339059327376, baseline=2)
    """
    if not values or len(values) != len(uncertainties):
        raise ValueError("each value needs its uncertainty")
    square = math.fsum(each**2 for each in uncertainties) / len(uncertainties)
    return Limits(math.fsum(values) / len(values), math.sqrt(square), len(values))


def ewma(
    values: Sequence[float], limits: Limits, weight: float = EWMA_WEIGHT, width: float = EWMA_WIDTH
) -> tuple[tuple[float, float, float], ...]:
    """Return, at each value, the exponentially weighted mean with its lower and upper limit.

    Parameters
    ----------
    values : sequence of float
        In the order of time.
    limits : Limits
        Centre, from which it starts, and standard deviation of one value.
    weight : float
        λ in (0, 1]: of the newest value.
    width : float
        L: of the limits, in the mean's own standard deviations.

    Notes
    -----
    ISO 7870-6; J. Lucas, M. Saccucci, Technometrics 32 (1990) 1: limits at centre ± L σ √(λ/(2 − λ)·(1 − (1 −
    λ)^2i)), exact from the first value on.

    Examples
    --------
    The last of the e-Handbook's twenty values (6.3.2.4): 51.99, within its limits of 47.41 and 52.59.

    >>> values = [52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5]
    >>> values += [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    >>> [round(each, 2) for each in ewma(values, Limits(50.0, 2.0539, 0), 0.3, 3.0)[-1]]
    [51.99, 47.41, 52.59]
    """
    found, mean = [], limits.centre
    for number, value in enumerate(values, 1):
        mean = weight * value + (1.0 - weight) * mean
        share = weight / (2.0 - weight) * (1.0 - (1.0 - weight) ** (2 * number))
        reach = width * limits.deviation * math.sqrt(share)
        found.append((mean, limits.centre - reach, limits.centre + reach))
    return tuple(found)


def signals(values: Sequence[float], limits: Limits, rules: Sequence[Rule] = DEFAULT_RULES) -> tuple[Signal, ...]:
    """Return every signal by these rules, in the order of time; a point may give several.

    Where all values of the baseline were equal, any other value is beyond the limits; what differs by rounding alone,
    less than 10⁻¹² of the centre, is no signal.

    Examples
    --------
    >>> [signal.place for signal in signals([0.0, 1.0, 3.5, 0.0], Limits(0.0, 1.0, 8), [Rule.BEYOND_LIMITS])]
    [2]
    """
    rounding = 1e-12 * max(abs(limits.centre), *(abs(value) for value in values), 0.0) if values else 0.0
    found = []
    smoothed = ewma(values, limits)
    for place in range(len(values)):
        for rule in Rule:
            if rule not in rules:
                continue
            if rule is Rule.EWMA:
                mean, lower, upper = smoothed[place]
                said = not lower - rounding <= mean <= upper + rounding
            else:
                said = _zone(values, limits, place, rule, rounding)
            if said:
                found.append(Signal(place, rule))
    return tuple(found)


def _zone(values: Sequence[float], limits: Limits, place: int, rule: Rule, rounding: float) -> bool:
    """Tell whether so many of the last points, this one among them, lie beyond a zone on one side."""
    wanted, of, width = _ZONES[rule]
    last = values[max(0, place - of + 1) : place + 1]
    beyond = width * limits.deviation + rounding
    for sign in (1.0, -1.0):
        far = [sign * (value - limits.centre) > beyond for value in last]
        if far[-1] and sum(far) >= wanted:
            return True
    return False


def ewma_run_length(weight: float = EWMA_WEIGHT, width: float = EWMA_WIDTH, shift: float = 0.0) -> float:
    """Return after how many values, on average, the weighted mean gives a signal (with its limits of late).

    Parameters
    ----------
    weight, width : float
        λ and L.
    shift : float
        By how many standard deviations the values lie off the centre; 0: how rare a false alarm is.

    Notes
    -----
    Brook and Evans' Markov chain (Biometrika 59 (1972) 539) over 201 states between the limits. The published table
    of Lucas and Saccucci (1990) gives 500 for λ = 0.2, L = 2.962.

    Examples
    --------
    >>> round(ewma_run_length(0.2, 2.962)), round(ewma_run_length()), round(ewma_run_length(shift=1.0), 1)
    (500, 238, 8.8)
    """
    import numpy as np
    from scipy.special import ndtr

    reach = width * math.sqrt(weight / (2.0 - weight))
    half = reach / _STATES
    states = -reach + half * (2.0 * np.arange(_STATES) + 1.0)
    to = (states[None, :] - (1.0 - weight) * states[:, None]) / weight - shift
    chances = ndtr(to + half / weight) - ndtr(to - half / weight)
    lengths = np.linalg.solve(np.eye(_STATES) - chances, np.ones(_STATES))
    return float(lengths[_STATES // 2])
