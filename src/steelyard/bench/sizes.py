"""How many samples of which kind a reading needs, before there is a product; and what a set can show at best."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from steelyard import fields
from steelyard.bench.judging import judge
from steelyard.bench.scoring import of_oracle, score
from steelyard.bench.trial import named, not_testable, obstacle, prepare
from steelyard.core.card import Card
from steelyard.core.errors import CallError, UnknownName
from steelyard.core.method import Family, Indicator, Method
from steelyard.core.product import Identity, Product
from steelyard.core.specification import Clause, Kind, Reading, Requirement, Specification
from steelyard.core.verdict import Judgement
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.specs.reader import read
from steelyard.stats.planning import Size, clusters_to_settle, joint, size_of_rows

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


@dataclass(frozen=True)
class Needs:
    """What a reading needs."""

    reading: Reading
    power: float
    confidence: float
    requirements: int
    """How many must hold at once, each group by itself."""
    variation: float
    each: tuple[Need, ...]

    @property
    def naive(self) -> float:
        """The power of all at once where each has ``power`` by itself."""
        return self.power**self.requirements

    @property
    def over_clusters(self) -> bool:
        """Whether a size rests on the assumed variation between clusters."""
        return any(need.alone.least is None and need.because is None for need in self.each)


@dataclass(frozen=True)
class Planned:
    """What a clause needs and, where a set was named, what it can show at best."""

    specification: str
    clause: Clause
    needs: Needs
    card: Card | None
    at_best: tuple[Judgement, ...]
    """Of a product without any error, on that set."""


def plan_run(
    spec: str | Path,
    *,
    reading: str | None = None,
    test_set: str | None = None,
    expected: Sequence[str] = (),
    power: float = POWER,
    variation: float = VARIATION,
    groups: int | None = None,
) -> Planned:
    """Return what a clause needs, and what a set can show at best.

    Parameters
    ----------
    spec : str or path
        ``SPEC#CLAUSE``.
    reading : str, optional
        Of the clause; by default the first that has a method.
    test_set : str, optional
        Name or folder of a set.
    expected : sequence of str
        ``misses=0.4%``, or the value alone where there is one requirement.
    power, variation, groups
        As `needs` takes them; by default as many groups as the set has.

    Examples
    --------
    >>> planned = plan_run("miit-2017-315#medical", expected=["misses=0.5%"])
    >>> [(str(need.requirement.name), need.alone.settles) for need in planned.needs.each]
    [('detection', 410), ('misses', 2185), ('false_alarms', 410)]
    """
    name, wanted = named(str(spec))
    specification = read(name)
    clause = _clause(specification, wanted)
    at_best: tuple[Judgement, ...] = ()
    if test_set is None:
        chosen, card = _reading(clause, reading), None
    else:
        trial = prepare(specification, ORACLE, clause=clause.name, reading=reading, test_set=test_set)
        at_best = judge(trial, score(trial, of_oracle(trial.method)))
        chosen, card = trial.readings[0], trial.test_set.card
        if chosen.every is not None and groups is None:
            groups = len({finding.scope[chosen.every] for finding in at_best[0].findings if finding.decides})
    assert chosen.method is not None
    needed = needs(
        chosen,
        fields.find(chosen.method, chosen.options),
        expected=_expected(expected, chosen),
        confidence=specification.decision.confidence,
        power=power,
        variation=variation,
        groups=1 if groups is None else groups,
        card=card,
    )
    return Planned(f"{specification.name}@{specification.edition}", clause, needed, card, at_best)


def _never(*_: object) -> NoReturn:
    raise AssertionError("a control of planning is never started")


ORACLE = Product(
    identity=Identity("oracle:", "declared", None, Words("a product without any error", "毫无错误的产品")),
    assurance="C",
    start=_never,
    answered=frozenset(),
)
"""The control that planning judges in the place of a product."""
_EXPECTED = re.compile(r"(?:(?P<name>[a-z][a-z0-9_]*)\s*=\s*)?(?P<value>[-+]?[0-9.]+(?:e[-+]?\d+)?)\s*(?P<percent>%)?")


def _expected(texts: Sequence[str], reading: Reading) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in texts:
        match = _EXPECTED.fullmatch(text.strip())
        try:
            value = float(match["value"]) if match else None
        except ValueError:
            value = None
        names = [requirement.name for requirement in reading.requirements]
        if match is None or value is None or (match["name"] is None and len(names) > 1):
            raise CallError(
                Words(
                    f"--expect {text}: of which requirement, and which number?", f"--expect {text}：哪项要求、何值？"
                ),
                Words(
                    f"Write, for example, --expect {names[0]}=97%. The requirements: {', '.join(names)}.",
                    f"例如 --expect {names[0]}=97%。各项要求：{'、'.join(names)}。",
                ),
            )
        found[match["name"] or names[0]] = value / 100.0 if match["percent"] else value
    return found


def _clause(specification: Specification, name: str | None) -> Clause:
    if name is not None:
        return specification.clause(name)
    listed = ", ".join(f"{specification.name}#{clause.name}" for clause in specification.clauses)
    raise CallError(
        Words("which clause is planned?", "为哪一条款作计划？"), Words(f"Name one: {listed}", f"请指明其一：{listed}")
    )


def _reading(clause: Clause, name: str | None) -> Reading:
    """Return the reading of this name, or the first that can be planned; a missing condition is no hindrance."""
    wanted = [clause.reading(name)] if name is not None else [each for each in clause.readings if each.primary]
    able = [each for each in wanted if each.requirements and each.method in fields.names()]
    if not able:
        raise not_testable(clause, [(each, reason) for each in wanted if (reason := obstacle(each)) is not None])
    return able[0]


def needs(
    reading: Reading,
    method: Method,
    *,
    expected: Mapping[str, float],
    confidence: float,
    power: float = POWER,
    variation: float = VARIATION,
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
    confidence : float
        Of each bound by itself.
    power : float
        Wanted probability that the run settles the requirement, and the clause.
    variation : float
        Coefficient of variation between clusters.
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
    _check(power, variation, groups)
    known = {name for requirement in reading.requirements for name in (requirement.name, requirement.indicator)}
    for name in expected:
        if name not in known:
            raise UnknownName(
                Words(f"requirement of the reading {reading.name}", f"解读 {reading.name} 的要求"), name, sorted(known)
            )
    sampled = [requirement for requirement in reading.requirements if requirement.kind is Kind.SAMPLE]
    count = max(len(sampled), 1) * (groups if reading.every else 1)
    planner = _Planner(reading, confidence, (power, joint(power, count)), variation, _clusters(reading, card))
    found = tuple(
        planner.need(
            requirement,
            method.indicator(requirement.indicator),
            expected.get(requirement.name, expected.get(requirement.indicator)),
        )
        for requirement in reading.requirements
    )
    return Needs(reading, power, confidence, count, variation, found)


def _check(power: float, variation: float, groups: int) -> None:
    if not 0.5 <= power < 1.0:
        raise CallError(Words(f"power {power:g}: it must lie in [0.5, 1).", f"把握 {power:g}：须在 [0.5, 1) 之间。"))
    if not 0.0 < variation < 10.0:
        raise CallError(
            Words(f"variation {variation:g}: it must lie between 0 and 10.", f"变异 {variation:g}：须在 0 与 10 之间。")
        )
    if groups < 1:
        raise CallError(Words(f"groups {groups}: at least one is needed.", f"分组数 {groups}：至少为一。"))


def _clusters(reading: Reading, card: Card | None) -> Words:
    """Return the plural of the clusters' name, as a set of the library has it."""
    name = reading.cluster
    if name is None:
        return Words("samples", "样本")
    for known in [*([] if card is None else [card]), *map(store.card, store.names())]:
        if name in known.units:
            return known.units[name]
    return Words(name, name)


