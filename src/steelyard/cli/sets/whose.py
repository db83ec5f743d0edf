"""``steelyard sets whose``: whose copy of a sealed set a table that turned up was taken from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Tell whose copy of a sealed set a table was taken from. Exit codes: 0 somebody is named, 11 nobody.",
    "查出某表取自哪一份密封副本。退出码：0 已查明，11 不能查明。",
)


def command(
    copy: Annotated[
        Path,
        typer.Argument(metavar="COPY", help=str(Words("Folder of a set, or a table.", "数据集目录或表。"))),
    ],
    of: Annotated[Path, typer.Option("--of", metavar="SEALED", help=str(Words("The sealed set.", "密封数据集。")))],
    ledger: Annotated[
        Path | None,
        typer.Option(help=str(Words("What sealing left beside it.", "密封时写在其旁的台账。"))),
    ] = None,
) -> None:
    """Tell whose copy of a sealed set a table was taken from."""
    from steelyard.cli._terminal import console
    from steelyard.library.sealed.marks import ledger_of, read_ledger
    from steelyard.library.sealed.whose import read_copy, whose
    from steelyard.report.terminal.whose import show_evidence

    found = whose(read_copy(copy), read_ledger(ledger or ledger_of(of)))
    show_evidence(console(), found)
    raise typer.Exit(0 if found[0].named else 11)
