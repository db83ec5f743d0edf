"""``steelyard log withdraw``: a report is withdrawn; it stays in the log, marked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Withdraw a report, with the reason. It stays in the log, marked.",
    "撤回报告并注明理由；报告仍留在日志中，并作标记。",
)


def command(
    folder: Annotated[Path, typer.Argument(metavar="LOG", help=str(Words("Folder of the log.", "日志目录。")))],
    report: Annotated[Path, typer.Argument(metavar="REPORT.ZIP", help=str(Words("The bundle.", "报告包。")))],
    reason: Annotated[str, typer.Option("--reason", help=str(Words("Why.", "理由。")))],
    key: Annotated[str, typer.Option("--key", help=str(Words("The log keeper's key.", "日志保管者的密钥。")))],
) -> None:
    """Withdraw a report."""
    from steelyard.registry.entries import withdrawal
    from steelyard.registry.log import Log
    from steelyard.report.keys import private_key

    secret = private_key(key)
    receipt = Log(folder).append(withdrawal(report, reason), secret)
    print(Words(f"entry {receipt.index} of {receipt.size}", f"第 {receipt.index} 条，共 {receipt.size} 条"))
