"""``steelyard log recall``: a set, a method or a version of the bench is recalled; reports that used it are marked."""

from __future__ import annotations

from typing import Annotated

import typer

from steelyard.cli._options import DecidedBy, LogFolder
from steelyard.core.errors import CallError
from steelyard.core.words import Words

ABOUT = Words(
    "Recall a test set, a method or a version of Steelyard: lists what reports of the log used it, and marks these.",
    "召回测试集、检测方法或 Steelyard 的某一版本：列出日志中用过它的全部报告并作标记。",
)


def command(
    folder: LogFolder,
    test_set: Annotated[
        str | None, typer.Option("--set", metavar="NAME@VERSION", help=str(Words("A test set.", "测试集。")))
    ] = None,
    method: Annotated[
        str | None, typer.Option("--method", metavar="NAME[/VERSION]", help=str(Words("A method.", "检测方法。")))
    ] = None,
    steelyard: Annotated[
        str | None,
        typer.Option("--steelyard", metavar="VERSION", help=str(Words("A version of Steelyard.", "Steelyard 版本。"))),
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help=str(Words("Why.", "理由。")))] = None,
    key: Annotated[
        str | None, typer.Option("--key", help=str(Words("The log keeper's key.", "日志保管者的密钥。")))
    ] = None,
    by: DecidedBy = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=str(Words("List only; nothing is entered.", "仅列出，不登记。")))
    ] = False,
) -> None:
    """Recall what reports rest on."""
    from steelyard.cli._terminal import console
    from steelyard.registry.deciding import recall
    from steelyard.registry.log import Log
    from steelyard.registry.recalls import affected, recall_of
    from steelyard.registry.shown import show_recall

    what = recall_of(test_set, method, steelyard)
    if dry_run:
        show_recall(console(), what, affected(what, Log(folder).existing()), None)
        return
    if reason is None or key is None:
        raise CallError(
            Words("a recall needs --reason and --key.", "召回需要 --reason 与 --key。"),
            Words("Only --dry-run needs neither.", "仅 --dry-run 可以不带。"),
        )
    receipt, found = recall(folder, what, reason, key=key, by=by)
    show_recall(console(), what, found, receipt)
