"""How many wrong reference answers a verdict survives.

A verdict is as good as the answers that it is held against. The tipping point needs no model of how they err: it counts
how many would have to be wrong, all in the direction that matters, before the verdict is another one.
"""

from __future__ import annotations

from dataclasses import replace

from steelyard.core.method import Family, Indicator
from steelyard.core.specification import Requirement, Rule
from steelyard.core.verdict import Estimate, Tipping, Verdict
from steelyard.stats.decision import decide
from steelyard.stats.intervals.binomial import clopper_pearson


def tipping_point(
    indicator: Indicator,
    estimate: Estimate,
    requirement: Requirement,
    verdict: Verdict,
    rule: Rule = Rule.GUARDED,
    stated: float | None = None,
) -> Tipping | None:
    """Return the least number of wrong reference answers that would make the verdict another one.

    Parameters
    ----------
    indicator : Indicator
        For what counts as an event.
    estimate : Estimate
        What was found.
    requirement : Requirement
        What it was held against.
    verdict : Verdict
        What came of it.
    rule : Rule
        By which it was decided.
    stated : float, optional
        What the set's makers state as the greatest share of wrong reference answers.

    Returns
    -------
    Tipping or None
        None for what is settled neither way, for times, and where the value is no ratio of counts (a mean over scenes).

    Notes
    -----
    Exact bounds are found anew for the changed count; over clusters they keep their width on the log scale.
    """
    if verdict not in (Verdict.CONFORMS, Verdict.DOES_NOT_CONFORM) or not _is_ratio(indicator, estimate):
        return None
    limit, total = requirement.limit, round(estimate.opportunities)
    worse_with_more = limit.upper != indicator.fold.complement
    more = worse_with_more == (verdict is Verdict.CONFORMS)
    most = total - round(estimate.events) if more else round(estimate.events)
    sign = 1 if more else -1

    def flips(count: int) -> bool:
        changed = _with_events(indicator, estimate, round(estimate.events) + sign * count)
        return decide(changed, limit, requirement.kind, rule)[0] is not verdict

    if most < 1 or not flips(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if flips(middle) else (middle, high)
    return Tipping(high, total, indicator.opportunities, None if stated is None else stated * total)


def _is_ratio(indicator: Indicator, estimate: Estimate) -> bool:
    """Tell whether the value is one count over another: not a rank, not a mean of squares, not a mean over scenes."""
    if indicator.timed or indicator.family not in (Family.PROPORTION, Family.RATIO):
        return False
    if estimate.value is None or estimate.opportunities < 1.0:
        return False
    if not (estimate.events.is_integer() and estimate.opportunities.is_integer()):
        return False
    rate = estimate.events / estimate.opportunities
    return abs((1.0 - rate if indicator.fold.complement else rate) - estimate.value) < 1e-9


def _with_events(indicator: Indicator, estimate: Estimate, events: int) -> Estimate:
    """Return the estimate as it would be with so many events."""
    total, complement = estimate.opportunities, indicator.fold.complement
    rate = events / total
    value = 1.0 - rate if complement else rate
    if estimate.lower is None or estimate.upper is None:
        return replace(estimate, value=value, events=float(events))
    if estimate.method == "clopper-pearson/1":
        lower, upper = clopper_pearson(events, round(total), estimate.confidence)
    else:
        old = estimate.events / total
        ends = (1.0 - estimate.upper, 1.0 - estimate.lower) if complement else (estimate.lower, estimate.upper)
        if old > 0.0:
            lower, upper = (rate * end / old for end in ends)
        else:  # nothing to scale: what an unseen kind of cluster may hide comes on top
            lower, upper = 0.0, rate + ends[1]
    bounds = (1.0 - upper, 1.0 - lower) if complement else (lower, upper)
    return replace(estimate, value=value, lower=bounds[0], upper=bounds[1], events=float(events))
