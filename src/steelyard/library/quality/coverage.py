"""Whether the groups that a specification names are there, with as many units and samples as it asks for."""

from __future__ import annotations

from collections.abc import Iterator

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
    found: list[Finding] = []
    bars: list[Bars] = []
    notes: list[Words] = []
    asked = 0
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
            found += _lacks(examination, clause, reading)
            if reading.coverage is not None and reading.coverage.group in examination.stored.card.groups:
                bars.append(_drawn(examination, reading.coverage))
    if not asked:
        return Outcome(
            not_applicable=Words("the set serves no method of these clauses", "该数据集不适用这些条款的任何检测方法"),
            notes=tuple(notes),
        )
    return Outcome(tuple(found), examined=len(_rows(examination)), how=HOW, notes=tuple(notes), bars=tuple(bars[:1]))


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


def _lacks(examination: Examination, clause: Clause, reading: Reading) -> Iterator[Finding]:
    """Yield what one reading asks for and the set has not."""
    card = examination.stored.card
    where = f"{clause.name}/{reading.name}"
    for column in dict.fromkeys(filter(None, (reading.cluster, *(reading.coverage.each if reading.coverage else ())))):
        if column not in card.units:
            yield _no_column(where, column, Words("unit", "抽样单元"), [*card.units])
    if reading.cluster in card.units:
        assert reading.cluster is not None
        units = len(_members(examination, reading.cluster))
        if units < ENOUGH_UNITS:
            yield _too_few(where, card.units[reading.cluster], units, ENOUGH_UNITS, "cluster", None)
    asked = (reading.every, None if reading.coverage is None else reading.coverage.group)
    for column in (each for each in asked if each is not None):
        if column not in card.groups and column not in card.units:
            yield _no_column(where, column, Words("group", "分组"), [*card.groups])
    coverage = reading.coverage
    if coverage is None or coverage.group not in card.groups:
        return
    there = _members(examination, coverage.group)
    if len(there) < coverage.at_least:
        yield _too_few(where, card.groups[coverage.group], len(there), coverage.at_least, coverage.group, None)
    for unit, least in coverage.each.items():
        if unit not in card.units:
            continue
        for value, members in _members(examination, coverage.group, unit).items():
            assert isinstance(members, set)
            if len(members) < least:
                kind = f"{coverage.group}.{unit}"
                yield _too_few(where, card.units[unit], len(members), least, kind, card.named(value))


def _no_column(where: str, column: str, kind: Words, known: list[str]) -> Finding:
    near = nearest(column, known)
    hint = Words("", "") if near is None else Words(f" Is it {near!r}?", f"是否为 {near!r}？")
    return Finding(
        f"no_column.{column}",
        Severity.SERIOUS,
        Words(
            f"{where} needs the {kind.en} {column!r}, which the set has not",
            f"{where} 需要{kind.zh} {column!r}，数据集没有",
        ),
        Words(
            f"Add the column, and name it on the card under {'units' if kind.en == 'unit' else 'groups'}.{hint.en}",
            f"请补充该列，并在卡片的 {'units' if kind.en == 'unit' else 'groups'} 中声明。{hint.zh}",
        ),
        0,
        {"clause": where},
    )


def _too_few(where: str, title: Words, there: int, least: int, kind: str, member: Words | None) -> Finding:
    of = Words("", "") if member is None else Words(f" in {member.en!r}", f"（{member.zh}）")
    return Finding(
        f"too_few.{kind}",
        Severity.SERIOUS,
        Words(
            f"{where} asks for {least:,} {title.en}{of.en} at least; there are {there:,}",
            f"{where} 要求{title.zh}{of.zh}至少 {least:,}；实有 {there:,}",
        ),
        Words(
            f"Gather {least - there:,} more: a verdict on the clause is undetermined without.",
            f"请再补充 {least - there:,}；否则该条款只能判为待定。",
        ),
        there,
        {"clause": where, "there": there, "required": least, "missing": least - there},
    )


CHECK = Check("coverage", Words("Does it hold what the specification asks for?", "是否覆盖规范要求的分组？"), find)
