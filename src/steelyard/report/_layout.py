"""How reports are set: paragraphs, facts, tables and quantities for the terminal, and what is remarked on findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from steelyard.bench.repeatability import Repeatability, Spread
from steelyard.core.card import Card
from steelyard.core.printable import printable
from steelyard.core.specification import Decision, Kind, Reading, Rule
from steelyard.core.verdict import Finding, Tipping, Verdict
from steelyard.core.words import Words, listed

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.style import StyleType
    from rich.table import Table


def say(console: Console, text: object, indent: int = 0, style: str = "") -> None:
    """Print a paragraph, every line of it indented; nothing in it is read as markup."""
    from rich.padding import Padding
    from rich.text import Text

    shown = text if isinstance(text, Text) else Text(printable(str(text)))
    console.print(Padding(shown, (0, 0, 0, indent), expand=False), style=style)


def facts(console: Console, values: Mapping[Words, object]) -> None:
    """Print names and values in two columns; what has no value is left out."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in values.items():
        if value:
            grid.add_row(printable(str(name), lines=False), Text(printable(str(value), lines=False)))
    console.print(grid)


def table(*headings: Words) -> Table:
    """Return an empty table."""
    from rich import box
    from rich.table import Table

    class Escaping(Table):
        """A table whose cells steer no terminal."""

        def add_row(
            self, *cells: RenderableType | None, style: StyleType | None = None, end_section: bool = False
        ) -> None:
            shown = [printable(cell) if isinstance(cell, str) else cell for cell in cells]
            super().add_row(*shown, style=style, end_section=end_section)

    made = Escaping(box=box.SIMPLE_HEAD, pad_edge=False, highlight=False)
    for place, heading in enumerate(headings):
        # What a row is called stands in one piece.
        made.add_column(printable(str(heading)), overflow="fold", no_wrap=place == 0)
    return made


def quantity(value: float | None, unit: str) -> str:
    """Return a value as readers see it: shares in percent, no data as a dash.

    Examples
    --------
    >>> quantity(0.94048, "1"), quantity(None, "1"), quantity(0.0049, "°")
    ('94.05 %', '—', '0.0049 °')
    """
    if value is None:
        return "—"
    return f"{value * 100:.2f} %" if unit == "1" else f"{value:.4g} {unit}"


def decision(by: Decision, reading: Reading) -> Words:
    """Return how the requirements of a reading are decided, and what that promises."""
    kinds = [requirement.kind for requirement in reading.requirements]
    confidence = f"{by.confidence * 100:g} %"
    said = []
    if Kind.SAMPLE in kinds:
        bounds = Words(f" by two one-sided {confidence} bounds", f"（两个单侧 {confidence} 置信界限）")
        rule = by.rule.words
        if by.rule is Rule.GUARDED:
            rule = Words(f"{rule.en}{bounds.en}", f"{rule.zh}{bounds.zh}")
        said.append(Words(f"{rule.en}: {by.risk.en}", f"{rule.zh}：{by.risk.zh}"))
    if Kind.ZERO_TOLERANCE in kinds:
        said.append(
            Words(
                "zero tolerance: one violation fails; that none is seen does not prove that there is none",
                "零容忍：出现一次即不合格；未见违反并不证明没有",
            )
        )
    if Kind.CENSUS in kinds:
        said.append(
            Words(
                "census: the listed items are tested, and speak of themselves alone",
                "全数检测：检测所列各项，结论仅限于此",
            )
        )
    return Words("; ".join(each.en for each in said), "；".join(each.zh for each in said))


def what(finding: Finding, card: Card | None) -> Words:
    """Return what a finding is about: its indicator, and the groups that it speaks of."""
    if not finding.scope:
        return finding.title
    names = listed(Words(name, name) if card is None else card.named(name) for name in finding.scope.values())
    return Words(f"{finding.title.en} [{names.en}]", f"{finding.title.zh} [{names.zh}]")


