"""``steelyard export``: a report in a format that other tools read, once it has been computed again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words
from steelyard.report import exports

ABOUT = Words(
    "Write a report in a format that others read, once every number has been computed again; a bundle that does not "
    "hold is refused (exit code 12).",
    "重新计算报告的全部数值后，将其写成其他工具可读的格式；不成立的报告包不予导出（退出码 12）。",
)


def command(
    file: Annotated[Path, typer.Argument(metavar="REPORT.ZIP", help=str(Words("The bundle.", "报告包。")))],
    as_: Annotated[
        str,
        typer.Option(
            "--as", metavar="FORMAT", help=str(Words("One of: ", "可选：")) + ", ".join(exports.names()) + "."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help=str(Words("File; by default standard output.", "输出文件；缺省为标准输出。"))),
    ] = None,
) -> None:
    """Write a report in a format that others read."""
    from steelyard.bench.durable import write_where_told
    from steelyard.report.proof.container import unpacked

    chosen = exports.find(as_)
    data = chosen.export(exports.verified_report(unpacked(file), file))
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_where_told(out, data)
        print(out)
