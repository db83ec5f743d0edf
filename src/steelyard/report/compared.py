"""Two runs side by side, for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from steelyard.bench.comparing import Compared, Difference, Flip
from steelyard.core.words import Words, listed
from steelyard.report._layout import facts, quantity, say, table
from steelyard.stats.comparison.non_inferiority import Outcome

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

EXIT_CODES = {
    Outcome.BETTER: 0,
    Outcome.EQUAL: 0,
    Outcome.NOT_WORSE: 0,
    Outcome.WORSE: 10,
    Outcome.UNKNOWN: 11,
}
STYLES = {
    Outcome.BETTER: "bold green",
    Outcome.EQUAL: "bold",
    Outcome.NOT_WORSE: "bold",
    Outcome.WORSE: "bold red",
    Outcome.UNKNOWN: "bold yellow",
}
SHOWN = 8
"""So many samples are named on either side; JSON has more."""


def show_compared(console: Console, compared: Compared) -> None:
    """Show what two runs differ by."""
    plan = compared.first
    say(console, f"{plan.specification}#{plan.clause.name} · {plan.clause.where}", style="bold")
    margin = Words("none", "无") if compared.margin == 0.0 else Words(f"{compared.margin:g}", f"{compared.margin:g}")
    facts(
        console,
        {
            Words("First", "前者"): compared.first.product.uri,
            Words("Second", "后者"): compared.second.product.uri,
            Words("Test set", "测试集"): f"{compared.card.label}: {compared.card.title}",
            Words("Margin", "界值"): margin,
        },
    )
    console.print()
    console.print(_table(compared, compared.differences))
    for difference in compared.differences:
        for words in _remarks(difference):
            say(console, words, 2)
    for column, members in compared.groups.items():
        console.print()
        say(console, compared.card.groups[column], style="bold")
        console.print(_table(compared, members))
    _show_flips(console, compared)
    console.print()
    one = len({difference.outcome for difference in compared.differences}) == 1
    found = compared.outcome.words if one else Words("it depends on the requirement", "各项要求结论不一")
    first, second = compared.first.product.uri, compared.second.product.uri
    verdict = Words(f"{first} against {second}: {found.en}", f"{first} 与 {second} 相比：{found.zh}")
    say(console, verdict, style=STYLES[compared.outcome])


def _table(compared: Compared, differences: Iterable[Difference]) -> Table:
    from rich.text import Text

    confidence = f"{compared.first.decision.confidence * 100:g} %"
    rows = table(
        Words("requirement", "要求"),
        Words("first", "前者"),
        Words("second", "后者"),
        Words("advantage", "优势"),
        Words(f"lower {confidence}", f"{confidence} 下限"),
        Words(f"upper {confidence}", f"{confidence} 上限"),
        Words("the first is", "前者"),
    )
    for column in rows.columns[1:6]:
        column.justify = "right"
    for each in differences:
        unit = each.requirement.limit.unit
        names = listed(map(compared.card.named, each.scope.values()))
        title = Words(f"{each.title.en} [{names.en}]", f"{each.title.zh} [{names.zh}]") if each.scope else each.title
        rows.add_row(
            str(title),
            *(quantity(value, unit) for value in (each.first, each.second, each.advantage, each.lower, each.upper)),
            Text(str(each.outcome.words), STYLES[each.outcome]),
        )
    return rows


def _remarks(difference: Difference) -> list[Words]:
    title, because = difference.title, difference.because
    said = [Words(f"{title.en}: {because.en}.", f"{title.zh}：{because.zh}。")]
    if difference.only_first is not None and difference.only_second is not None:
        said.append(
            Words(
                f"Right where the other is wrong: the first {difference.only_first:,} times, the second "
                f"{difference.only_second:,} times (McNemar, exact: p = {difference.p_value:.3g}).",
                f"对方错而己方对：前者 {difference.only_first:,} 次，后者 {difference.only_second:,} 次"
                f"（McNemar 精确检验 p = {difference.p_value:.3g}）。",
            )
        )
    elif difference.test == "mapsswe" and difference.p_value is not None:
        said.append(
            Words(
                f"Matched pairs by samples, which takes them to be independent: p = {difference.p_value:.3g}.",
                f"按样本配对检验（假定样本独立）：p = {difference.p_value:.3g}。",
            )
        )
    return said + [Words(f"Note: {flag.en}.", f"注意：{flag.zh}。") for flag in difference.flags]


def _show_flips(console: Console, compared: Compared) -> None:
    """Name the samples on which one product does much better than the other."""
    sides = {
        Words("Worst for the first, against the second", "前者相对后者最差的样本"): [
            flip for flip in compared.flips if flip.first > flip.second
        ],
        Words("Worst for the second, against the first", "后者相对前者最差的样本"): [
            flip for flip in compared.flips if flip.first < flip.second
        ],
    }
    for words, flips in sides.items():
        if flips:
            console.print()
            say(console, Words(f"{words.en}:", f"{words.zh}："), style="bold")
            for flip in flips[:SHOWN]:
                say(console, _flip(flip), 2)


def _flip(flip: Flip) -> str:
    return f"{flip.sample}: {flip.first:g} / {flip.second:g} {flip.title}"
