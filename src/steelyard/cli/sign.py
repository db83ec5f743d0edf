"""``steelyard sign``: one more signature under a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Add a signature to a bundle, once all that can be computed again has been: a witness signs what it has checked.",
    "为报告包追加签名；签名前先重新计算全部可核验内容。",
)


def command(
    file: Annotated[Path, typer.Argument(metavar="REPORT.ZIP", help=str(Words("The bundle.", "报告包。")))],
    key: Annotated[str, typer.Option("--key", help=str(Words("Key that signs.", "签名密钥。")))],
    timestamp: Annotated[
        str | None,
        typer.Option(
            "--timestamp",
            metavar="URL",
            help=str(
                Words(
                    "Have this timestamping authority (RFC 3161) say when it was signed.",
                    "请该时间戳机构（RFC 3161）证明签名时间。",
                )
            ),
        ),
    ] = None,
    authorities: Annotated[
        list[Path] | None,
        typer.Option(
            "--trust-timestamps",
            metavar="CA.PEM",
            help=str(
                Words(
                    "Root certificates that the timestamp must hold under; again for more.",
                    "时间戳须能以此根证书核验；可重复。",
                )
            ),
        ),
    ] = None,
) -> None:
    """Add a signature to a bundle."""
    from steelyard.cli._terminal import console
    from steelyard.report.proof.bundle import Bundle
    from steelyard.report.proof.container import unpacked
    from steelyard.report.proof.keys import private_key, trusted_keys
    from steelyard.report.proof.signing import sign
    from steelyard.report.proof.timestamps import authorities_in, stamp
    from steelyard.report.proof.verified import show_verified, verified

    members = unpacked(file)
    secret = private_key(key)
    clocks = None if authorities is None else authorities_in(authorities)
    found = verified(members, trusted_keys())
    if not found.holds:
        show_verified(console(), found)
        raise typer.Exit(found.exit_code)
    members = sign(members, secret)
    if timestamp is not None:
        members = stamp(members, secret.public.id, timestamp, clocks or ())
    Bundle(members).write(file)
    show_verified(console(), verified(unpacked(file), trusted_keys(), authorities=clocks))
