"""``steelyard sets verify``: check sets that are here, row by row."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from steelyard.core.words import Words

if TYPE_CHECKING:
    from steelyard.library.sealed.sealing import Copy
    from steelyard.library.verifying import Verified

ABOUT = Words(
    "Check that sets are what their cards say, row by row, and that a part belongs to its whole. "
    "Exit codes: 0 they are, 12 one is not, 2 the call was wrong.",
    "逐行核对数据集是否与卡片一致，子集是否属于其全集。退出码：0 一致，12 有不一致，2 调用有误。",
)


def command(
    sets: Annotated[
        list[str],
        typer.Argument(metavar="SET", help=str(Words("Names or folders of sets.", "数据集名称或目录。"))),
    ],
    deep: Annotated[
        bool,
        typer.Option(
            "--deep",
            help=str(Words("Recorded answers as well, and every input is decoded.", "并核对答案记录、逐个解码输入。")),
        ),
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="SEALED",
            help=str(
                Words(
                    "Sealed set whose commitment they must fit, whole or as a part with its proof; no key is needed.",
                    "须符合其承诺的密封数据集（全集或附证明的子集）；无需密钥。",
                )
            ),
        ),
    ] = None,
) -> None:
    """Check sets that are here."""
    from steelyard.core.errors import SteelyardError
    from steelyard.library.sealed.sealing import check_commitment
    from steelyard.library.verifying import verify

    worst: SteelyardError | None = None
    for address in sets:
        try:
            verified = verify(address, deep=deep)
            print(_said(verified), flush=True)
            if against is not None:
                whole = verified.card if verified.membership is None else verified.membership
                print(_fits(against, check_commitment(against, whole.digest)), flush=True)
        except SteelyardError as error:
            if len(sets) == 1:
                raise
            print(f"steelyard: {error}", file=sys.stderr)
            worst = max(worst or error, error, key=lambda each: each.exit_code)
    if worst is not None:
        raise typer.Exit(worst.exit_code)


def _fits(against: Path, copy: Copy | None) -> Words:
    if copy is None:
        return Words(
            f"  it is what was sealed in {against}: the commitment fits",
            f"  即 {against} 中密封的内容：与承诺相符",
        )
    return Words(
        f"  it is {copy.file} of {against}, in clear and as its recipient was given it, canaries among its answers",
        f"  即 {against} 中 {copy.file} 的明文，与交付接收者时一致，答案中含金丝雀样本",
    )


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