def bound(finding: Finding, *, upper: bool) -> str:
    """Return the upper or the lower bound as readers see it; a census has none, for nothing was drawn."""
    if finding.requirement.kind is Kind.CENSUS:
        return "—"
    return quantity(finding.estimate.upper if upper else finding.estimate.lower, finding.requirement.limit.unit)


def advises(finding: Finding) -> bool:
    """Tell whether a new run is advised: only a sample can be too small."""
    return finding.new_run is not None and finding.requirement.kind is Kind.SAMPLE


def remarks(findings: Sequence[Finding], card: Card | None = None) -> list[Words]:
    """Return what a reader must know of the numbers, each thing once; a card tells how its groups are called."""
    said: dict[Words, None] = {}
    for finding in findings:
        title = what(finding, card)
        if finding.new_run is not None and advises(finding):
            advice = finding.new_run.sentence
            said[Words(f"{title.en}: {advice.en}", f"{title.zh}：{advice.zh}")] = None
        elif finding.verdict in (Verdict.UNDETERMINED, Verdict.INVALID):
            said[Words(f"{title.en}: {finding.because.en}.", f"{title.zh}：{finding.because.zh}。")] = None
        if finding.tipping is not None:
            said[_tipping(title, finding.tipping)] = None
        for flag in finding.estimate.flags:
            said[Words(f"Note on {title.en}: {flag.en}.", f"注意（{title.zh}）：{flag.zh}。")] = None
    return list(said)


def _tipping(title: Words, tipping: Tipping) -> Words:
    """Return how many wrong reference answers the verdict survives, and how many there may be."""
    en = (
        f"{title.en}: the verdict would be another if {tipping.wrong:,} of {tipping.of:,} {tipping.counted.en} had "
        "been counted the other way, as wrong reference answers can bring about"
    )
    zh = (
        f"{title.zh}：{tipping.of:,} 例{tipping.counted.zh}中若有 {tipping.wrong:,} 例计数相反（参考答案有误即可如此）"
        "，判定即改变"
    )
    if tipping.stated is None:
        return Words(f"{en}; the set does not say how many may be wrong.", f"{zh}；数据集未说明可能有多少有误。")
    may = f"{tipping.stated:,.0f}"
    return Words(f"{en}; the set says that up to {may} may be wrong.", f"{zh}；据数据集自述，至多 {may} 例可能有误。")


def spread(repeated: Repeatability) -> Words:
    """Return how much an indicator varies between repeats and between sessions, in a sentence."""

    def sized(found: Spread | None) -> Words:
        if found is None:
            return Words("—", "—")
        value = quantity(found.value, repeated.unit)
        if found.upper is None and found.value == 0.0:  # what did not vary may yet vary
            return Words(f"{value} (all alike: no upper bound can be given)", f"{value}（各次相同，无法给出上限）")
        upper = "" if found.upper is None else f" (≤ {quantity(found.upper, repeated.unit)})"
        return Words(f"{value}{upper}", f"{value}{upper}")

    sessions = len(repeated.values)
    each = len(repeated.values[0])
    short, long = sized(repeated.repeatability), sized(repeated.intermediate)
    of = f"{sessions} session{'' if sessions == 1 else 's'} of {each} repeat{'' if each == 1 else 's'}"
    notes = Words(
        "".join(f" Note: {flag.en}." for flag in repeated.flags),
        "".join(f"注意：{flag.zh}。" for flag in repeated.flags),
    )
    return Words(
        f"{repeated.title.en}: repeatability s_r = {short.en}, intermediate precision {long.en}, from {of}.{notes.en}",
        f"{repeated.title.zh}：重复性 s_r = {short.zh}，中间精密度 {long.zh}，"
        f"共 {sessions} 个会话（每次启动产品为一个会话），"
        f"每个会话重复 {each} 次。{notes.zh}",
    )
