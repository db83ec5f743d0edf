"""The size of a new run that would settle an undetermined requirement.

A fixed plan is never extended: samples that are added because a verdict was wanted make false verdicts more likely.
The advice is always a *new* run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from steelyard.core.method import Family, Indicator
from steelyard.core.specification import Limit
from steelyard.core.verdict import Estimate, NewRun
from steelyard.core.words import Words
from steelyard.stats.intervals.binomial import rows_to_settle, rows_without_event
from steelyard.stats.intervals.bounds import TOO_FEW_UNITS
from steelyard.stats.planning import MOST_CLUSTERS, SAMPLES, clusters_to_settle

POWER = 0.8


def new_run(indicator: Indicator, estimate: Estimate, limit: Limit, clusters: Words, requirements: int = 1) -> NewRun:
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
        Plural of the clusters' name, used where bounds are over clusters; `SAMPLES` where each sample is one.
    requirements : int
        How many requirements are judged at once. To hold, each is shown at the confidence of the plan; to fail, one of
        m is shown with the chance of error divided by m, the first step of Holm's procedure.

    Returns
    -------
    NewRun
        Without a size where none settles it, and where this run is too small to tell.
    """
    if estimate.value is None:
        return _too_small(estimate, limit, clusters)
    if estimate.value == limit.value:
        return _nothing_settles(indicator, limit)
    advice = _Advice(indicator, estimate, limit, _counted(indicator, clusters), requirements)
    if indicator.family not in (Family.PROPORTION, Family.RATIO):
        return advice.of_units()
    # Bounds are found for the events; an accuracy's limit is one minus the limit of its errors.
    rate, edge = estimate.value, limit.value
    if indicator.fold.complement:
        rate, edge = 1.0 - rate, 1.0 - edge
    if estimate.method == "clopper-pearson/1":
        return advice.of_rows(rate, edge)
    return advice.of_clusters(rate, edge)


def _counted(indicator: Indicator, clusters: Words) -> Words:
    """Return the name of the units that count: of patients, perhaps only those with the disease."""
    of = indicator.opportunities
    if indicator.family is not Family.PROPORTION:
        return clusters
    if clusters == SAMPLES or clusters.en in of.en:
        return of
    return Words(f"{clusters.en} with {of.en}", f"有{of.zh}的{clusters.zh}")


def _nothing_settles(indicator: Indicator, limit: Limit) -> NewRun:
    return NewRun(
        None,
        Words(
            f"No size of a new run settles whether {indicator.title.en} {limit.text}.",
            f"多大的新检测都不能判定{indicator.title.zh} {limit.text}。",
        ),
    )


def _too_many(limit: Limit, counted: Words) -> NewRun:
    return NewRun(
        None,
        Words(
            f"It looks to be so near the limit that no new run of up to {MOST_CLUSTERS:,} {counted.en} settles "
            f"{limit.text}.",
            f"目前所见过于接近限值：{MOST_CLUSTERS:,} 个{counted.zh}以内的新检测都不能判定是否 {limit.text}。",
        ),
    )


def _too_small(estimate: Estimate, limit: Limit, counted: Words) -> NewRun:
    least = TOO_FEW_UNITS
    return NewRun(
        None,
        Words(
            f"This run ({counted.en}: {estimate.units:,}) is too small to say how many settle {limit.text}; "
            f"fewer than {least} never do.",
            f"本次检测（{counted.zh}：{estimate.units:,}）太小，无法估算需要多少才能判定是否 {limit.text}；"
            f"少于 {least} 则必不能判定。",
        ),
    )


