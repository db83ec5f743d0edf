"""What both commands that issue a page do first: check the bundle, and the receipt where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from steelyard.core.words import Words

if TYPE_CHECKING:
    from steelyard.report.issued import Entered
    from steelyard.report.verified import Verified

Receipt = Annotated[
    Path | None,
    typer.Option(
        "--receipt",
        metavar="RECEIPT.json",
        help=str(
            Words(
                "That it stands in a transparency log (steelyard log prove); it is checked.",
                "透明日志的回执（steelyard log prove）；将予核验。",
            )
        ),
    ),
]


def checked(
    file: Path, trust: Sequence[Path], receipt: Path | None
) -> tuple[Mapping[str, bytes], Verified, Entered | None]:
    """Return a bundle's members with what came of checking them and the receipt; end where they do not hold."""
    from steelyard.cli._terminal import console
    from steelyard.report.container import unpacked
    from steelyard.report.keys import trusted_keys
    from steelyard.report.verified import show_verified, verified

    members, keys = unpacked(file), trusted_keys(list(trust))
    found = verified(members, keys)
    if not found.holds:
        show_verified(console(), found)
        raise typer.Exit(found.exit_code)
    return members, found, None if receipt is None else _entered(receipt, file, trust)


def _entered(receipt: Path, file: Path, trust: Sequence[Path]) -> Entered:
    from steelyard.registry.entries import check_receipt
    from steelyard.report.issued import Entered
    from steelyard.report.keys import trusted_keys

    checked = check_receipt(receipt, file, trusted_keys(list(trust)))
    found, head = checked.receipt, checked.receipt.head
    names = tuple(key.name for key in checked.signed)
    return Entered(found.index, found.size, str(found.entry["at"]), head.root, head.at, names)
