"""What a clause needs, for the terminal: sizes alone and together, and what a set can show at best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.bench.needs import Need, Needs
from steelyard.bench.sizes import Planned
from steelyard.core.words import Words, listed
from steelyard.report._layout import decision, facts, quantity, say, table
from steelyard.report.terminal.trial import show_at_best

if TYPE_CHECKING:
    from rich.console import Console


def show_planned(console: Console, planned: Planned) -> None:
    """Show what a clause needs."""
    clause, needed = planned.clause, planned.needs
    say(console, f"{planned.specification}#{clause.name} · {clause.where}", style="bold")
    say(console, clause.words, 2, "italic")
    console.print()
    facts(
        console,
        {
            Words("Reading", "解读"): f"{needed.reading.name}: {needed.reading.because}",
            Words("Decision", "判定"): decision(needed.decision, needed.reading),
        },
    )
    console.print()
    console.print(_sizes(needed))
    for need in needed.each:
        say(console, _sentence(need), 2)
    for words in _remarks(needed):
        say(console, words, 2, "dim")
    console.print()
    if planned.card is not None:
        say(console, f"{planned.card.label}: {planned.card.title}", style="bold")
        show_at_best(console, planned.at_best, planned.card)


def _sizes(needed: Needs) -> object:
    power = f"{needed.power * 100:.0f} %"
    rows = table(
        Words("requirement", "要求"),
        Words("limit", "限值"),
        Words("expected", "预期"),
        Words("counted", "所计"),
        Words("least", "最少"),
        Words(f"{power} alone", f"单项 {power}"),
        Words(f"{power} together", f"各项同时 {power}"),
    )
    for column in rows.columns[1:3] + rows.columns[4:]:
        column.justify = "right"
    for need in needed.each:
        limit = need.requirement.limit
        rows.add_row(
            str(need.title),
            limit.text,
            f"{quantity(need.expected, limit.unit)}{' *' if need.assumed else ''}",
            str(need.counted),
            _count(need.alone.least),
            _count(need.alone.settles),
            _count(need.together.settles),
        )
    return rows


def _count(number: int | None) -> str:
    return "—" if number is None else f"{number:,}"


def _sentence(need: Need) -> Words:
    if need.because is not None:
        return Words(f"{need.title.en}: {need.because.en}.", f"{need.title.zh}：{need.because.zh}。")
    size, limit = need.alone, need.requirement.limit
    good = limit.holds(need.expected)
    way = Words("it conforms", "合格") if good else Words("it does not conform", "不合格")
    if size.least is None or size.chance is None:
        rows = _were_they_independent(need)
        return Words(
            f"{need.title.en}: {_count(size.settles)} {need.counted.en} show that {way.en}, "
            f"if the product is as expected{rows.en}.",
            f"{need.title.zh}：若产品如预期，{_count(size.settles)} 个{need.counted.zh}可证明{way.zh}{rows.zh}。",
        )
    return _with_least(need, size.least, size.chance)


def _were_they_independent(need: Need) -> Words:
    """Return how many rows would do if those of one cluster were no more alike than others, which they seldom are."""
    if need.independent is None or need.alone.settles is None or need.per_cluster is None:
        return Words("", "")
    held, would = _count(round(need.alone.settles * need.per_cluster)), _count(need.independent)
    return Words(
        f"; that is {held} answers, where {would} independent ones would do",
        f"；合 {held} 个答案（若各答案相互独立，{would} 个即可）",
    )


def _with_least(need: Need, least: int, chance: float) -> Words:
    limit = need.requirement.limit
    return Words(
        f"{need.title.en}: fewer than {least:,} {need.counted.en} cannot show {limit.text}; {least:,} can, only if "
        f"none is a {need.event.en}, which such a product achieves in {chance * 100:.0f} of 100 runs.",
        f"{need.title.zh}：少于 {least:,} 例{need.counted.zh}不能证明 {limit.text}；{least:,} 例须无一{need.event.zh}，"
        f"如此产品 100 次检测中有 {chance * 100:.0f} 次做到。",
    )


def _remarks(needed: Needs) -> list[Words]:
    said = []
    if any(need.assumed for need in needed.each):
        said.append(
            Words(
                "* nobody said what is expected: half of the errors that the limit allows (--expect).",
                "* 未说明预期：取限值所允许错误的一半（--expect）。",
            )
        )
    sized = any(need.because is None for need in needed.each)
    if needed.requirements > 1 and sized:
        said.append(
            Words(
                f"{needed.requirements} requirements must hold at once: with {needed.power * 100:.0f} % each, all hold "
                f"with {needed.naive * 100:.1f} %.",
                f"{needed.requirements} 项要求须同时满足：若各为 {needed.power * 100:.0f} %，"
                f"则全部满足的把握为 {needed.naive * 100:.1f} %。",
            )
        )
    said += _clusters(needed)
    said += _in_sequence(needed)
    said += _scope(needed)
    return said


def _clusters(needed: Needs) -> list[Words]:
    """Return what is assumed of clusters."""
    said = []
    if needed.over_clusters:
        said.append(
            Words(
                f"Clusters are assumed to vary by {needed.variation * 100:.0f} % of their mean error rate "
                "(--variation).",
                f"假定各群错误率的差异为其均值的 {needed.variation * 100:.0f} %（--variation）。",
            )
        )
    cluster = needed.named.get(needed.reading.cluster or "")
    if cluster is not None and any(need.one_each for need in needed.each):
        said.append(
            Words(
                f"Counted as if each of the {cluster.en} gave one answer; answers of one are alike, so that where "
                "there are N of each, more are needed: --per-cluster N.",
                f"按每个{cluster.zh}只给出一个答案计；同一{cluster.zh}的多个答案彼此相似，"
                "若各有 N 个则所需更多：--per-cluster N。",
            )
        )
    return said


def _in_sequence(needed: Needs) -> list[Words]:
    """Return after how many a plan that looks after each of them could first stop."""
    each = [need for need in needed.each if need.in_sequence is not None]
    if not each:
        return []
    found = listed(
        dict.fromkeys(
            Words(
                f"{_count(need.in_sequence)} {need.counted.en} for {need.requirement.limit.text}",
                f"{need.requirement.limit.text} 需 {_count(need.in_sequence)} 个{need.counted.zh}",
            )
            for need in each
        )
    )
    return [
        Words(
            "A sequential plan (run --sequential) stops as soon as all is settled; without a single error, not before "
            f"{found.en}.",
            f"序贯方案（run --sequential）一旦可判定即停止；即使毫无错误，最早也须：{found.zh}。",
        )
    ]


def _scope(needed: Needs) -> list[Words]:
    """Return what the numbers are for: each group by itself, or the groups that must be covered."""
    said, named, coverage = [], needed.named, needed.reading.coverage
    if coverage is not None:
        each = listed(
            Words(f"at least {count} {named[unit].en}", f"至少 {count} 个{named[unit].zh}")
            for unit, count in coverage.each.items()
        )
        group = named[coverage.group]
        held = Words(f", each with {each.en}" if each.en else "", f"，各有{each.zh}" if each.zh else "")
        said.append(
            Words(
                f"To be covered: at least {coverage.at_least} {group.en}s{held.en}.",
                f"须覆盖：至少 {coverage.at_least} 个{group.zh}{held.zh}。",
            )
        )
    if needed.reading.every is not None:
        every = named[needed.reading.every]
        said.append(Words(f"These numbers are for each {every.en} by itself.", f"以上数目为每个{every.zh}各自所需。"))
    return said
