"""The control chart of a reference product: whether the bench, day by day, still finds the same of it.

A reference product does not change. Where what is found of it changes, the bench has changed, or the set, or what lies
beneath. Runs on the same samples share their sampling, so that what varies between them is not in their bounds: the
limits come from the first runs themselves. Where each run draws samples of its own, they may come from the bounds.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from steelyard.core.errors import CallError, UnknownName
from steelyard.core.verdict import Finding
from steelyard.core.words import Words
from steelyard.report._layout import what
from steelyard.report.laboratory.budget import budget
from steelyard.report.reread import Reread, same_run
from steelyard.stats.control_chart import (
    LEAST_BASELINE,
    MOST_BASELINE,
    Limits,
    Rule,
    ewma,
    limits_of_bounds,
    limits_of_individuals,
    signals,
)


class State(Enum):
    """What a chart says."""

    IN_CONTROL = "in control"
    OUT_OF_CONTROL = "out of control"
    UNKNOWN = "no limits yet"

    @property
    def words(self) -> Words:
        """The state in both languages."""
        return Words(self.value, _CHINESE[self])


_CHINESE = {State.IN_CONTROL: "受控", State.OUT_OF_CONTROL: "失控", State.UNKNOWN: "尚无控制限"}
RUNS, BOUNDS = "runs", "bounds"
"""What limits may come from."""


@dataclass(frozen=True)
class Point:
    """One run."""

    number: int
    """From 1, in the order of time."""
    where: str
    created: str
    value: float
    smoothed: tuple[float, float, float] | None
    """Exponentially weighted mean, its lower and its upper limit; None without limits."""
    baseline: bool
    rules: tuple[Rule, ...]
    """Those that this point breaks."""


@dataclass(frozen=True)
class Segment:
    """Runs between two changes, with limits of their own."""

    changed: Words | None
    """What became another with its first run; None: it is the first segment."""
    limits: Limits | None
    """None: there are too few runs for any."""
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Chart:
    """One indicator over time."""

    requirement: str
    title: Words
    unit: str
    clause: str
    product: str
    basis: str
    rules: tuple[Rule, ...]
    segments: tuple[Segment, ...]
    notes: tuple[Words, ...]
    needed: int = LEAST_BASELINE
    """Runs that limits were asked to rest on."""

    @property
    def points(self) -> tuple[Point, ...]:
        """All runs, in the order of time."""
        return tuple(point for segment in self.segments for point in segment.points)

    @property
    def state(self) -> State:
        """Out of control where any run breaks a rule; unknown where the latest runs have no limits."""
        if any(point.rules for point in self.points):
            return State.OUT_OF_CONTROL
        return State.UNKNOWN if self.segments[-1].limits is None else State.IN_CONTROL

    @property
    def sentence(self) -> Words:
        """What the chart says, and of which run."""
        for point in self.points:
            if point.rules:
                rules = point.rules
                en = " and ".join(f"{rule.value} ({rule.words.en})" for rule in rules)
                zh = "、".join(f"{rule.value}（{rule.words.zh}）" for rule in rules)
                return Words(f"out of control at run {point.number} by {en}", f"第 {point.number} 次检测失控：{zh}")
        if self.state is State.UNKNOWN:
            count = len(self.segments[-1].points)
            return Words(
                f"no limits yet: {count} runs of the {self.needed} that are needed",
                f"尚无控制限：需要 {self.needed} 次检测，现有 {count} 次",
            )
        return Words(f"in control over {len(self.points)} runs", f"{len(self.points)} 次检测均受控")


def charts(
    reports: Sequence[Reread],
    *,
    indicator: str | None = None,
    rules: Sequence[Rule],
    baseline: int = LEAST_BASELINE,
    basis: str = RUNS,
    across: bool = False,
) -> tuple[Chart, ...]:
    """Return a chart for each requirement that decides, or for one.

    Parameters
    ----------
    reports : sequence of Reread
        In any order; they are charted in the order in which they were made.
    indicator : str, optional
        Name of a requirement or of its indicator.
    rules : sequence of Rule
        By which a run is out of control.
    baseline : int
        How many of the first runs the limits rest on, at least 8.
    basis : str
        ``runs``: limits from what varies between runs; ``bounds``: from the uncertainty that each run states.
    across : bool
        Keep the limits where product, set or versions change: to see whether a new release still finds the same.

    Raises
    ------
    CallError
        Where the runs are not of one product and one clause, one is given twice, or limits cannot be had.
    """
    if len(reports) < 2:
        raise CallError(Words("a chart needs two runs at least.", "控制图至少需要两次检测。"))
    if baseline < LEAST_BASELINE:
        raise CallError(
            Words(
                f"--baseline {baseline}: fewer than {LEAST_BASELINE} runs tell no limits.",
                f"--baseline {baseline}：少于 {LEAST_BASELINE} 次检测无法给出控制限。",
            )
        )
    ordered = sorted(reports, key=lambda report: (report.created, report.where))
    _check_apart(ordered)
    _check_same(ordered)
    findings = [finding for finding in ordered[0].findings if finding.decides]
    if indicator is not None:
        known = {name for each in findings for name in (each.requirement.name, each.requirement.indicator)}
        if indicator not in known:
            raise UnknownName(Words("requirement or indicator", "要求或指标"), indicator, known)
        findings = [each for each in findings if indicator in (each.requirement.name, each.requirement.indicator)]
    return tuple(_chart(ordered, finding, tuple(rules), baseline, basis, across) for finding in findings)


def _check_apart(reports: Sequence[Reread]) -> None:
    """Raise `CallError` where two reports are of one run: charted again and again it would have no spread at all."""
    for before, after in itertools.combinations(reports, 2):
        if same_run(before, after):
            raise CallError(
                Words(
                    f"{after.where}: this run was given twice, the first time as {before.where}.",
                    f"{after.where}：同一次检测重复给出，前一次为 {before.where}。",
                ),
                Words(
                    "Name each run once; a copy or a bundle of one is not another.",
                    "每次检测只给出一次；副本或同一检测的报告包不是另一次检测。",
                ),
            )


def _check_same(reports: Sequence[Reread]) -> None:
    """Raise `CallError` unless all are of one product's address, one clause and one reading."""
    first = reports[0].plan
    for report in reports[1:]:
        plan = report.plan
        pairs = {
            Words("product", "产品"): (first.product.uri, plan.product.uri),
            Words("specification", "规范"): (first.specification, plan.specification),
            Words("clause", "条款"): (first.clause.name, plan.clause.name),
            Words("reading", "解读"): (first.clause.readings[0].name, plan.clause.readings[0].name),
            Words("method", "检测方法"): (first.method, plan.method),
        }
        for title, (one, other) in pairs.items():
            if one != other:
                raise CallError(
                    Words(
                        f"{report.where}: another {title.en} ({other}) than {reports[0].where} ({one}).",
                        f"{report.where}：{title.zh}（{other}）与 {reports[0].where}（{one}）不同。",
                    ),
                    Words("A chart is of one product by one clause.", "控制图须为同一产品、同一条款。"),
                )


