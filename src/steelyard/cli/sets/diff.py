"""``steelyard sets diff``: what changed from one set to another."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Show what changed from one set to another; exit code 10 where anything did.",
    "显示两个数据集之间的变化；有变化时退出码为 10。",
)


def command(
    first: Annotated[str, typer.Argument(metavar="OLD", help=str(Words("Name or folder.", "名称或目录。")))],
    second: Annotated[str, typer.Argument(metavar="NEW", help=str(Words("Name or folder.", "名称或目录。")))],
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print JSON.", "输出 JSON。")))] = False,
) -> None:
    """Show what changed from one set to another."""
    from steelyard.cli._terminal import console
    from steelyard.core.canonical import plain
    from steelyard.library.differences import differences
    from steelyard.library.store import open_set
    from steelyard.report.terminal.differing import show_differences

    found = differences(open_set(first), open_set(second))
    if as_json:
        print(json.dumps(plain(found), ensure_ascii=False, indent=2))
    else:
        show_differences(console(), found)
    raise typer.Exit(10 if found else 0)
