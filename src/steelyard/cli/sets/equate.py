"""``steelyard sets equate``: whether two versions of a set are equally hard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Tell by how much a product does better on a new version of a set, from its runs on both. "
    "Exit codes: 0 equally hard within the margin, 11 not shown.",
    "由同一产品在新旧两个版本上的检测，说明其在新版本上好多少。退出码：0 在界值内难度相当，11 未得到证明。",
)


def command(
    old: Annotated[
        Path, typer.Argument(metavar="RUN_OLD", help=str(Words("Run on the old version.", "旧版本上的检测。")))
    ],
    new: Annotated[
        Path, typer.Argument(metavar="RUN_NEW", help=str(Words("Run on the new version.", "新版本上的检测。")))
    ],
    margin: Annotated[
        str,
        typer.Option(
            help=str(Words("How much may differ: 2%. State it before looking.", "可相差多少：如 2%。请事先给定。"))
        ),
    ],
    old_set: Annotated[
        str | None, typer.Option(help=str(Words("Folder of the old version.", "旧版本的目录。")))
    ] = None,
    new_set: Annotated[
        str | None, typer.Option(help=str(Words("Folder of the new version.", "新版本的目录。")))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print JSON.", "输出 JSON。")))] = False,
) -> None:
    """Tell whether two versions of a set are equally hard."""
    from steelyard.bench.comparing import margin_of
    from steelyard.bench.equating import equate_runs
    from steelyard.cli._terminal import console
    from steelyard.core.canonical import plain
    from steelyard.report.terminal.equated import show_equated

    found = equate_runs(old, new, margin=margin_of(margin), old_set=old_set, new_set=new_set)
    if as_json:
        print(json.dumps({"equally_hard": found.equally_hard} | plain(found), ensure_ascii=False, indent=2))
    else:
        show_equated(console(), found)
    raise typer.Exit(0 if found.equally_hard else 11)