def _changed(before: Reread, after: Reread) -> Words | None:
    """Return what became another from one run to the next, of what moves values; None: nothing."""
    one, two = before.plan, after.plan
    pairs = {
        Words("product digest", "产品摘要"): (one.product.digest, two.product.digest),
        Words("test set", "测试集"): ((one.test_set_digest, one.samples), (two.test_set_digest, two.samples)),
        Words("method version", "方法版本"): (one.method_version, two.method_version),
        Words("options of the reading", "解读的选项"): (
            dict(one.clause.readings[0].options),
            dict(two.clause.readings[0].options),
        ),
        Words("version of statistics", "统计方法版本"): (one.statistics, two.statistics),
        Words("condition", "条件"): (one.condition, two.condition),
    }
    changed = [title for title, (old, new) in pairs.items() if old != new]
    if not changed:
        return None
    return Words(", ".join(each.en for each in changed), "、".join(each.zh for each in changed))


def _same_finding(report: Reread, wanted: Finding) -> Finding:
    for finding in report.findings:
        if finding.requirement.name == wanted.requirement.name and dict(finding.scope) == dict(wanted.scope):
            _check_quantity(report, finding, wanted)
            if finding.estimate.value is None:
                break
            return finding
    name = wanted.requirement.name
    raise CallError(Words(f"{report.where} has no value for {name}.", f"{report.where} 没有 {name} 的值。"))


def _check_quantity(report: Reread, found: Finding, wanted: Finding) -> None:
    """Raise `CallError` where a requirement of this name is of another quantity: a name is no quantity."""
    one, other = wanted.requirement, found.requirement
    pairs = {
        Words("indicator", "指标"): (one.indicator, other.indicator),
        Words("unit", "单位"): (one.limit.unit, other.limit.unit),
    }
    for title, (old, new) in pairs.items():
        if old != new:
            raise CallError(
                Words(
                    f"{report.where}: {one.name} is of another {title.en} ({new}) than in the first run ({old}).",
                    f"{report.where}：{one.name} 的{title.zh}（{new}）与首次检测（{old}）不同。",
                ),
                Words("A chart is of one quantity.", "控制图须为同一量。"),
            )


