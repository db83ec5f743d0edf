"""``steelyard log append``: a plan or a report enters a log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Enter a report into a log, or the plan of a run. A report enters only after its plan: steelyard run … --log.",
    "将报告（或检测方案）登记入日志。报告须在其方案之后登记：steelyard run … --log。",
)


def command(
    folder: Annotated[Path, typer.Argument(metavar="LOG", help=str(Words("Folder of the log.", "日志目录。")))],
    what: Annotated[
        Path,
        typer.Argument(
            metavar="RUN|REPORT.ZIP", help=str(Words("Folder of a run, or a bundle.", "检测目录或报告包。"))
        ),
    ],
    key: Annotated[str, typer.Option("--key", help=str(Words("The log keeper's key.", "日志保管者的密钥。")))],
) -> None:
    """Enter a plan or a report into a log."""
    from steelyard.registry.entries import entry_of
    from steelyard.registry.log import Log
    from steelyard.report.keys import private_key

    secret = private_key(key, os.environ.get("STEELYARD_KEY_PASSPHRASE"))
    receipt = Log(folder).append(entry_of(what), secret)
    print(Words(f"entry {receipt.index} of {receipt.size}", f"第 {receipt.index} 条，共 {receipt.size} 条"))
