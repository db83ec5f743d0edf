"""``steelyard sets verify``: check sets that are here, row by row."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from steelyard.core.words import Words

if TYPE_CHECKING:
    from steelyard.library.verifying import Verified

ABOUT = Words(
    "Check that sets are what their cards say, row by row, and that a part belongs to its whole. "
    "Exit codes: 0 they are, 12 one is not, 2 the call was wrong.",
    "逐行核对数据集是否与卡片一致，子集是否属于其全集。退出码：0 一致，12 有不一致，2 调用有误。",
)


def command(
    sets: Annotated[
        list[str],
        typer.Argument(metavar="SET…", help=str(Words("Names or folders of sets.", "数据集名称或目录。"))),
    ],
    deep: Annotated[
        bool,
        typer.Option(
            "--deep",
            help=str(Words("Recorded answers as well, and every input is decoded.", "并核对答案记录、逐个解码输入。")),
        ),
    ] = False,
) -> None:
    """Check sets that are here."""
    from steelyard.core.errors import SteelyardError
    from steelyard.library.verifying import verify

    worst: SteelyardError | None = None
    for address in sets:
        try:
            print(_said(verify(address, deep=deep)), flush=True)
        except SteelyardError as error:
            if len(sets) == 1:
                raise
            print(f"steelyard: {error}", file=sys.stderr)
            worst = max(worst or error, error, key=lambda each: each.exit_code)
    if worst is not None:
        raise typer.Exit(worst.exit_code)


def _said(verified: Verified) -> Words:
    card, whole = verified.card, verified.membership
    if verified.sealed:
        return Words(
            f"{card.label}: sealed; its files are those that were sealed (the rows are for whoever has a key)",
            f"{card.label}：已密封；文件与密封时一致（行内容须持密钥方可核对）",
        )
    part = Words("", "")
    if whole is not None:
        part = Words(f"; part of {whole.label}, {whole.digest}", f"；属于 {whole.label}，{whole.digest}")
    return Words(
        f"{card.label}: {card.samples:,} samples are what the card says, {card.digest}{part.en}",
        f"{card.label}：{card.samples:,} 个样本与卡片一致，{card.digest}{part.zh}",
    )
