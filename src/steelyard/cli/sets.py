"""``steelyard sets``: the test sets, or one card whole."""

from __future__ import annotations

from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words("List the test sets, or show the card of one.", "列出测试集；给出名称则显示其卡片。")


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="SET", help=str(Words("Name or folder of a set.", "数据集名称或目录。")))
    ] = None,
) -> None:
    """List the test sets, or show the card of one."""
    from steelyard.cli._terminal import console
    from steelyard.library import store
    from steelyard.report.catalogue import show_card, show_cards

    if name is None:
        show_cards(console(), [store.card(each) for each in store.names()])
    else:
        show_card(console(), store.card(name))
