"""Controls and planted errors: whether a method finds what is known to be there, and from how much on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.bench.validation.ground import CONFIDENCE, Ground, better
from steelyard.bench.validation.planting import Planted, Planter, chances
from steelyard.core.method import Direction, Family, Indicator
from steelyard.core.verdict import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATES = (0.0, 0.01, 0.05, 0.1, 0.2)
"""Of planted errors."""
EXACT = 1e-12
"""What is counted twice differs by rounding alone."""
LIMITS = (0.01, 0.05, 0.1)
"""For which the number of samples without an error is told."""


@dataclass(frozen=True)
class Control:
    """What a product whose verdict is known came to."""

    product: str
    values: Mapping[str, float | None]
    as_it_must: bool
    """The oracle: at the best end of every range, with a value wherever another product has one; others: nowhere better
    than it, and nowhere worse than silence."""


@dataclass(frozen=True)
class Trueness:
    """What came of errors planted at one rate, for one indicator."""

    indicator: str
    rate: float
    counted: float
    """Of the first planting, as counted by the one who planted."""
    recovered: float
    """Of the first planting, as the method found it."""
    largest_difference: float
    """Between the two, over all plantings; infinite where the method found no value at all of one of them."""
    bias: float
    """Mean of what was found less what was counted, over all plantings."""
    bias_lower: float | None
    """Of its 95 % interval, by Student's t; None of a single planting."""
    bias_upper: float | None
    nominal: float
    """What planting at this rate gives on average: plantings vary around it by luck, and bounds must hold it."""
    mean: float
    """Of what was found."""
    plantings: int
    bounded: int
    """Plantings with two bounds."""
    above_upper: int
    """Of these, how often nominal lay above the upper 95 % bound: one in twenty is what it allows."""
    below_lower: int

    @property
    def recovers(self) -> bool:
        """Whether the method finds what was planted, every time."""
        return self.largest_difference <= EXACT


@dataclass(frozen=True)
class Detection:
    """What a set can show by one indicator at best."""

    indicator: str
    best: float | None
    """Unfavourable bound of the oracle: no stricter target can be shown with this set."""
    without_error: Mapping[str, int]
    """Independent samples that show a share of errors below a limit if none is wrong; empty where it is no share."""
    detected_from: float | None
    """The least planted rate that was told from none in 95 % of plantings; None: none of them."""


class Planting(NamedTuple):
    """Errors that were planted once, and what the method found."""

    planted: Planted
    found: dict[str, Estimate]


def controls(ground: Ground, seed: int) -> tuple[Control, ...]:
    """Return what an oracle, a constant, a random and a silent product come to."""
    best = ground.oracle()
    order = shuffled(len(best), seed)
    answers: dict[str, list[Any]] = {
        "oracle": best,
        "constant": [best[0]] * len(best),
        "random": [best[place] for place in order],
    }
    no_answer = ground.method.no_answer
    if no_answer is not None:
        answers["silent"] = [no_answer(ground.sample(place)) for place in range(len(best))]
    values = {
        product: {name: found.value for name, found in ground.estimates(outputs).items()}
        for product, outputs in answers.items()
    }
    made = []
    for product, own in values.items():
        right = True
        for indicator in ground.method.indicators:
            top, value = values["oracle"][indicator.name], own[indicator.name]
            low, high = indicator.range
            end = high if indicator.direction is Direction.HIGHER else low
            if product == "oracle":
                right &= _at_the_end(value, end, [other[indicator.name] for other in values.values()])
            else:
                right &= not better(indicator, value, top)
            if "silent" in values:
                right &= not better(indicator, values["silent"][indicator.name], value)
        if product == "oracle":
            right &= any(value is not None for value in own.values())
        made.append(Control(product, own, right))
    return tuple(made)


def _at_the_end(value: float | None, end: float, all_values: Sequence[float | None]) -> bool:
    """Tell whether an oracle's value is the best; it may be missing only where the set has no data for anybody."""
    if value is None:
        return all(other is None for other in all_values)
    return abs(value - end) <= EXACT


def shuffled(count: int, seed: int) -> NDArray[np.int64]:
    """Return an order of so many places, the same on any machine."""
    import numpy as np

    return np.argsort(chances(count, seed, "order"), kind="stable")


