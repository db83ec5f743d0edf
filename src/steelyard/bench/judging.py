"""Rows become findings, findings the verdict on each reading of the clause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from steelyard.bench.scoring import Scored
from steelyard.bench.sums import present
from steelyard.bench.timing import is_timed, untimed
from steelyard.bench.trial import Basis
from steelyard.core.method import Direction, Family, Indicator, Method
from steelyard.core.plan import Declared
from steelyard.core.sample import Rows
from steelyard.core.specification import Coverage, Kind, Reading, Requirement
from steelyard.core.verdict import Estimate, Finding, Judgement, Tipping, Verdict
from steelyard.core.words import Words, listed
from steelyard.stats.decision import decide
from steelyard.stats.estimate import estimate
from steelyard.stats.multiplicity import holm
from steelyard.stats.new_run import new_run
from steelyard.stats.sequential import cluster_sums, watched
from steelyard.stats.tipping import tipping_point

if TYPE_CHECKING:
    pass


def judge(trial: Basis, scored: Scored) -> tuple[Judgement, ...]:
    """Return a judgement for each reading of the trial, the deciding one first."""
    return tuple(
        _Judge(trial, scored, reading, method).judgement()
        for reading, method in zip(trial.readings, trial.methods, strict=True)
    )


def look(trial: Basis, scored: Scored) -> Verdict:
    """Return the verdict of a sequential plan up to now, without the bounds that only a report needs."""
    return _Judge(trial, scored, trial.readings[0], trial.methods[0], bounded=False).judgement().verdict


CELL = "cell of several groupings"
"""A column's name that no card has."""
MOST_UNITS = 500
"""Units are reported apart while a reader could look through them."""


def by_group(trial: Basis, scored: Scored) -> dict[str, tuple[Finding, ...]]:
    """Return, for each group and unit of the set, what was found in each of its members, the worst first.

    They are reported, and decide nothing. Bounds hold for all members of a group at once (Bonferroni), so that the
    worst one may be looked at.
    """
    judging = _Judge(trial, scored, trial.readings[0], trial.methods[0])
    card = trial.test_set.card
    most = min(MOST_UNITS, len(trial.positions) - 1)
    units = [name for name in card.units if name in scored.codes and scored.members(name) <= most]
    return {name: judging.within(name) for name in (*card.groups, *units) if scored.members(name) > 1}


def in_cells(trial: Basis, scored: Scored, columns: Sequence[str]) -> tuple[tuple[Finding, ...], Counter[str]]:
    """Return what was found, without bounds, in each cell that groupings make together, and the cells' samples."""
    crossed = scored.crossed(columns, CELL)
    codes, names = crossed.codes[CELL]
    found = _Judge(trial, crossed, trial.readings[0], trial.methods[0], bounded=False).within(CELL)
    return found, Counter(names[code] for code in codes[trial.positions].tolist())


@dataclass(frozen=True)
class _Case:
    """A requirement and the rows that it is held against."""

    requirement: Requirement
    indicator: Indicator
    strata: tuple[Rows, ...]
    """Of several the unweighted mean is judged."""
    scope: Mapping[str, str]
    decides: bool


