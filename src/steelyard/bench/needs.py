"""What each requirement of a reading needs, before there is a product: rows, or clusters of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from steelyard.core.card import Card
from steelyard.core.errors import CallError, UnknownName
from steelyard.core.method import Family, Indicator, Method
from steelyard.core.specification import Decision, Kind, Reading, Requirement, Rule
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.stats.intervals.betting import Settled
from steelyard.stats.intervals.binomial import rows_without_event
from steelyard.stats.intervals.bounds import TOO_FEW_UNITS
from steelyard.stats.planning import (
    SAMPLES,
    Size,
    clusters_to_settle,
    joint,
    rows_without_event_in_sequence,
    size_of_rows,
    spread_of_shares,
)
from steelyard.stats.sequential import conforming_side, edge

POWER = 0.8
VARIATION = 0.5
"""Assumed between clusters, standard deviation over mean: the 20 speakers of AISHELL-1 vary by 0.29, others by more."""


@dataclass(frozen=True)
class Need:
    """What one requirement needs."""

    requirement: Requirement
    title: Words
    expected: float
    """The indicator, as the product is expected to have it."""
    assumed: bool
    """Whether nobody said what is expected: half of the events that the limit allows."""
    counted: Words
    """What must be gathered: "patients with the disease", "speakers"."""
    event: Words
    alone: Size
    """For this requirement by itself."""
    together: Size
    """For all requirements of the reading, in every group, at once."""
    because: Words | None = None
    """Why no size is given."""
    per_cluster: float | None = None
    """Rows that each cluster is taken to give, where sizes are of clusters of yes/no rows."""
    independent: int | None = None
    """Of such: how many rows would do, were rows of one cluster no more alike than others."""
    one_each: bool = False
    """Whether each cluster is taken to give one row, though nobody said so."""
    varied: bool = False
    """Whether the sizes rest on the variation between clusters."""
    in_sequence: int | None = None
    """After how many without an event a sequential plan could first stop."""


@dataclass(frozen=True)
class Needs:
    """What a reading needs."""

    reading: Reading
    power: float
    decision: Decision
    requirements: int
    """How many must hold at once, each group by itself."""
    variation: float
    each: tuple[Need, ...]
    named: Mapping[str, Words] = field(default_factory=dict)
    """Of the columns that the reading names: what readers call them, units in the plural."""

    @property
    def naive(self) -> float:
        """The power of all at once where each has ``power`` by itself."""
        return self.power**self.requirements

    @property
    def over_clusters(self) -> bool:
        """Whether a size rests on the assumed variation between clusters."""
        return any(need.varied for need in self.each)


def needs(
    reading: Reading,
    method: Method,
    *,
    expected: Mapping[str, float],
    decision: Decision,
    power: float = POWER,
    variation: float | None = None,
    per_cluster: Mapping[str, float] | None = None,
    groups: int = 1,
    card: Card | None = None,
) -> Needs:
    """Return what each requirement of a reading needs.

    Parameters
    ----------
    reading : Reading
        How the clause is read.
    method : Method
        Its method.
    expected : mapping of str to float
        What the product is expected to have, by requirement or indicator; half of the allowed events where none is
        given.
    decision : Decision
        How bounds become verdicts.
    power : float
        Wanted probability that the run settles the requirement, and the clause.
    variation : float, optional
        Coefficient of variation between clusters; where there are none, of single samples.
    per_cluster : mapping of str to float, optional
        How many yes/no rows a cluster gives, by requirement; where nobody says, one.
    groups : int
        Of a reading that each group must hold by itself: how many there are.
    card : Card, optional
        Of a set, for the names of its units.

    Raises
    ------
    CallError
        Where a number is none that can be expected.
    UnknownName
        Where something is expected of a requirement that there is not.
    """
    gives = per_cluster or {}
    _check(power, variation, groups, gives)
    known = {name for requirement in reading.requirements for name in (requirement.name, requirement.indicator)}
    for name in expected:
        if name not in known:
            raise UnknownName(
                Words(f"requirement of the reading {reading.name}", f"解读 {reading.name} 的要求"), name, sorted(known)
            )
    sampled = [requirement for requirement in reading.requirements if requirement.kind is Kind.SAMPLE]
    count = max(len(sampled), 1) * (groups if reading.every else 1)
    named = _names(reading, card)
    planner = _Planner(
        reading=reading,
        decision=decision,
        powers=(power, joint(power, count)),
        requirements=count,
        variation=variation,
        clusters=SAMPLES if reading.cluster is None else named[reading.cluster],
    )
    found = tuple(
        planner.need(
            requirement,
            method.indicator(requirement.indicator),
            expected.get(requirement.name, expected.get(requirement.indicator)),
            gives.get(requirement.name),
        )
        for requirement in reading.requirements
    )
    return Needs(reading, power, decision, count, variation or VARIATION, found, named)


def _check(power: float, variation: float | None, groups: int, gives: Mapping[str, float]) -> None:
    if not 0.5 <= power < 1.0:
        raise CallError(Words(f"power {power:g}: it must lie in [0.5, 1).", f"把握 {power:g}：须在 [0.5, 1) 之间。"))
    if variation is not None and not 0.0 < variation < 10.0:
        raise CallError(
            Words(f"variation {variation:g}: it must lie between 0 and 10.", f"变异 {variation:g}：须在 0 与 10 之间。")
        )
    if groups < 1:
        raise CallError(Words(f"groups {groups}: at least one is needed.", f"分组数 {groups}：至少为一。"))
    for each in gives.values():
        if not 1.0 <= each < 1e9:
            raise CallError(
                Words(f"{each:g} rows of each cluster: at least one is needed.", f"每群 {each:g} 行：至少为一。")
            )


def _names(reading: Reading, card: Card | None) -> dict[str, Words]:
    """Return what readers call the columns that a reading names, as a set of the library has it."""
    coverage = reading.coverage
    wanted = {reading.cluster, reading.every}
    if coverage is not None:
        wanted |= {coverage.group, *coverage.each}
    found = {name: Words(name, name) for name in sorted(each for each in wanted if each is not None)}
    cards = [*([] if card is None else [card]), *map(store.card, store.names())]
    for name in found:
        called = (words for each in cards for words in (each.units.get(name), each.groups.get(name)) if words)
        found[name] = next(called, found[name])
    return found


@dataclass(frozen=True)
class _Planner:
    """Finds what each requirement of a reading needs."""

    reading: Reading
    decision: Decision
    powers: tuple[float, float]
    """For a requirement by itself, and for all together."""
    requirements: int
    variation: float | None
    clusters: Words

    def need(self, requirement: Requirement, indicator: Indicator, given: float | None, gives: float | None) -> Need:
        """Return what one requirement needs; ``gives`` is how many yes/no rows a cluster has, where that is known."""
        value = _half_as_bad(requirement, indicator) if given is None else given
        _check_expected(requirement, indicator, value)
        because = self._no_size(requirement, indicator)
        proportion = indicator.family is Family.PROPORTION
        clustered = proportion and self.reading.cluster is not None and gives is not None and gives > 1.0
        per_cluster = gives if clustered else None
        nothing = Size(None, None, None)
        alone, together = (
            nothing if because is not None else self._size(requirement, indicator, value, power, per_cluster)
            for power in self.powers
        )
        if because is None and alone.settles is None:
            because = Words("no size settles it", "多少样本都不能判定")
        rows = self._rows(requirement, indicator, value, self.powers[0]) if clustered and because is None else nothing
        one_each = proportion and self.reading.cluster is not None and gives is None and because is None
        return Need(
            requirement=requirement,
            title=indicator.title,
            expected=value,
            assumed=given is None,
            counted=self._counted(indicator, per_cluster, one_each=one_each),
            event=indicator.event,
            alone=alone,
            together=together,
            because=because,
            per_cluster=per_cluster,
            independent=rows.settles,
            one_each=one_each,
            varied=because is None and (clustered or not proportion),
            in_sequence=None if because is not None else self._in_sequence(requirement, indicator),
        )

    def _counted(self, indicator: Indicator, per_cluster: float | None, *, one_each: bool) -> Words:
        of, clusters = indicator.opportunities, self.clusters
        if indicator.family is not Family.PROPORTION:
            return clusters
        if per_cluster is not None:
            many = f"{per_cluster:.3g}"
            return Words(f"{clusters.en} of {many} {of.en} each", f"{clusters.zh}（各 {many} {of.zh}）")
        if one_each and clusters.en not in of.en:
            return Words(f"{of.en}, one each of as many {clusters.en}", f"{of.zh}（每个{clusters.zh}一例）")
        return of

    def _confidence(self, requirement: Requirement, value: float) -> float:
        """Return at which confidence the expected side is shown: of m requirements a failure at α/m (Holm)."""
        confidence = self.decision.confidence
        if requirement.limit.holds(value):
            return confidence
        return 1.0 - (1.0 - confidence) / self.requirements

    def _rows(self, requirement: Requirement, indicator: Indicator, value: float, power: float) -> Size:
        rate = 1.0 - value if indicator.fold.complement else value  # bounds are found for the events
        return size_of_rows(rate, edge(indicator, requirement.limit), self._confidence(requirement, value), power)

    def _size(
        self, requirement: Requirement, indicator: Indicator, value: float, power: float, per_cluster: float | None
    ) -> Size:
        if indicator.family is Family.PROPORTION and per_cluster is None:
            return self._rows(requirement, indicator, value, power)
        rate, limit = 1.0 - value if indicator.fold.complement else value, edge(indicator, requirement.limit)
        confidence = self._confidence(requirement, value)
        variation = VARIATION if self.variation is None else self.variation
        if per_cluster is not None and rate <= 0.0 < limit < 1.0:
            # Without any event clusters are bounded as if they were rows: what an unseen kind may hide.
            found: int | None = max(rows_without_event(limit, confidence), TOO_FEW_UNITS)
        else:
            if per_cluster is not None:
                variation = spread_of_shares(rate, variation, per_cluster)
            found = clusters_to_settle(rate, limit, confidence, power, variation)
        coverage = self.reading.coverage
        least = 0 if coverage is None else coverage.each.get(self.reading.cluster or "", 0)
        return Size(None if found is None else max(found, least), None, None)

    def _no_size(self, requirement: Requirement, indicator: Indicator) -> Words | None:
        """Return why no size is given."""
        if requirement.kind is Kind.SAMPLE and self.decision.rule is Rule.SIMPLE:
            return Words(
                "the value alone is compared (simple acceptance): no number of samples makes it a proof",
                "仅比较估计值本身（简单接受）：多少样本都不构成证明",
            )
        found = _not_sampled(requirement, indicator)
        if found is None and indicator.family is Family.RATIO and self.reading.cluster is None and not self.variation:
            return Words(
                "nobody said how much single samples differ, on which the number hangs (--variation: standard "
                "deviation over mean of their error rates)",
                "未说明单个样本之间的差异，而数目取决于此（--variation：其错误率的标准差与均值之比）",
            )
        return found

    def _in_sequence(self, requirement: Requirement, indicator: Indicator) -> int | None:
        limit = edge(indicator, requirement.limit)
        shown_by_none = conforming_side(indicator, requirement.limit) is Settled.BELOW
        watched = indicator.family is Family.PROPORTION and self.reading.mean_over is None
        if not (watched and shown_by_none and 1e-6 < limit < 1.0):
            return None
        return rows_without_event_in_sequence(limit, self.decision.confidence)


def _not_sampled(requirement: Requirement, indicator: Indicator) -> Words | None:
    """Return why no size is given."""
    if requirement.kind is Kind.CENSUS:
        return Words("a census: every listed item, no sample", "全数检测：逐项检测，不抽样")
    if requirement.kind is Kind.ZERO_TOLERANCE:
        return Words(
            "no violation may be seen: the more, the smaller what may hide", "不得出现违反：样本越多，隐患越小"
        )
    if requirement.kind is Kind.STATISTIC:
        return Words("an industry figure: nothing to sample", "行业统计数字：无样本")
    if indicator.family not in (Family.PROPORTION, Family.RATIO):
        return Words(
            "no rule plans this kind of indicator: look at the bounds of a first run",
            "此类指标无法预先估算：请先作一次检测，再看其界限",
        )
    return None


def _half_as_bad(requirement: Requirement, indicator: Indicator) -> float:
    limit = requirement.limit
    return limit.value / 2.0 if limit.upper else (limit.value + min(indicator.range[1], 2.0 * limit.value)) / 2.0


def _check_expected(requirement: Requirement, indicator: Indicator, value: float) -> None:
    low, high = indicator.range
    if not low <= value <= high:
        raise CallError(
            Words(
                f"{requirement.name}: {indicator.name} cannot be {value:g}.",
                f"{requirement.name}：{indicator.name} 不可能为 {value:g}。",
            ),
            Words("Shares are written as 0.97 or 97%.", "比例写作 0.97 或 97%。"),
        )
