"""``steelyard schemas show``: one schema."""

from __future__ import annotations

from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words("Print a schema (JSON Schema 2020-12).", "打印一个模式（JSON Schema 2020-12）。")


def command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help=str(Words("As steelyard schemas list has it.", "见 steelyard schemas list。"))
        ),
    ],
) -> None:
    """Print a schema."""
    from steelyard.report import schemas

    print(schemas.text(name), end="")
