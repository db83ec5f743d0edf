"""``steelyard log audit``: whether a log only ever grew, and what stands in it without an end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli._options import Trusted
from steelyard.core.words import Words

ABOUT = Words(
    "Go through a log: every signed head, what others were shown, seeds, attempts by product, plans without a report, "
    "what became of reports, recalls. Exit codes: 0 all holds, 12 something does not.",
    "审计日志：全部签名树头、他处所见树头、种子、各产品的检测次数、无报告的方案、报告状态与召回。"
    "退出码：0 成立，12 不成立。",
)


def command(
    folder: Annotated[Path, typer.Argument(metavar="LOG", help=str(Words("Folder of the log.", "日志目录。")))],
    seen: Annotated[
        list[Path] | None,
        typer.Option(
            "--seen",
            help=str(
                Words("Head or receipt that was seen elsewhere; again for more.", "他处所见的树头或回执；可重复。")
            ),
        ),
    ] = None,
    trust: Trusted = None,
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print JSON.", "输出 JSON。")))] = False,
) -> None:
    """Go through a log."""
    from steelyard.cli._terminal import console
    from steelyard.registry.entries import seen_head
    from steelyard.registry.log import Log
    from steelyard.registry.shown import show_audit
    from steelyard.registry.standing import today
    from steelyard.report.proof.keys import trusted_keys

    audit = Log(folder).audit(trusted_keys(trust or []), [seen_head(each) for each in seen or []])
    if as_json:
        print(json.dumps(audit.document(today()), ensure_ascii=False, indent=2))
    else:
        show_audit(console(), audit, today())
    raise typer.Exit(12 if audit.faults else 0)
