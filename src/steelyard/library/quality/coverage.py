"""Whether the groups that a specification names are there, with as many units and samples as it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from steelyard.core.errors import nearest
from steelyard.core.specification import Clause, Coverage, Reading
from steelyard.core.words import Words
from steelyard.library.quality._check import Bars, Check, Finding, Outcome, Severity, not_applicable
from steelyard.library.quality._examination import Examination

ENOUGH_UNITS = 10
"""Fewer clusters decide nothing (docs/statistics.md)."""
HOW = Words(
    "each reading of the clauses: the groups, units and cluster that it names, counted in the split that a run uses",
    "逐条解读：所要求的分组、单元与抽样单元，在检测所用划分中计数",
)


def find(examination: Examination) -> Outcome:
    """Return what the readings of the clauses ask for and the set lacks."""
    if not examination.clauses:
        return not_applicable("no specification was named (--spec)", "未指定规范（--spec）")
    bars: list[Bars] = []
    notes: list[Words] = []
    asked, lacks = 0, list[tuple[Reading, Clause, Lack]]()
    for clause in examination.clauses:
        for reading in clause.readings:
            if reading.method not in examination.stored.card.methods:
                notes.append(
                    Words(
                        f"{clause.name}/{reading.name}: the set does not serve its method ({reading.method or 'none'})",
                        f"{clause.name}/{reading.name}：该数据集不适用其检测方法（{reading.method or '无'}）",
                    )
                )
                continue
            asked += 1
            lacks += [(reading, clause, lack) for lack in _lacks(examination, reading)]
            if reading.coverage is not None and reading.coverage.group in examination.stored.card.groups:
                bars.append(_drawn(examination, reading.coverage))
    if not asked:
        return Outcome(
            not_applicable=Words("the set serves no method of these clauses", "该数据集不适用这些条款的任何检测方法"),
            notes=tuple(notes),
        )
    return Outcome(
        tuple(_together(lacks)), examined=len(_rows(examination)), how=HOW, notes=tuple(notes), bars=tuple(bars[:1])
    )


def _rows(examination: Examination) -> list[int]:
    """Return the rows that a run uses: of the split test, else all."""
    card = examination.stored.card
    if "test" not in card.splits:
        return list(range(examination.rows))
    rows: list[int] = examination.stored.positions("test").tolist()
    return rows


def _members(examination: Examination, column: str, unit: str | None = None) -> dict[str, set[str] | int]:
    """Return for each value of a column its units, or how many samples it has."""
    rows = _rows(examination)
    codes, values = examination.stored.codes(column)
    if unit is None:
        counts = dict.fromkeys(values, 0)
        for row in rows:
            counts[values[codes[row]]] += 1
        return {value: count for value, count in counts.items() if count}
    units, names = examination.stored.codes(unit)
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(values[codes[row]], set()).add(names[units[row]])
    return dict(found)


def _drawn(examination: Examination, coverage: Coverage) -> Bars:
    card = examination.stored.card
    counts = _members(examination, coverage.group)
    title = card.groups[coverage.group]
    return Bars(
        Words(f"samples that a run uses, by {title.en}", f"检测所用样本，按{title.zh}"),
        tuple((card.named(value), count) for value, count in counts.items() if isinstance(count, int)),
    )


@dataclass(frozen=True)
class Lack:
    """What a reading asks for and the set has not."""

    kind: str
    asked: Words
    """What is asked for and what there is; the reading's name goes before it."""
    remedy: Words
    figures: tuple[tuple[str, int], ...] = ()


def _together(lacks: list[tuple[Reading, Clause, Lack]]) -> Iterator[Finding]:
    """Yield each lack once with all readings that have it; it is serious where a primary one has."""
    for lack in dict.fromkeys(lack for *_, lack in lacks):
        of = [(reading, clause) for reading, clause, other in lacks if other == lack]
        names = ", ".join(f"{clause.name}/{reading.name}" for reading, clause in of)
        primary = any(reading.primary for reading, _ in of)
        yield Finding(
            lack.kind,
            Severity.SERIOUS if primary else Severity.WARNING,
            Words(f"{names}: {lack.asked.en}", f"{names}：{lack.asked.zh}"),
            lack.remedy,
            0,
            {"clauses": names, **dict(lack.figures)},
        )


def _lacks(examination: Examination, reading: Reading) -> Iterator[Lack]:
    """Yield what one reading asks for and the set has not."""
    card, coverage = examination.stored.card, reading.coverage
    for column in dict.fromkeys(filter(None, (reading.cluster, *(coverage.each if coverage else ())))):
        if column not in card.units:
            yield _no_column(column, Words("unit", "抽样单元"), "units", [*card.units])
    if reading.cluster in card.units:
        assert reading.cluster is not None
        units = len(_members(examination, reading.cluster))
        if units < ENOUGH_UNITS:
            yield _too_few(card.units[reading.cluster], units, ENOUGH_UNITS, "cluster", None)
    asked = (reading.every, None if coverage is None else coverage.group)
    for column in (each for each in asked if each is not None):
        if column not in card.groups and column not in card.units:
            yield _no_column(column, Words("group", "分组"), "groups", [*card.groups])
    if coverage is None or coverage.group not in card.groups:
        return
    there = _members(examination, coverage.group)
    if len(there) < coverage.at_least:
        yield _too_few(card.groups[coverage.group], len(there), coverage.at_least, coverage.group, None)
    for unit, least in coverage.each.items():
        if unit not in card.units:
            continue
        for value, members in _members(examination, coverage.group, unit).items():
            assert isinstance(members, set)
            if len(members) < least:
                kind = f"{coverage.group}.{unit}"
                yield _too_few(card.units[unit], len(members), least, kind, card.named(value))


def _no_column(column: str, kind: Words, field: str, known: list[str]) -> Lack:
    near = nearest(column, known)
    hint = Words("", "") if near is None else Words(f" Is it {near!r}?", f"是否为 {near!r}？")
    return Lack(
        f"no_column.{column}",
        Words(f"the {kind.en} {column!r} is needed, which the set has not", f"需要{kind.zh} {column!r}，数据集没有"),
        Words(
            f"Add the column, and name it on the card under {field}.{hint.en}",
            f"请补充该列，并在卡片的 {field} 中声明。{hint.zh}",
        ),
    )


def _too_few(title: Words, there: int, least: int, kind: str, member: Words | None) -> Lack:
    of = Words("", "") if member is None else Words(f" in {member.en!r}", f"（{member.zh}）")
    return Lack(
        f"too_few.{kind}",
        Words(
            f"at least {least:,} are needed of {title.en}{of.en}; there are {there:,}",
            f"{title.zh}{of.zh}至少需要 {least:,}；实有 {there:,}",
        ),
        Words(
            f"Gather {least - there:,} more: a verdict on the clause is undetermined without.",
            f"请再补充 {least - there:,}；否则该条款只能判为待定。",
        ),
        (("there", there), ("required", least), ("missing", least - there)),
    )


CHECK = Check("coverage", Words("Does it hold what the specification asks for?", "是否覆盖规范要求的分组？"), find)
