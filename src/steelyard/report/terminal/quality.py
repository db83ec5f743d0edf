"""What checks say of a set, for the terminal and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import plain
from steelyard.core.words import Words
from steelyard.library.quality import Quality
from steelyard.library.quality._check import Severity
from steelyard.report._layout import say, table
from steelyard.report.quality import result_of, said_of

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {Severity.SERIOUS: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
SHOWN = 3
"""Groups of samples that are named for each finding."""
MEMBERS = 4
SERIOUS = 10
"""Exit code where something is serious."""


def show_quality(console: Console, quality: Quality) -> None:
    """Show what each check found, the heaviest first."""
    say(console, f"{quality.card.label} · {quality.card.title}", style="bold")
    rows = table(Words("check", "检查项"), Words("question", "问题"), Words("result", "结果"))
    for name, outcome in quality.outcomes.items():
        rows.add_row(name, str(quality.questions[name]), str(result_of(outcome)))
    console.print(rows)
    for name, finding in quality.findings:
        say(console, f"{finding.severity.words} · {name}: {finding.what}", style=STYLES[finding.severity])
        say(console, finding.remedy, 2)
        for group in finding.samples[:SHOWN]:
            ids = ", ".join(group.ids[:MEMBERS]) + (", …" if len(group.ids) > MEMBERS else "")
            said = "" if group.said is None else f" ({group.said})"
            say(console, f"{ids}{said}", 4, "dim")
        more = len(finding.samples) - SHOWN
        if more > 0:
            say(
                console,
                Words(f"and {more:,} more: --out page.html, --json", f"另有 {more:,} 项：--out page.html、--json"),
                4,
                "dim",
            )
    for name, outcome in quality.outcomes.items():
        for note in outcome.notes:
            say(console, f"{name}: {note}", 0, "dim")
    console.print()
    say(console, said_of(quality), style="bold")


def exit_code(quality: Quality) -> int:
    """Return 10 where something is serious, else 0."""
    return SERIOUS if quality.serious else 0


def document(quality: Quality) -> dict[str, Any]:
    """Return all of it for programs: every finding with every sample."""
    return {
        "set": quality.card.label,
        "digest": quality.card.digest,
        "against": None if quality.against is None else quality.against.label,
        "clauses": list(quality.clauses),
        "exit_code": exit_code(quality),
        "counts": {severity.value: quality.counted(severity) for severity in Severity},
        "checks": {
            name: {"question": plain(quality.questions[name])} | plain(outcome)
            for name, outcome in quality.outcomes.items()
        },
    }