def _chart(
    reports: Sequence[Reread], finding: Finding, rules: tuple[Rule, ...], baseline: int, basis: str, across: bool
) -> Chart:
    parts: list[list[Reread]] = [[reports[0]]]
    changes: list[Words | None] = [None]
    passed: list[Words] = []
    for before, after in itertools.pairwise(reports):
        changed = _changed(before, after)
        if changed is not None and across:
            number = len(parts[-1]) + 1
            passed.append(Words(f"at run {number} changed: {changed.en}", f"第 {number} 次检测起变更：{changed.zh}"))
        elif changed is not None:
            parts.append([])
            changes.append(changed)
        parts[-1].append(after)
    segments, number = [], 1
    for part, changed in zip(parts, changes, strict=True):
        segments.append(_segment(part, changed, finding, rules, baseline, basis, number))
        number += len(part)
    return Chart(
        requirement=finding.requirement.name,
        title=what(finding, reports[0].card),
        unit=finding.requirement.limit.unit,
        clause=f"{reports[0].plan.specification}#{reports[0].plan.clause.name}",
        product=reports[0].plan.product.uri,
        basis=basis,
        rules=rules,
        segments=tuple(segments),
        notes=(*passed, *_notes(reports, segments, basis)),
        needed=baseline,
    )


def _segment(
    reports: Sequence[Reread],
    changed: Words | None,
    wanted: Finding,
    rules: tuple[Rule, ...],
    baseline: int,
    basis: str,
    number: int,
) -> Segment:
    """Return runs between two changes, with limits of their own and what breaks rules."""
    findings = [_same_finding(report, wanted) for report in reports]
    values = [finding.estimate.value for finding in findings if finding.estimate.value is not None]
    limits = None
    if len(values) >= baseline:
        if basis == BOUNDS:
            limits = limits_of_bounds(values[:baseline], _uncertainties(reports[:baseline], findings[:baseline]))
        else:
            limits = limits_of_individuals(values[:baseline])
    found = () if limits is None else signals(values, limits, rules)
    smoothed = None if limits is None else ewma(values, limits)
    points = tuple(
        Point(
            number=number + place,
            where=report.where,
            created=report.created,
            value=values[place],
            smoothed=None if smoothed is None else smoothed[place],
            baseline=place < baseline,
            rules=tuple(signal.rule for signal in found if signal.place == place),
        )
        for place, report in enumerate(reports)
    )
    return Segment(changed, limits, points)


def _uncertainties(reports: Sequence[Reread], findings: Sequence[Finding]) -> list[float]:
    found = []
    for report, finding in zip(reports, findings, strict=True):
        combined = budget(finding, report.plan, report.card).combined
        if combined is None:
            name = finding.requirement.name
            raise CallError(
                Words(
                    f"{report.where}: {name} has no standard uncertainty; limits cannot come from its bounds.",
                    f"{report.where}：{name} 没有标准不确定度，无法由界限得出控制限。",
                ),
                Words("Let them come from the runs: --limits runs", "请改由各次检测得出：--limits runs"),
            )
        found.append(combined)
    return found


def _notes(reports: Sequence[Reread], segments: Sequence[Segment], basis: str) -> tuple[Words, ...]:
    """Return what a reader should know of the limits."""
    notes = []
    plans = [report.plan for report in reports]
    shared = all(plan.limit is None or plan.seed == plans[0].seed for plan in plans)
    if basis == BOUNDS and shared:
        notes.append(
            Words(
                "all runs met the same samples: limits from bounds are wider than what could vary between them",
                "各次检测所用样本相同：由界限得出的控制限宽于各次之间可能的变化",
            )
        )
    if basis == RUNS and not shared:
        notes.append(
            Words(
                "runs drew samples of their own: their limits hold sampling too", "各次抽取的样本不同：控制限含抽样变化"
            )
        )
    for segment in segments:
        if segment.limits is None:
            continue
        if segment.limits.deviation == 0.0:
            notes.append(
                Words(
                    "the first runs are equal to the last bit, as of a product and a bench without chance: any other "
                    "value is a signal",
                    "最初各次结果逐位相同，产品与检测台均不含随机性：任何其他值均为信号",
                )
            )
        elif segment.limits.baseline < MOST_BASELINE:
            notes.append(
                Words(
                    f"limits rest on {segment.limits.baseline} runs: {MOST_BASELINE} would be surer",
                    f"控制限仅基于 {segment.limits.baseline} 次检测：{MOST_BASELINE} 次更可靠",
                )
            )
    return tuple(dict.fromkeys(notes))
