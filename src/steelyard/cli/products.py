"""``steelyard products``: the ways to reach a product, or one whole."""

from __future__ import annotations

from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words("List the ways to reach a product, or show one.", "列出产品接入方式；给出名称则显示详情。")


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="SCHEME", help=str(Words("What stands before the colon.", "冒号前的部分。")))
    ] = None,
) -> None:
    """List the ways to reach a product, or show one."""
    from steelyard import products
    from steelyard.cli._terminal import console
    from steelyard.report.terminal.catalogue import show_scheme, show_schemes

    if name is None:
        show_schemes(console(), {each: products.scheme(each) for each in products.schemes()})
    else:
        show_scheme(console(), name, products.scheme(name))
