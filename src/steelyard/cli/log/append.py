"""``steelyard log append``: a report enters a log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Enter a report into a log, as a draft until it is issued. Its run must stand there already: steelyard run … --log "
    "enters it with its plan.",
    "将报告登记入日志，出具之前为草案。其检测须已登记：steelyard run … --log 会连同方案一并登记。",
)


def command(
    folder: Annotated[Path, typer.Argument(metavar="LOG", help=str(Words("Folder of the log.", "日志目录。")))],
    what: Annotated[
        Path,
        typer.Argument(metavar="REPORT.ZIP", help=str(Words("A bundle.", "报告包。"))),
    ],
    key: Annotated[str, typer.Option("--key", help=str(Words("The log keeper's key.", "日志保管者的密钥。")))],
) -> None:
    """Enter a report into a log."""
    from steelyard.registry.entries import report_entry
    from steelyard.registry.log import Log
    from steelyard.report.proof.keys import private_key

    secret = private_key(key)
    receipt = Log(folder).append(report_entry(what), secret)
    print(Words(f"entry {receipt.index + 1} of {receipt.size}", f"第 {receipt.index + 1} 条，共 {receipt.size} 条"))
