"""``steelyard sets show``: the card of a test set, whole."""

from __future__ import annotations

from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words("Show the card of a test set.", "显示测试集的卡片。")


def command(
    name: Annotated[
        str, typer.Argument(metavar="SET", help=str(Words("Name or folder of a set.", "数据集名称或目录。")))
    ],
) -> None:
    """Show the card of a test set."""
    from steelyard.cli._terminal import console
    from steelyard.library import store
    from steelyard.report.terminal.catalogue import show_card

    show_card(console(), store.card(name))
