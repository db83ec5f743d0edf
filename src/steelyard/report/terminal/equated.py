"""Two versions of a set and how hard they are, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.bench.equating import Equated, Shift
from steelyard.core.words import Words
from steelyard.report._layout import facts, quantity, say, table
from steelyard.report.terminal.compared import apart
from steelyard.stats.comparison.non_inferiority import Outcome

if TYPE_CHECKING:
    from rich.console import Console

FOUND = {
    Outcome.EQUAL: Words("equally hard within the margin", "在界值内难度相当"),
    Outcome.BETTER: Words("easier", "更易"),
    Outcome.WORSE: Words("harder", "更难"),
    Outcome.NOT_WORSE: Words("not harder by the margin", "未难出界值"),
    Outcome.UNKNOWN: Words("we do not know", "尚不清楚"),
}


def show_equated(console: Console, found: Equated) -> None:
    """Show by how much a product does better on the new version."""
    plan = found.old
    say(console, f"{plan.specification}#{plan.clause.name} · {plan.clause.where}", style="bold")
    anchored = Words(
        f"{found.anchors:,} anchor samples, {found.shared_units:,} units in both: paired there",
        f"{found.anchors:,} 个锚样本，{found.shared_units:,} 个共有抽样单元：对其配对",
    )
    apart_ = Words("no sample and no unit in both: two independent samples", "无共有样本与抽样单元：按两个独立样本")
    facts(
        console,
        {
            Words("Product", "产品"): plan.product.uri,
            Words("Old version", "旧版本"): f"{found.old_card.label} ({found.old.samples:,})",
            Words("New version", "新版本"): f"{found.new_card.label} ({found.new.samples:,})",
            Words("In both", "共有"): anchored if found.anchors or found.shared_units else apart_,
            Words("Margin", "界值"): _margin(found),
        },
    )
    confidence = f"{plan.decision.confidence * 100:g} %"
    rows = table(
        Words("requirement", "要求"),
        Words("old", "旧"),
        Words("new", "新"),
        Words("better on the new", "新版本上的优势"),
        Words(f"lower {confidence}", f"单侧 {confidence}\n置信下限"),
        Words(f"upper {confidence}", f"单侧 {confidence}\n置信上限"),
        Words("the new one is", "新版本"),
    )
    for shift in found.shifts:
        unit = shift.requirement.limit.unit
        rows.add_row(
            str(shift.title),
            *(quantity(value, unit) for value in (shift.old, shift.new)),
            *(str(apart(value, unit, short=True)) for value in (shift.advantage, shift.lower, shift.upper)),
            str(FOUND[shift.outcome]),
        )
    console.print(rows)
    for shift in found.shifts:
        for words in _remarks(shift):
            say(console, words, 2)
    say(console, _verdict(found), style="bold")
    say(
        console,
        Words(
            "Shown with one product, at its level: to one much better or worse the versions may differ by more.",
            "仅以一个产品、在其水平上得出：对水平相差甚远的产品，两个版本的差异可能更大。",
        ),
        style="dim",
    )


def _margin(found: Equated) -> Words:
    each = {shift.requirement.limit.unit: None for shift in found.shifts}
    sizes = [apart(found.margin, unit) for unit in each]
    return Words(" / ".join(one.en for one in sizes), " / ".join(one.zh for one in sizes))


def _remarks(shift: Shift) -> list[Words]:
    said = [Words(f"Note: {flag.en}.", f"注意：{flag.zh}。") for flag in shift.flags]
    if shift.lower is None:
        said.append(Words(f"{shift.title.en}: {shift.because.en}.", f"{shift.title.zh}：{shift.because.zh}。"))
    return said


def _verdict(found: Equated) -> Words:
    if found.equally_hard:
        return Words(
            f"{found.old_card.label} and {found.new_card.label} may be called equally hard within the margin.",
            f"{found.old_card.label} 与 {found.new_card.label} 可称在界值内难度相当。",
        )
    return Words(
        f"{found.old_card.label} and {found.new_card.label} may not be called equally hard within the margin.",
        f"{found.old_card.label} 与 {found.new_card.label} 不可称在界值内难度相当。",
    )
