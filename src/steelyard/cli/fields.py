"""``steelyard fields``: the fields and their methods, or one method whole."""

from __future__ import annotations

from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "List the fields and their methods, or show one method whole.", "列出领域及检测方法；给出名称则显示该方法。"
)


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="METHOD", help=str(Words("Name of a method.", "检测方法名称。")))
    ] = None,
) -> None:
    """List the fields and their methods, or show one method whole."""
    from steelyard import fields
    from steelyard.cli._terminal import console
    from steelyard.report.terminal.catalogue import show_method, show_methods

    if name is None:
        show_methods(console(), [fields.find(each) for each in fields.names()])
    else:
        show_method(console(), fields.find(name))
