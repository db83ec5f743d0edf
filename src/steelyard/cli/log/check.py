"""``steelyard log check``: whether a receipt holds, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli._options import Trusted
from steelyard.core.words import Words

ABOUT = Words(
    "Check a receipt offline. Exit codes: 0 it holds and a trusted key signed the log's head, 11 nobody who is trusted "
    "did, 12 it does not hold.",
    "离线核验回执。退出码：0 成立且树头有可信签名，11 无可信签名，12 不成立。",
)


def command(
    receipt: Annotated[Path, typer.Argument(metavar="RECEIPT", help=str(Words("The receipt.", "回执文件。")))],
    report: Annotated[
        Path | None, typer.Option("--report", help=str(Words("Bundle that it should be of.", "应对应的报告包。")))
    ] = None,
    trust: Trusted = None,
) -> None:
    """Check a receipt."""
    from steelyard.cli._terminal import console
    from steelyard.registry.entries import check_receipt
    from steelyard.registry.shown import show_receipt
    from steelyard.report.proof.keys import trusted_keys

    checked = check_receipt(receipt, report, trusted_keys(trust or []))
    show_receipt(console(), checked)
    raise typer.Exit(0 if checked.signed else 11)