@dataclass(frozen=True)
class _Planner:
    """Finds what each requirement of a reading needs."""

    reading: Reading
    confidence: float
    powers: tuple[float, float]
    """For a requirement by itself, and for all together."""
    variation: float
    clusters: Words

    def need(self, requirement: Requirement, indicator: Indicator, given: float | None) -> Need:
        value = _half_as_bad(requirement, indicator) if given is None else given
        _check_expected(requirement, indicator, value)
        because = _not_sampled(requirement, indicator)
        alone, together = (
            Size(None, None, None) if because is not None else self._size(requirement, indicator, value, power)
            for power in self.powers
        )
        if because is None and alone.settles is None:
            because = Words("no size settles it", "多少样本都不能判定")
        return Need(
            requirement=requirement,
            title=indicator.title,
            expected=value,
            assumed=given is None,
            counted=self.clusters if indicator.family is Family.RATIO else indicator.opportunities,
            event=indicator.event,
            alone=alone,
            together=together,
            because=because,
        )

    def _size(self, requirement: Requirement, indicator: Indicator, value: float, power: float) -> Size:
        rate, edge = value, requirement.limit.value
        if indicator.fold.complement:  # bounds are found for the events
            rate, edge = 1.0 - rate, 1.0 - edge
        if indicator.family is Family.PROPORTION:
            return size_of_rows(rate, edge, self.confidence, power)
        found = clusters_to_settle(rate, edge, self.confidence, power, self.variation)
        coverage = self.reading.coverage
        least = 0 if coverage is None else coverage.each.get(self.reading.cluster or "", 0)
        return Size(None if found is None else max(found, least), None, None)


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
