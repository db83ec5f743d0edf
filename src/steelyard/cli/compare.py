"""``steelyard compare``: which of two runs on the same samples is better, equal, or not shown to be either."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Compare two runs of one clause on the same samples: better, equal, not worse, worse, or we do not know. "
    "Exit codes: 0 the first is better, equal or not worse, 10 worse, 11 we do not know.",
    "比较以同一条款、同样样本所作的两次检测：更好、相当、不劣于、更差或尚不清楚。"
    "退出码：0 前者更好、相当或不劣于后者，10 更差，11 尚不清楚。",
)


def command(
    first: Annotated[Path, typer.Argument(help=str(Words("Folder of a run.", "一次检测的目录。")))],
    second: Annotated[Path, typer.Argument(help=str(Words("Folder of another.", "另一次检测的目录。")))],
    margin: Annotated[
        str,
        typer.Option(help=str(Words("How much worse still counts as equal: 0.5%.", "差多少仍算相当：如 0.5%。"))),
    ] = "0",
    test_set: Annotated[
        str | None, typer.Option("--set", help=str(Words("Folder of their set.", "所用数据集的目录。")))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print JSON.", "输出 JSON。")))] = False,
) -> None:
    """Compare two runs on the same samples."""
    from steelyard.bench.comparing import compare_runs, margin_of
    from steelyard.cli._terminal import console
    from steelyard.core.canonical import plain
    from steelyard.report.terminal.compared import EXIT_CODES, show_compared

    compared = compare_runs(first, second, margin=margin_of(margin), test_set=test_set)
    if as_json:
        print(json.dumps({"outcome": compared.outcome.value} | plain(compared), ensure_ascii=False, indent=2))
    else:
        show_compared(console(), compared)
    raise typer.Exit(EXIT_CODES[compared.outcome])
