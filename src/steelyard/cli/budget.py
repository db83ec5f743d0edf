"""``steelyard budget``: what makes the values of a report uncertain, computed from the report alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Uncertainty budget of each finding that decides, computed from a report alone (JCGM 100, EA-4/16).",
    "起决定作用的各项结果的不确定度评定，仅由报告算得（JCGM 100、EA-4/16）。",
)


def command(
    report: Annotated[
        Path,
        typer.Argument(
            help=str(Words("Folder of a run, report.json, or a bundle.", "检测目录、report.json 或报告包。"))
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print JSON.", "输出 JSON。")))] = False,
) -> None:
    """Show the uncertainty budget of each finding that decides."""
    from steelyard.cli._terminal import console
    from steelyard.core.canonical import plain
    from steelyard.report.laboratory.budget import budgets
    from steelyard.report.laboratory.budget_terminal import show_budgets
    from steelyard.report.reread import reread

    read = reread(report)
    found = budgets(read.findings, read.plan, read.card, read.repeatability)
    if as_json:
        document = {"format": "steelyard/budget/1", "report": read.digest, "plan": read.plan.digest}
        print(json.dumps(document | {"budgets": plain(found)}, ensure_ascii=False, indent=2))
    else:
        show_budgets(console(), found)
