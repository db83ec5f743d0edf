"""``steelyard verify``: whether a bundle holds what it says, and who stands for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli._options import Trusted
from steelyard.core.words import Words

ABOUT = Words(
    "Check a bundle offline: signatures, digests, and every number computed again. Exit codes: 0 all holds and a "
    "trusted key has signed, 11 all holds but nobody who is trusted has signed, 12 something does not hold, "
    "2 the call was wrong.",
    "离线核验报告包：签名、摘要，并重新计算全部数值。退出码：0 全部成立且有可信签名，"
    "11 全部成立但无可信签名，12 有内容不成立，2 调用有误。",
)


def command(
    file: Annotated[Path, typer.Argument(metavar="REPORT.ZIP", help=str(Words("The bundle.", "报告包。")))],
    trust: Trusted = None,
    test_set: Annotated[
        str | None,
        typer.Option(
            "--set",
            metavar="SET",
            help=str(
                Words(
                    "The set's name or folder: split, ids, groups and units are held against it too.",
                    "数据集名称或目录：另核对划分、编号、分组与抽样单元。",
                )
            ),
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print JSON.", "输出 JSON。")))] = False,
) -> None:
    """Check a bundle."""
    from steelyard.cli._terminal import console
    from steelyard.library.store import open_set
    from steelyard.report.container import unpacked
    from steelyard.report.keys import trusted_keys
    from steelyard.report.verified import show_verified, verified

    members, trusted = unpacked(file), trusted_keys(trust or [])
    found = verified(members, trusted, None if test_set is None else open_set(test_set))
    if as_json:
        print(json.dumps(found.document(), ensure_ascii=False, indent=2))
    else:
        show_verified(console(), found)
    raise typer.Exit(found.exit_code)
