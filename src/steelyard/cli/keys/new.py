"""``steelyard keys new``: a key pair."""

from __future__ import annotations

from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Make an Ed25519 key pair. STEELYARD_KEY_PASSPHRASE, where it is set, locks the private half.",
    "生成 Ed25519 密钥对。若设置 STEELYARD_KEY_PASSPHRASE，则以其加锁私钥。",
)


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help=str(Words("Of the key.", "密钥名称。")))],
) -> None:
    """Make a key pair."""
    from steelyard.report.proof.keys import new_key

    key = new_key(name)
    print(f"{key.name}  {key.id}\n{key.pem.decode()}", end="")
