"""``steelyard keys trust``: trust the key of somebody else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Trust a public key from now on: compare its id with its holder's first.", "信任某公钥：请先与持有者核对其编号。"
)


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=str(Words("Public key, PEM.", "公钥文件（PEM）。")))],
    name: Annotated[
        str | None,
        typer.Option("--name", help=str(Words("What to call it; else as its file.", "名称；缺省取文件名。"))),
    ] = None,
) -> None:
    """Trust a public key."""
    from steelyard.report.proof.keys import trust

    key = trust(file, name)
    print(f"{key.name}  {key.id}")
