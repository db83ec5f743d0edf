"""The size of a new run that would settle an undetermined requirement.

A fixed plan is never extended: samples that are added because a verdict was wanted make false verdicts more likely.
The advice is always a *new* run.
"""

from __future__ import annotations

import math

from steelyard.core.method import Family, Indicator
from steelyard.core.specification import Limit
from steelyard.core.verdict import Estimate, NewRun
from steelyard.core.words import Words
from steelyard.stats.intervals.binomial import rows_to_settle, rows_without_event
from steelyard.stats.intervals.bounds import TOO_FEW_UNITS
from steelyard.stats.planning import MOST_CLUSTERS, clusters_to_settle

POWER = 0.8


def new_run(indicator: Indicator, estimate: Estimate, limit: Limit, clusters: Words) -> NewRun:
    """Return the size of a new run that settles the requirement with 80 % probability.

    Parameters
    ----------
    indicator : Indicator
        For what is counted.
    estimate : Estimate
        What this run found; the product is taken to be as good as it now looks.
    limit : Limit
        What it is held against.
    clusters : Words
        Plural of the clusters' name, used where bounds are over clusters.
    """
    if estimate.value is None or estimate.value == limit.value:
        return _nothing_settles(indicator, limit)
    if indicator.family not in (Family.PROPORTION, Family.RATIO):
        return _new_units(indicator, estimate, limit, clusters)
    # Bounds are found for the events; an accuracy's limit is one minus the limit of its errors.
    rate, edge = estimate.value, limit.value
    if indicator.fold.complement:
        rate, edge = 1.0 - rate, 1.0 - edge
    if estimate.method == "clopper-pearson/1":
        return _new_rows(indicator, estimate, limit, rate, edge)
    return _new_clusters(indicator, estimate, limit, rate, edge, clusters)


def _nothing_settles(indicator: Indicator, limit: Limit) -> NewRun:
    return NewRun(
        None,
        Words(
            f"No size of a new run settles whether {indicator.title.en} {limit.text}.",
            f"多大的新检测都不能判定{indicator.title.zh} {limit.text}。",
        ),
    )


def _new_rows(indicator: Indicator, estimate: Estimate, limit: Limit, rate: float, edge: float) -> NewRun:
    events, n = round(estimate.events), round(estimate.opportunities)
    en, zh = indicator.opportunities.en, indicator.opportunities.zh
    seen_en = f"{events} {(indicator.event if events == 1 else indicator.events).en} of {n}"
    counter = f" {indicator.counter}" if indicator.counter else " "
    seen_zh = f"{n:,}{counter}{zh}中有 {events:,} 例{indicator.events.zh}"
    if not 0.0 < edge < 1.0:
        return _nothing_settles(indicator, limit)
    bounded_above = limit.upper != indicator.fold.complement
    if events == 0 and bounded_above:
        size = rows_without_event(edge, estimate.confidence)
        return NewRun(
            size,
            Words(
                f"{seen_en} cannot show {limit.text}: {size:,} {en} and no {indicator.event.en} would.",
                f"{seen_zh}，不足以证明 {limit.text}：需 {size:,}{counter}{zh}且无{indicator.events.zh}。",
            ),
        )
    found = rows_to_settle(rate, edge, estimate.confidence, POWER)
    if found is None:
        return _nothing_settles(indicator, limit)
    return _settled_by(f"{found:,} {en}", f"{found:,}{counter}{zh}", found, seen_en, seen_zh, estimate, limit)


def _settled_by(
    size_en: str, size_zh: str, size: int, seen_en: str, seen_zh: str, estimate: Estimate, limit: Limit
) -> NewRun:
    """Return the advice; which way it would settle is said, since it follows how the product now looks."""
    assert estimate.value is not None
    good = limit.holds(estimate.value)
    way_en, way_zh = ("that it conforms", "合格") if good else ("that it does not conform", "不合格")
    return NewRun(
        size,
        Words(
            f"{seen_en} cannot settle {limit.text}: if the product is as good as it now looks, a new run of {size_en} "
            f"shows {way_en}, with {POWER * 100:.0f} % probability.",
            f"{seen_zh}，尚不能判定是否 {limit.text}：若产品真如目前所见，"
            f"{size_zh}的新检测有 {POWER * 100:.0f} % 的把握证明{way_zh}。",
        ),
    )


def _new_clusters(
    indicator: Indicator, estimate: Estimate, limit: Limit, rate: float, edge: float, clusters: Words
) -> NewRun:
    size = _clusters_to_settle(estimate, rate, edge)
    if size is None:
        return _nothing_settles(indicator, limit)
    return _settled_by(
        f"{size:,} {clusters.en} like these",
        f"{size:,} 个同类{clusters.zh}",
        size,
        f"{estimate.units} {clusters.en}",
        f"{estimate.units} 个{clusters.zh}",
        estimate,
        limit,
    )


def _new_units(indicator: Indicator, estimate: Estimate, limit: Limit, clusters: Words) -> NewRun:
    """Return the size by the rule that bounds draw nearer with the square root of the number of units."""
    from scipy.special import ndtri

    assert estimate.value is not None
    bound = estimate.upper if estimate.value < limit.value else estimate.lower
    if bound is None or not math.isfinite(bound):
        return _nothing_settles(indicator, limit)
    reach = 1.0 + float(ndtri(POWER) / ndtri(estimate.confidence))
    size = math.ceil(estimate.units * (reach * abs(bound - estimate.value) / abs(estimate.value - limit.value)) ** 2)
    if size > MOST_CLUSTERS:
        return _nothing_settles(indicator, limit)
    size = max(size, TOO_FEW_UNITS)
    return _settled_by(
        f"about {size:,} {clusters.en} like these",
        f"约 {size:,} 个同类{clusters.zh}",
        size,
        f"{estimate.units:,} {clusters.en}",
        f"{estimate.units:,} 个{clusters.zh}",
        estimate,
        limit,
    )


def _clusters_to_settle(estimate: Estimate, rate: float, edge: float) -> int | None:
    """Return the least number of clusters whose bounds exclude the limit with probability ``POWER``."""
    if edge <= 0.0:
        return None
    if estimate.method == "one-cluster/1":
        return None
    if estimate.log_error is None:  # no spread to go by: what an unseen kind of cluster may hide decides
        room = (edge - rate) / (1.0 - rate) if rate < edge else 1.0 - edge / rate
        if not 0.0 < room < 1.0:
            return None
        return max(rows_without_event(room, estimate.confidence), TOO_FEW_UNITS)
    # What a single cluster's logarithm would vary by, as far as this run shows.
    single = estimate.log_error * math.sqrt(estimate.units)
    return clusters_to_settle(rate, edge, estimate.confidence, POWER, single)
