"""A comparison between laboratories, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.core.words import Words
from steelyard.report._layout import facts, quantity, say, table
from steelyard.report.laboratory._figures import uncertainty
from steelyard.report.laboratory.interlab import Interlab, Result, Round
from steelyard.stats.proficiency import Standing

if TYPE_CHECKING:
    from rich.console import Console

EXIT_CODES = {
    Standing.SATISFACTORY: 0,
    Standing.UNSATISFACTORY: 10,
    Standing.QUESTIONABLE: 11,
    Standing.UNKNOWN: 11,
}
STYLES = {
    Standing.SATISFACTORY: "bold green",
    Standing.UNSATISFACTORY: "bold red",
    Standing.QUESTIONABLE: "bold yellow",
    Standing.UNKNOWN: "bold yellow",
}


SCORES = {"z": "z", "z_prime": "z′", "zeta": "ζ", "normalised_error": "E_n"}


def show_interlab(console: Console, found: Interlab) -> None:
    """Show how laboratories score."""
    say(console, f"{found.clause} · {found.test_set}", style="bold")
    facts(
        console,
        {
            Words("Product", "产品"): f"{found.product} ({found.product_digest[:19]}…)",
            Words("Laboratories", "实验室"): ", ".join(found.laboratories),
        },
    )
    for each in found.rounds:
        console.print()
        _show_round(console, each)
    say(
        console,
        Words(
            "All met the same samples: sampling is shared, and is in no score. |z|, |z′| and |ζ| ≤ 2 satisfactory, < 3 "
            "questionable; |E_n| ≤ 1 satisfactory (ISO 13528, ISO/IEC 17043).",
            "各实验室所用样本相同：抽样影响共有，不计入任何分值。|z|、|z′|、|ζ| ≤ 2 满意，< 3 有问题；"
            "|E_n| ≤ 1 满意（ISO 13528、ISO/IEC 17043）。",
        ),
        style="dim",
    )
    say(console, found.standing.words, style=STYLES[found.standing])


def _show_round(console: Console, each: Round) -> None:
    from rich.text import Text

    say(console, each.title, style="bold")
    uncertain = each.assigned_uncertainty
    size = f"u = {uncertainty(uncertain, each.unit)}"
    spread = f", σ_pt = {uncertainty(each.deviation, each.unit)}" if each.deviation is not None else ""
    assigned = quantity(each.assigned, each.unit)
    say(
        console,
        Words(
            f"assigned value {assigned} ({each.how.en}), {size}{spread}",
            f"指定值 {assigned}（{each.how.zh}），{size}{spread}",
        ),
        2,
    )
    rows = table(
        Words("laboratory", "实验室"),
        Words("value", "结果"),
        Words("U", "U"),
        *(Words(score, score) for score in SCORES.values()),
        Words("standing", "评定"),
    )
    for column in rows.columns[1:7]:
        column.justify = "right"
    for result in each.results:
        rows.add_row(
            result.laboratory,
            quantity(result.value, each.unit),
            uncertainty(result.expanded, each.unit),
            *(_score(result, name) for name in SCORES),
            Text(_standing(result), STYLES[result.standing]),
        )
    console.print(rows)
    for note in each.notes:
        say(console, Words(f"Note: {note.en}.", f"注意：{note.zh}。"), 2)


def _standing(result: Result) -> str:
    """Return what the scores say, and which of them decides."""
    by = "" if result.decided_by is None else f" ({SCORES[result.decided_by]})"
    return f"{result.standing.words}{by}"


def _score(result: Result, name: str) -> str:
    value = getattr(result, name)
    if value is None:
        return "∞" if result.infinite and result.decided_by == name else "—"
    return f"{value:.2f}"
