"""``steelyard pdf``: the page that is issued, on paper, made from a bundle that holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli._issuing import Asked, Clocks, Receipt
from steelyard.cli._options import Trusted
from steelyard.core.errors import UnknownName
from steelyard.core.words import Words, language

ABOUT = Words(
    "Make the report as PDF (A4), from a bundle: who stands for it, what was proved, every number computed again. "
    "A bundle that does not hold gets none (exit code 12); one that nobody who is trusted has signed gets one that "
    "says so (11), and so does one that by a log (--log) is a draft (11), or suspended, withdrawn, expired or "
    "recalled (12).",
    "由报告包生成 PDF 报告（A4）：责任方、已证明的内容与重新计算的全部数值。不成立的报告包不予生成（退出码 12）；"
    "没有可信签名的仍予生成并注明（11）；"
    "经日志（--log）查明为草案（11）或已暂停、撤回、过期、被召回（12）的亦同。",
)


LANGUAGES = ("en", "zh")


def command(
    file: Annotated[Path, typer.Argument(metavar="REPORT.ZIP", help=str(Words("The bundle.", "报告包。")))],
    out: Annotated[Path, typer.Option(help=str(Words("File.", "输出文件。")))] = Path("report.pdf"),
    spoken: Annotated[
        str | None,
        typer.Option("--language", metavar="en|zh", help=str(Words("By default the user's.", "缺省为用户的语言。"))),
    ] = None,
    trust: Trusted = None,
    receipt: Receipt = None,
    log: Asked = None,
    clocks: Clocks = None,
) -> None:
    """Make the report as PDF."""
    from steelyard.bench.durable import write_where_told
    from steelyard.cli._issuing import checked, end, writable
    from steelyard.report.pdf import pdf

    chosen = language() if spoken is None else spoken
    if chosen not in LANGUAGES:
        raise UnknownName(Words("language of reports", "报告语言"), chosen, LANGUAGES)
    writable(out, file, receipt, log, *(trust or ()), *(clocks or ()))
    members, found, entered, stood = checked(file, trust or [], receipt, log, clocks)
    write_where_told(out, pdf(members, found, entered, stood, language=chosen))
    print(out)
    end(found, stood)