class _Judge:
    """Judges one reading."""

    def __init__(self, trial: Basis, scored: Scored, reading: Reading, method: Method, *, bounded: bool = True) -> None:
        self._bounded = bounded
        self._trial = trial
        self._scored = scored
        self._reading = reading
        self._method = method
        self._card = trial.test_set.card
        self._gap = None if reading.coverage is None else self._not_covered(reading.coverage)
        self._untimed = untimed(trial) if is_timed(trial) else None

    def judgement(self) -> Judgement:
        reading = self._reading
        cases = [
            case
            for requirement in reading.requirements
            if requirement.kind is not Kind.STATISTIC
            for case in self._cases(requirement)
        ]
        findings = self._corrected(cases, [self._finding(case) for case in cases])
        return Judgement(
            clause=self._trial.plan.clause.name,
            reading=reading.name,
            primary=reading.primary,
            verdict=Verdict.of_all(finding.verdict for finding in findings if finding.decides),
            gap=self._gap,
            findings=tuple(findings),
        )

    def _cases(self, requirement: Requirement) -> Iterator[_Case]:
        """Yield what is found for one requirement: what decides, and after it each covered group by itself."""
        indicator = self._method.indicator(requirement.indicator)
        rows = self._scored.rows(indicator, self._reading.cluster)
        for scope, part in self._each(rows):
            coverage = self._reading.coverage
            if coverage is None:
                yield _Case(requirement, indicator, (part,), scope, decides=True)
                continue
            groups = self._scored.split(part, coverage.group)
            strata = tuple(groups.values()) if self._reading.mean_over else (part,)
            yield _Case(requirement, indicator, strata, scope, decides=True)
            for name, group in groups.items():
                yield _Case(requirement, indicator, (group,), {**scope, coverage.group: name}, decides=False)

    def _corrected(self, cases: Sequence[_Case], findings: Sequence[Finding]) -> list[Finding]:
        """Return the findings, those failures taken back that chance may explain among so many requirements.

        All must hold, so that no correction is needed where all do; but of many requirements just at the limit one
        would fail by chance.
        """
        family = [
            place
            for place, case in enumerate(cases)
            if case.decides and case.requirement.kind is Kind.SAMPLE and findings[place].verdict is not Verdict.INVALID
        ]

        def shown(case: _Case) -> Callable[[float], bool]:
            return lambda level: self._decided(case, 1.0 - level)[1] is Verdict.DOES_NOT_CONFORM

        alpha = 1.0 - self._trial.plan.decision.confidence
        failed = holm([shown(cases[place]) for place in family], alpha) if len(family) > 1 else [True] * len(family)
        corrected = list(findings)
        for place, stands in zip(family, failed, strict=True):
            if corrected[place].verdict is Verdict.DOES_NOT_CONFORM and stands and len(family) > 1:
                strict = self._decided(cases[place], 1.0 - alpha / len(family))[0]
                corrected[place] = replace(corrected[place], tipping=self._tipping(cases[place], strict, stands=True))
            if corrected[place].verdict is Verdict.DOES_NOT_CONFORM and not stands:
                because = Words(
                    f"it fails by itself, but of {len(family)} requirements one may fail by chance (Holm)",
                    f"单独看不合格，但 {len(family)} 项要求中可能有一项出于偶然（Holm 校正）",
                )
                corrected[place] = replace(
                    corrected[place], verdict=Verdict.UNDETERMINED, because=because, tipping=None
                )
        return corrected

    def within(self, column: str) -> tuple[Finding, ...]:
        """Return findings for each member of a group, requirement by requirement, the worst first."""
        found: list[Finding] = []
        for requirement in self._reading.requirements:
            indicator = self._method.indicator(requirement.indicator)
            rows = self._scored.rows(indicator, self._reading.cluster)
            if column == self._reading.cluster and indicator.family in (Family.PROPORTION, Family.RATIO):
                found += self._lone(requirement, indicator, rows)
                continue
            parts = self._scored.split(rows, column)
            each = 1.0 - (1.0 - self._trial.plan.decision.confidence) / len(parts)
            members = [
                self._finding(_Case(requirement, indicator, (part,), {column: name}, decides=False), each)
                for name, part in parts.items()
            ]
            found += _worst_first(indicator, members)
        return tuple(found)

    def _lone(self, requirement: Requirement, indicator: Indicator, rows: Rows) -> list[Finding]:
        """Return findings for each cluster by itself: a value without bounds, all counted at once."""
        assert self._reading.cluster is not None
        codes = self._scored.codes[self._reading.cluster]
        asked = present(codes, self._trial.positions)
        events, opportunities = cluster_sums(indicator, rows, asked)
        because = Words("a single unit has no bounds", "单个抽样单元没有界限")
        members = []
        for code, happened, of in zip(asked.tolist(), events.tolist(), opportunities.tolist(), strict=True):
            if of <= 0.0:
                continue
            value = (of - happened) / of if indicator.fold.complement else happened / of
            confidence = self._trial.plan.decision.confidence
            found = Estimate(value, None, None, confidence, "none", happened, of, 1, 1.0, decisive=False)
            members.append(
                Finding(
                    clause=self._trial.plan.clause.name,
                    reading=self._reading.name,
                    requirement=requirement,
                    title=indicator.title,
                    scope={self._reading.cluster: codes[1][code]},
                    decides=False,
                    estimate=found,
                    verdict=Verdict.UNDETERMINED,
                    because=because,
                )
            )
        return _worst_first(indicator, members)

    def _each(self, rows: Rows) -> Iterator[tuple[dict[str, str], Rows]]:
        """Yield the parts that must hold by themselves."""
        if self._reading.every is None:
            yield {}, rows
            return
        for name, part in self._scored.split(rows, self._reading.every).items():
            yield {self._reading.every: name}, part

    def _decided(self, case: _Case, confidence: float, *, checked: bool = False) -> tuple[Estimate, Verdict, Words]:
        """Return estimate and verdict of a case at a confidence, where asked with what other methods say."""
        if self._trial.plan.sequential is not None:
            return self._watched(case, confidence, self._trial.plan.sequential, checked=checked)
        cluster = self._reading.cluster
        units = len(self._scored.codes[cluster][1]) if cluster else self._card.samples
        found = estimate(case.indicator, case.strata, units, confidence, self._trial.plan.seed, checked=checked)
        verdict, because = decide(found, case.requirement.limit, case.requirement.kind, self._trial.plan.decision.rule)
        if case.indicator.timed and self._untimed is not None:
            return found, Verdict.UNDETERMINED, self._untimed
        drawn = self._trial.plan.limit is not None
        if case.requirement.kind is Kind.CENSUS and drawn and found.value is not None:
            part = Words("only a part of the list was tested", "只检测了所列各项的一部分")
            return found, Verdict.UNDETERMINED if verdict is Verdict.CONFORMS else verdict, part
        if case.decides and self._gap is not None and verdict is not Verdict.INVALID:
            return found, Verdict.UNDETERMINED, self._gap
        return found, verdict, because

    def _watched(
        self, case: _Case, confidence: float, declared: Sequence[Declared], *, checked: bool
    ) -> tuple[Estimate, Verdict, Words]:
        """Return estimate and verdict of a case of a sequential plan, up to the cluster that settled it."""
        assert self._scored.order is not None
        limit = case.requirement.limit
        (most,) = (each for each in declared if each.requirement == case.requirement.name)
        # All must hold, each with the plan's confidence; that one of several fails asks for more.
        holding = self._trial.plan.decision.confidence if case.decides else confidence
        found, holds_at, fails_at = watched(
            case.indicator,
            case.strata[0],
            self._scored.order,
            limit,
            most,
            confidence=holding,
            failing=confidence,
            bounded=self._bounded and (checked or not case.decides),
        )
        if found.value is None:
            return found, *decide(found, limit)
        if case.decides and self._gap is not None:
            return found, Verdict.UNDETERMINED, self._gap
        if holds_at is not None:
            # A failure that chance may explain among so many requirements does not stand against it.
            return found, Verdict.CONFORMS, _shown_at(holds_at)
        if fails_at is not None:
            return found, Verdict.DOES_NOT_CONFORM, _shown_at(fails_at)
        return found, Verdict.UNDETERMINED, Words("not settled by what was asked", "已检测部分尚不足以判定")

    def _finding(self, case: _Case, confidence: float | None = None) -> Finding:
        """Return what was found in a case, at the plan's confidence unless another is given."""
        found, verdict, because = self._decided(
            case, confidence or self._trial.plan.decision.confidence, checked=confidence is None
        )
        advice = None
        lacking = because is self._gap or because is self._untimed
        open_ = verdict is Verdict.UNDETERMINED and not lacking and confidence is None
        if open_ and case.requirement.kind is Kind.SAMPLE and self._trial.plan.sequential is None:
            clusters = self._card.units.get(self._reading.cluster or "", Words("samples", "样本"))
            advice = new_run(case.indicator, found, case.requirement.limit, clusters, self._failing_among(case))
        return Finding(
            clause=self._trial.plan.clause.name,
            reading=self._reading.name,
            requirement=case.requirement,
            title=case.indicator.title,
            scope=case.scope,
            decides=case.decides,
            estimate=found,
            verdict=verdict,
            because=because,
            new_run=advice,
            tipping=self._tipping(case, found, stands=verdict is Verdict.DOES_NOT_CONFORM)
            if verdict in (Verdict.CONFORMS, Verdict.DOES_NOT_CONFORM)
            else None,
        )

    def _tipping(self, case: _Case, found: Estimate, *, stands: bool) -> Tipping | None:
        """Return how many wrong reference answers a verdict survives; ``stands``: that it fails, by this estimate."""
        plan = self._trial.plan
        if plan.sequential is not None or plan.rounds > 1:
            return None
        verdict = Verdict.DOES_NOT_CONFORM if stands else Verdict.CONFORMS
        if decide(found, case.requirement.limit, case.requirement.kind, plan.decision.rule)[0] is not verdict:
            return None  # it is another rule that settled it: Holm's, or coverage
        return tipping_point(
            case.indicator, found, case.requirement, verdict, plan.decision.rule, self._card.reference_error
        )

    def _failing_among(self, case: _Case) -> int:
        """Return among how many requirements a failure must be shown not to be chance."""
        if not case.decides or case.requirement.kind is not Kind.SAMPLE:
            return 1
        groups = 1 if self._reading.every is None else self._scored.expected_members(self._reading.every)
        return groups * sum(each.kind is Kind.SAMPLE for each in self._reading.requirements)

    def _not_covered(self, coverage: Coverage) -> Words | None:
        """Return what a verdict on the clause would have to cover and this set does not."""
        covered, short = self._covered(coverage)
        group = self._card.groups[coverage.group]
        if len(covered) < coverage.at_least:
            names = listed(map(self._card.named, covered))
            return Words(
                f"only {len(covered)} {group.en}{'' if len(covered) == 1 else 's'} covered ({names.en or 'none'}), "
                f"at least {coverage.at_least} asked for",
                f"仅覆盖 {len(covered)} 个{group.zh}（{names.zh or '无'}），至少需 {coverage.at_least} 个",
            )
        if short:  # a group that is too small to be judged may not raise the mean either
            names = listed(map(self._card.named, short))
            each_en = ", ".join(f"{count} {self._card.units[unit].en}" for unit, count in coverage.each.items())
            each_zh = "、".join(f"{count} 名{self._card.units[unit].zh}" for unit, count in coverage.each.items())
            return Words(
                f"{group.en}s with fewer than {each_en}: {names.en}", f"少于 {each_zh}的{group.zh}：{names.zh}"
            )
        return None

    def _covered(self, coverage: Coverage) -> tuple[list[str], list[str]]:
        """Return the groups that hold enough units of each kind, and those that do not."""
        positions = self._trial.positions
        codes, names = self._scored.codes[coverage.group]
        covered: list[str] = []
        short: list[str] = []
        for code in present((codes, names), positions):
            inside = positions[codes[positions] == code]
            counts = {unit: len(present(self._scored.codes[unit], inside)) for unit in coverage.each}
            enough = all(counts[unit] >= least for unit, least in coverage.each.items())
            (covered if enough else short).append(names[code])
        return covered, short


def _shown_at(cluster: int) -> Words:
    return Words(
        f"shown at cluster {cluster:,}; the error rate holds however often one looks",
        f"在第 {cluster:,} 群处得到证明；无论查看多少次，错误率均有保证",
    )


def _worst_first(indicator: Indicator, members: Sequence[Finding]) -> list[Finding]:
    """Return those that have a value, the worst first."""
    sign = 1.0 if indicator.direction is Direction.HIGHER else -1.0
    known = [member for member in members if member.estimate.value is not None]
    return sorted(known, key=lambda member: sign * (member.estimate.value or 0.0))
