"""What tells one recipient's copy of a sealed set from another's: the order of its rows, and arbitrary answers.

Both follow from a secret that the sealer keeps, by HMAC-SHA-256 (RFC 2104): without it nobody can tell which order or
which answers another recipient was given, and nobody can be blamed by an order that was made up. The *ledger* holds
the secret and who was given which copy; it holds no sample, and is for the sealer alone.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from steelyard.core.canonical import plain
from steelyard.core.errors import CallError
from steelyard.core.words import Words

FORMAT = "steelyard/ledger/1"
SECRET_BYTES = 32


@dataclass(frozen=True)
class Party:
    """Who was given a copy."""

    name: str
    """As the sealer called it."""
    keys: tuple[str, ...]
    """Its public keys."""
    copy: str
    """Name of the file."""
    canaries: Mapping[str, str]
    """Of each canary, as only the secret can make them: its id's mark to its answer's mark."""


@dataclass(frozen=True)
class Ledger:
    """What the sealer keeps."""

    label: str
    commitment: str
    secret: str
    """Hexadecimal."""
    choices: int
    """Different answers that an arbitrary one was drawn from."""
    parties: tuple[Party, ...]
    format: str = FORMAT


def mark(secret: bytes, *words: str) -> bytes:
    """Return what the secret makes of some words; 32 bytes that nobody else can tell from chance.

    Each word is preceded by its length, eight bytes, so that no two lists of words are written alike.
    """
    written = [word.encode() for word in words]
    return hmac.digest(secret, b"".join([len(word).to_bytes(8, "big") + word for word in written]), "sha256")


def placed(secret: bytes, party: str, ids: Sequence[str]) -> list[int]:
    """Return the order of a party's rows: indexes of ids.

    Where a row stands among others hangs on their ids alone, so that any part of a copy still tells whose it is.
    """
    return sorted(range(len(ids)), key=lambda row: mark(secret, "order", party, ids[row]))


def chosen(secret: bytes, ids: Sequence[str], count: int) -> list[str]:
    """Return the ids of the canaries: the same for every party."""
    return sorted(ids, key=lambda name: mark(secret, "canary", name))[:count]


def arbitrary(secret: bytes, party: str, sample: str, answers: Sequence[str]) -> str:
    """Return a party's answer for a canary, any of the answers alike, whatever the right one is."""
    return answers[int.from_bytes(mark(secret, "answer", party, sample)) % len(answers)]


def marks_of(secret: bytes, party: str, canaries: Mapping[str, str]) -> dict[str, str]:
    """Return what a ledger holds of a party's canaries: no id and no answer can be read off it."""
    return {
        mark(secret, "id", name).hex(): mark(secret, "said", party, name, answer).hex()
        for name, answer in canaries.items()
    }


def ledger_of(folder: Path) -> Path:
    """Return where the ledger of a sealed set is kept: beside its folder, never in it."""
    folder = folder.resolve()
    return folder.with_name(f"{folder.name}.ledger.json")


def write_ledger(path: Path, ledger: Ledger) -> None:
    """Write a ledger that its owner alone can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(plain(ledger), file, ensure_ascii=False, indent=1)
    except BaseException:  # a full disk: half a ledger is none
        path.unlink(missing_ok=True)
        raise


def read_ledger(path: Path) -> Ledger:
    """Return a ledger.

    Raises
    ------
    CallError
        Where it is not there, or is none.
    """
    try:
        written = json.loads(path.read_text("utf-8"))
        parties = tuple(Party(**each | {"keys": tuple(each["keys"])}) for each in written["parties"])
        ledger = Ledger(**written | {"parties": parties})
        if ledger.format != FORMAT or len(bytes.fromhex(ledger.secret)) != SECRET_BYTES:
            raise ValueError("of another format")
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise CallError(
            Words(f"cannot read the ledger {path}: {why}.", f"无法读取台账 {path}：{why}。"),
            Words(
                "Sealing wrote it beside the sealed folder; name it with --ledger.",
                "密封时写在密封目录旁；请用 --ledger 指明。",
            ),
        ) from None
    return ledger
