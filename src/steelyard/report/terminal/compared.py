"""Two runs side by side, for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from steelyard.bench.comparing import MATCHED_PAIRS, Compared, Difference, Flip
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
FOUND = {
    Outcome.BETTER: Words("better", "前者更好"),
    Outcome.EQUAL: Words("equal", "两者相当"),
    Outcome.NOT_WORSE: Words("not worse", "前者不劣于后者"),
    Outcome.WORSE: Words("worse", "前者更差"),
    Outcome.UNKNOWN: Words("we do not know", "尚不清楚"),
}
"""Whole sentences in Chinese, where what is compared must be named."""
SHOWN = 8
"""So many samples are named on either side; JSON has more."""


def show_compared(console: Console, compared: Compared) -> None:
    """Show what two runs differ by."""
    plan = compared.first
    say(console, f"{plan.specification}#{plan.clause.name} · {plan.clause.where}", style="bold")
    facts(
        console,
        {
            Words("First", "前者"): compared.first.product.uri,
            Words("Second", "后者"): compared.second.product.uri,
            Words("Test set", "测试集"): f"{compared.card.label}: {compared.card.title}",
            Words("Margin", "界值"): _margin(compared),
        },
    )
    console.print()
    console.print(_table(compared, compared.differences))
    for difference in compared.differences:
        for words in _remarks(compared, difference):
            say(console, words, 2)
    for column, members in compared.groups.items():
        console.print()
        say(console, compared.card.groups[column], style="bold")
        console.print(_table(compared, members))
    _show_flips(console, compared)
    console.print()
    one = len({difference.outcome for difference in compared.differences}) == 1
    found = FOUND[compared.outcome] if one else Words("it depends on the requirement", "各项要求结论不一")
    first, second = compared.first.product.uri, compared.second.product.uri
    verdict = Words(f"{first} against {second}: {found.en}", f"{first}（前者）与 {second}（后者）相比：{found.zh}")
    say(console, verdict, style=STYLES[compared.outcome])


def _margin(compared: Compared) -> Words:
    """Return the margin in the unit of what is compared, and when it was stated."""
    if compared.margin == 0.0:
        return Words("none", "无")
    each = {each.requirement.limit.unit: None for each in compared.differences}
    sizes = [apart(compared.margin, unit) for unit in each]
    size = Words(" / ".join(one.en for one in sizes), " / ".join(one.zh for one in sizes))
    if compared.margin_stated is None:
        return size
    stated = compared.margin_stated
    return Words(f"{size.en}, {stated.en}", f"{size.zh}，{stated.zh}")


def apart(difference: float | None, unit: str, *, short: bool = False) -> Words:
    """Return a difference of two values: of shares in percentage points, for 0.7 % of a share is something else.

    Examples
    --------
    >>> apart(0.4, "1").en, apart(-0.0069, "1", short=True).en, apart(0.25, "°").en
    ('40 percentage points', '-0.69 pp', '0.25 °')
    """
    if difference is None or unit != "1":
        shown = quantity(difference, unit)
        return Words(shown, shown)
    if short:
        return Words(f"{difference * 100:.2f} pp", f"{difference * 100:.2f} 百分点")
    points = f"{difference * 100:.4g}"
    return Words(f"{points} percentage points", f"{points} 百分点")


def _table(compared: Compared, differences: Iterable[Difference]) -> Table:
    from rich.text import Text

    confidence = f"{compared.first.decision.confidence * 100:g} %"
    rows = table(
        Words("requirement", "要求"),
        Words("first", "前者"),
        Words("second", "后者"),
        Words("advantage", "优势"),
        Words(f"lower {confidence}", f"单侧 {confidence}\n置信下限"),
        Words(f"upper {confidence}", f"单侧 {confidence}\n置信上限"),
        Words("the first is", "结论"),
    )
    for column in rows.columns[1:6]:
        column.justify = "right"
    for each in differences:
        unit = each.requirement.limit.unit
        names = listed(map(compared.card.named, each.scope.values()))
        title = Words(f"{each.title.en} [{names.en}]", f"{each.title.zh} [{names.zh}]") if each.scope else each.title
        rows.add_row(
            str(title),
            *(quantity(value, unit) for value in (each.first, each.second)),
            *(str(apart(value, unit, short=True)) for value in (each.advantage, each.lower, each.upper)),
            Text(str(FOUND[each.outcome]), STYLES[each.outcome]),
        )
    return rows


def _because(difference: Difference, margin: float) -> Words:
    """Return what the bounds show, in the unit of what is compared."""
    lower, upper, unit = difference.lower, difference.upper, difference.requirement.limit.unit
    if unit != "1" or lower is None or upper is None:
        return difference.because
    low, high, by = apart(lower, unit), apart(upper, unit), apart(margin, unit)
    match difference.outcome:
        case Outcome.BETTER:
            return Words(f"even the lower bound, {low.en}, is above zero", f"下限 {low.zh}仍大于零")
        case Outcome.WORSE:
            return Words(f"even the upper bound, {high.en}, is below zero", f"上限 {high.zh}仍小于零")
        case Outcome.NOT_WORSE:
            return Words(
                f"the lower bound, {low.en}, is within the margin of {by.en}; the upper one, {high.en}, is not",
                f"下限 {low.zh}在界值 {by.zh}之内，上限 {high.zh}不在",
            )
        case Outcome.EQUAL:
            better = Words(", though the first is better by a little", "，前者略好")
            worse = Words(", though the first is worse by a little", "，前者略差")
            though = better if lower > 0.0 else worse if upper < 0.0 else Words("", "")
            return Words(
                f"both bounds are within the margin of {by.en}{though.en}", f"两界限均在界值 {by.zh}之内{though.zh}"
            )
        case Outcome.UNKNOWN:
            if "margin" not in difference.because.en:  # zero lies between them, or they may not decide
                return difference.because
            return Words(
                f"the lower bound, {low.en}, is beyond the margin of {by.en}, and zero lies between the bounds",
                f"下限 {low.zh}超出界值 {by.zh}，且零位于两界限之间",
            )


def _remarks(compared: Compared, difference: Difference) -> list[Words]:
    title, because = difference.title, _because(difference, compared.margin)
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
    elif difference.test == MATCHED_PAIRS and difference.p_value is not None:
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
            rounds = compared.first.rounds
            mean = Words(f" (mean of {rounds} times)", f"（{rounds} 次平均）") if rounds > 1 else Words("", "")
            say(console, Words(f"{words.en}{mean.en}:", f"{words.zh}{mean.zh}："), style="bold")
            for flip in flips[:SHOWN]:
                say(console, _flip(flip), 2)


def _flip(flip: Flip) -> str:
    return f"{flip.sample}: {flip.first:g} / {flip.second:g} {flip.title}"
