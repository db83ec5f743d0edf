"""``steelyard log prove``: a receipt that a plan or a report stands in a log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words("Write the receipt that a report, or a plan, stands in a log.", "出具报告（或方案）已登记的回执。")


def command(
    folder: Annotated[Path, typer.Argument(metavar="LOG", help=str(Words("Folder of the log.", "日志目录。")))],
    what: Annotated[
        Path,
        typer.Argument(
            metavar="RUN|REPORT.ZIP", help=str(Words("Folder of a run, or a bundle.", "检测目录或报告包。"))
        ),
    ],
    out: Annotated[Path, typer.Option(help=str(Words("File for the receipt.", "回执文件。")))] = Path("receipt.json"),
) -> None:
    """Write a receipt."""
    from steelyard.bench.durable import write_where_told
    from steelyard.core.canonical import canonical
    from steelyard.registry.entries import entry_of
    from steelyard.registry.log import Log

    entry = entry_of(what)
    receipt = Log(folder).receipt(entry)
    write_where_told(out, canonical(receipt.document()) + b"\n")
    print(out)
