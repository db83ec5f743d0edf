"""How much a product's results vary when nothing but the repeat, or the session, is another."""

from __future__ import annotations

import math
from dataclasses import dataclass

from steelyard.bench.scoring import Scored
from steelyard.bench.trial import Basis
from steelyard.core.words import Words
from steelyard.stats.estimate import estimate
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.precision import precision


@dataclass(frozen=True)
class Spread:
    """A standard deviation with the upper of its one-sided bounds."""

    value: float
    upper: float | None


@dataclass(frozen=True)
class Repeatability:
    """What repeats and sessions show of one indicator (ISO 5725)."""

    requirement: str
    title: Words
    unit: str
    values: tuple[tuple[float, ...], ...]
    """Of each session, its repeats."""
    repeatability: Spread | None
    """s_r: repeats of one session; None without repeats."""
    intermediate: Spread | None
    """Single results of different sessions; None with one session."""
    limit: float | None
    """What two results of one session seldom differ by: 2.8 s_r."""
    flags: tuple[Words, ...]


def repeatability(basis: Basis, scored: Scored) -> tuple[Repeatability, ...]:
    """Return repeatability and intermediate precision of each requirement's indicator; nothing for a single round."""
    import numpy as np

    plan, reading = basis.plan, basis.readings[0]
    if plan.rounds == 1:
        return ()
    units = len(scored.codes[reading.cluster][1]) if reading.cluster else basis.test_set.card.samples
    found = []
    for requirement in reading.requirements:
        indicator = basis.methods[0].indicator(requirement.indicator)
        results = [
            estimate(
                indicator, [each.rows(indicator, reading.cluster)], units, plan.decision.confidence, checked=False
            ).value
            for each in scored.rounds
        ]
        values = np.array([result for result in results if result is not None])
        if len(values) < len(results):
            continue
        shown = precision(values, np.repeat(np.arange(plan.sessions), plan.repeats), plan.decision.confidence)
        found.append(
            Repeatability(
                requirement=requirement.name,
                title=indicator.title,
                unit=requirement.limit.unit,
                values=tuple(tuple(row) for row in values.reshape(plan.sessions, plan.repeats).tolist()),
                repeatability=_spread(shown.repeatability.value, shown.repeatability.bounds),
                intermediate=_spread(shown.intermediate.value, shown.intermediate.bounds),
                limit=shown.repeatability_limit,
                flags=shown.flags,
            )
        )
    return tuple(found)


def _spread(value: float | None, bounds: Bounds | None) -> Spread | None:
    if value is None:
        return None
    upper = None if bounds is None or not math.isfinite(bounds.upper) else bounds.upper
    return Spread(value, upper)