def plant(ground: Ground, planter: Planter, seed: int, plantings: int) -> dict[float, list[Planting]]:
    """Plant errors at each rate, again and again with another seed; none are planted once."""
    made: dict[float, list[Planting]] = {}
    for rate in RATES:
        each = []
        for number in range(plantings if rate > 0.0 else 1):
            planted = planter(ground.references, rate, seed + number)
            each.append(Planting(planted, ground.estimates(planted.outputs)))
        made[rate] = each
    return made


def trueness(ground: Ground, made: Mapping[float, Sequence[Planting]]) -> tuple[Trueness, ...]:
    """Return what was recovered of what was planted, for each indicator and rate."""
    return tuple(
        _cell(indicator.name, rate, plantings)
        for indicator in ground.method.indicators
        for rate, plantings in made.items()
        if indicator.name in plantings[0].planted.counted
    )


def _cell(name: str, rate: float, plantings: Sequence[Planting]) -> Trueness:
    counted = [each.planted.counted.get(name, math.nan) for each in plantings]
    found = [each.found[name] for each in plantings]
    values = [math.nan if one.value is None else one.value for one in found]
    nominal = [each.planted.nominal.get(name, math.nan) for each in plantings]
    differences = [value - wanted for value, wanted in zip(values, counted, strict=True)]
    bias = math.fsum(differences) / len(differences)
    reach = _reach(differences, bias)
    bounded = [(one, wanted) for one, wanted in zip(found, nominal, strict=True) if one.lower is not None]
    return Trueness(
        indicator=name,
        rate=rate,
        counted=counted[0],
        recovered=values[0],
        largest_difference=max(abs(each) if math.isfinite(each) else math.inf for each in differences),
        bias=bias,
        bias_lower=None if reach is None else bias - reach,
        bias_upper=None if reach is None else bias + reach,
        nominal=nominal[0],
        mean=math.fsum(values) / len(values),
        plantings=len(plantings),
        bounded=len(bounded),
        above_upper=sum(one.upper is not None and wanted > one.upper + EXACT for one, wanted in bounded),
        below_lower=sum(one.lower is not None and wanted < one.lower - EXACT for one, wanted in bounded),
    )


def _reach(differences: Sequence[float], bias: float) -> float | None:
    """Return half the width of the bias's interval; None of a single difference."""
    from scipy.special import stdtrit

    count = len(differences)
    if count < 2:
        return None
    deviation = math.sqrt(math.fsum((each - bias) ** 2 for each in differences) / (count - 1))
    return float(stdtrit(count - 1, (1.0 + CONFIDENCE) / 2.0)) * deviation / math.sqrt(count)


def detection(ground: Ground, made: Mapping[float, Sequence[Planting]]) -> tuple[Detection, ...]:
    """Return what the set can show by each indicator."""
    best = ground.estimates(ground.oracle())
    return tuple(_shown(indicator, best[indicator.name], made) for indicator in ground.method.indicators)


def _shown(indicator: Indicator, best: Estimate, made: Mapping[float, Sequence[Planting]]) -> Detection:
    from steelyard.stats.intervals.binomial import rows_without_event

    higher = indicator.direction is Direction.HIGHER
    told = None
    for rate, plantings in made.items():
        if rate == 0.0 or indicator.name not in plantings[0].planted.counted:
            continue
        times = sum(_told(each.found[indicator.name], best.value, higher=higher) for each in plantings)
        if told is None and times >= CONFIDENCE * len(plantings):
            told = rate
    share = indicator.family is Family.PROPORTION
    return Detection(
        indicator=indicator.name,
        best=best.lower if higher else best.upper,
        without_error={f"{limit:g}": rows_without_event(limit, CONFIDENCE) for limit in LIMITS} if share else {},
        detected_from=told,
    )


def _told(found: Estimate, best: float | None, *, higher: bool) -> bool:
    """Tell whether even the favourable bound is off the best value."""
    favourable = found.upper if higher else found.lower
    if favourable is None or best is None:
        return False
    return favourable < best - EXACT if higher else favourable > best + EXACT
