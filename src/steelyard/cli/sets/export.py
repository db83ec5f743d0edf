"""``steelyard sets export``: write a set in a format that others read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Write a set into a folder as Croissant, as a Hugging Face folder, or as Steelyard's own.",
    "将数据集写成 Croissant、Hugging Face 目录或 Steelyard 自有格式。",
)


def command(
    address: Annotated[
        str, typer.Argument(metavar="SET", help=str(Words("Name or path of a set.", "数据集名称或路径。")))
    ],
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help=str(Words("A folder that does not exist yet.", "尚不存在的目录。")))
    ],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help=str(Words("croissant, hugging-face or steelyard.", "croissant、hugging-face 或 steelyard。")),
        ),
    ] = "croissant",
) -> None:
    """Write a set into a folder."""
    from steelyard.library import exchange
    from steelyard.library.store import open_set

    exchange.find(format_)
    stored = open_set(address)
    exchange.write(stored, folder, format_)
    print(
        Words(
            f"{stored.card.label} is in {folder} as {format_}.",
            f"{stored.card.label} 已写入 {folder}，格式 {format_}。",
        )
    )
    print(Words(f"Digest: {stored.card.digest}", f"摘要：{stored.card.digest}"))