@dataclass(frozen=True)
class _Advice:
    """What is known when a new run is advised."""

    indicator: Indicator
    estimate: Estimate
    limit: Limit
    counted: Words
    requirements: int

    @property
    def good(self) -> bool:
        """Whether the product looks as if it conforms."""
        return self.estimate.value is not None and self.limit.holds(self.estimate.value)

    @property
    def level(self) -> float:
        """The confidence at which the new run must show what it is expected to show."""
        confidence = self.estimate.confidence
        return confidence if self.good else 1.0 - (1.0 - confidence) / self.requirements

    def of_rows(self, rate: float, edge: float) -> NewRun:
        """Return how many independent rows settle it."""
        indicator, estimate, limit = self.indicator, self.estimate, self.limit
        events, n = round(estimate.events), round(estimate.opportunities)
        zh = indicator.opportunities.zh
        seen_en = f"{events} {(indicator.event if events == 1 else indicator.events).en} of {n}"
        counter = f" {indicator.counter}" if indicator.counter else " "
        seen_zh = f"{n:,}{counter}{zh}中有 {events:,} 例{indicator.events.zh}"
        if estimate.units < n:  # each was asked several times
            seen_en += f" answers, of {estimate.units:,} {indicator.opportunities.en},"
            seen_zh = f"{estimate.units:,}{counter}{zh}的 {n:,} 个答案中有 {events:,} 例{indicator.events.zh}"
        if not 0.0 < edge < 1.0:
            return _nothing_settles(indicator, limit)
        bounded_above = limit.upper != indicator.fold.complement
        if events == 0 and bounded_above:
            size = rows_without_event(edge, estimate.confidence)
            many_en, many_zh = _many(size, indicator.opportunities), f"{size:,}{counter}{zh}"
            return NewRun(
                size,
                Words(
                    f"{seen_en} cannot show {limit.text}: {many_en} and no {indicator.event.en} would.",
                    f"{seen_zh}，不足以证明 {limit.text}：需 {many_zh}且无{indicator.events.zh}。",
                ),
            )
        found = rows_to_settle(rate, edge, self.level, POWER)
        if found is None:
            return _nothing_settles(indicator, limit)
        return self._settled_by(
            found, Words(_many(found, indicator.opportunities), f"{found:,}{counter}{zh}"), Words(seen_en, seen_zh)
        )

    def of_clusters(self, rate: float, edge: float) -> NewRun:
        """Return how many clusters settle it."""
        estimate = self.estimate
        if edge <= 0.0:
            return _nothing_settles(self.indicator, self.limit)
        if estimate.lower is None or estimate.method == "one-cluster/1":  # nothing tells how clusters differ
            return _too_small(estimate, self.limit, self.counted)
        size = self._clusters(rate, edge)
        if size is None:
            return _too_many(self.limit, self.counted)
        return self._settled_by(size, self._like_these(size), self._seen())

    def _clusters(self, rate: float, edge: float) -> int | None:
        """Return the least number of clusters whose bounds exclude the limit with probability ``POWER``."""
        estimate = self.estimate
        if estimate.log_error is None:  # no spread to go by: what an unseen kind of cluster may hide decides
            room = 1.0 - min(rate, edge) / max(rate, edge)
            if rate < edge and rate < 1.0:
                room = min(room, (edge - rate) / (1.0 - rate))
            if not room < 1.0:  # a rate of zero against a limit of one or more: whatever decides at all
                return TOO_FEW_UNITS
            return max(rows_without_event(room, self.level), TOO_FEW_UNITS)
        # What a single cluster's logarithm would vary by, as far as this run shows.
        single = estimate.log_error * math.sqrt(estimate.units)
        return clusters_to_settle(rate, edge, self.level, POWER, single)

    def of_units(self) -> NewRun:
        """Return the size by the rule that bounds draw nearer with the square root of the number of units."""
        from scipy.special import ndtri

        estimate, limit = self.estimate, self.limit
        assert estimate.value is not None
        bound = estimate.upper if estimate.value < limit.value else estimate.lower
        if bound is None or not math.isfinite(bound):
            return _too_small(estimate, limit, self.counted)
        reach = float((ndtri(self.level) + ndtri(POWER)) / ndtri(estimate.confidence))
        apart = abs(bound - estimate.value) / abs(estimate.value - limit.value)
        size = max(math.ceil(estimate.units * (reach * apart) ** 2), TOO_FEW_UNITS)
        if size > MOST_CLUSTERS:
            return _too_many(limit, self.counted)
        many = self._like_these(size)
        return self._settled_by(size, Words(f"about {many.en}", f"约 {many.zh}"), self._seen())

    def _like_these(self, size: int) -> Words:
        return Words(f"{size:,} {self.counted.en} like these", f"{size:,} 个同类{self.counted.zh}")

    def _seen(self) -> Words:
        units = self.estimate.units
        return Words(f"{units:,} {self.counted.en}", f"{units:,} 个{self.counted.zh}")

    def _settled_by(self, size: int, many: Words, seen: Words) -> NewRun:
        """Return the advice; which way it would settle is said, since it follows how the product now looks."""
        way = Words("that it conforms", "合格") if self.good else Words("that it does not conform", "不合格")
        text = self.limit.text
        return NewRun(
            size,
            Words(
                f"{seen.en} cannot settle {text}: if the product is as good as it now looks, a new run of {many.en} "
                f"shows {way.en}, with {POWER * 100:.0f} % probability.",
                f"{seen.zh}，尚不能判定是否 {text}：若产品真如目前所见，"
                f"{many.zh}的新检测有 {POWER * 100:.0f} % 的把握证明{way.zh}。",
            ),
        )


def _many(size: int, counted: Words) -> str:
    return f"{size:,} {counted.en}" if size != 1 else "a single sample"
