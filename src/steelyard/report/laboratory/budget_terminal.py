"""Uncertainty budgets, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from steelyard.core.words import Words
from steelyard.report._layout import say, table
from steelyard.report.laboratory._budget_sources import Standing
from steelyard.report.laboratory._figures import uncertainty
from steelyard.report.laboratory.budget import Budget

if TYPE_CHECKING:
    from rich.console import Console


def show_budgets(console: Console, budgets: Sequence[Budget]) -> None:
    """Show the budget of each finding."""
    for each in budgets:
        say(console, each.title, style="bold")
        rows = table(
            Words("source", "来源"),
            Words("type", "类别"),
            Words("u", "u"),
            Words("ν", "ν"),
            Words("how, or why not", "评定方法或理由"),
        )
        for one in each.components:
            bounded = one.standing is Standing.EVALUATED and one.uncertainty is None
            shown = Words("bounded", "以界限表示") if bounded else one.standing.words
            freedom = "∞" if one.freedom is None else f"{one.freedom:.1f}"
            rows.add_row(
                str(one.name),
                one.evaluation or "—",
                str(shown) if one.uncertainty is None else uncertainty(one.uncertainty, each.unit),
                "—" if one.uncertainty is None else freedom,
                str(one.because),
            )
        console.print(rows)
        say(console, each.sentence, 2)
        if each.combined is not None:
            say(console, Words(f"{each.because.en}.", f"{each.because.zh}。"), 2, style="dim")
        console.print()
    say(
        console,
        Words(
            "The verdict rests on the two one-sided bounds, and not on this budget.",
            "判定依据两个单侧界限，而非本评定。",
        ),
        style="dim",
    )
