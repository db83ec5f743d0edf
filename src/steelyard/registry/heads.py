"""What proves something about a log to those who do not have it: its signed heads, and receipts of its entries."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard.core.canonical import canonical
from steelyard.core.errors import EvidenceError
from steelyard.core.merkle import Inclusion, has_grown, leaf_hash, root_from
from steelyard.core.words import Words
from steelyard.registry.kinds import check_entry
from steelyard.report.proof.dsse import read_envelope
from steelyard.report.proof.keys import PublicKey

HEAD = "application/vnd.steelyard.log-head+json"
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What comes of reading a file that holds something else."""


@dataclass(frozen=True)
class Head:
    """The log at a moment, signed by its keeper."""

    size: int
    root: str
    """Hexadecimal."""
    at: str
    """UTC, ISO 8601."""
    envelope: bytes

    def signed_by(self, trusted: Sequence[PublicKey]) -> list[PublicKey]:
        """Return which of some keys have signed it."""
        return read_envelope(self.envelope).signed_by(trusted)


@dataclass(frozen=True)
class Receipt:
    """What proves that an entry stands in a log."""

    entry: Mapping[str, Any]
    index: int
    size: int
    nodes: Sequence[str]
    """Hexadecimal."""
    head: Head

    def document(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "entry": dict(self.entry),
            "index": self.index,
            "size": self.size,
            "nodes": list(self.nodes),
            "head": json.loads(self.head.envelope),
        }


def read_head(data: bytes, where: Path) -> Head:
    """Return the head that an envelope holds; ``where`` is named in the error.

    Raises
    ------
    EvidenceError
        Where it holds none.
    """
    try:
        envelope = read_envelope(data)
        said = json.loads(envelope.payload)
        if envelope.kind != HEAD or canonical(said) != envelope.payload:
            raise ValueError("it is no head of a log")
        return Head(int(said["size"]), str(said["root"]), str(said["at"]), data)
    except UNREADABLE as error:
        raise EvidenceError(Words(f"{where}: {error}", f"{where}：{error}")) from None


def read_receipt(data: bytes, where: Path) -> Receipt:
    """Return the receipt that a document holds; ``where`` is named in the error.

    Raises
    ------
    EvidenceError
        Where it holds none, or does not lead to its head.
    """
    try:
        said = json.loads(data)
        head = read_head(canonical(said["head"]), where)
        receipt = Receipt(dict(said["entry"]), int(said["index"]), int(said["size"]), list(said["nodes"]), head)
        check_entry(receipt.entry)
        nodes = [bytes.fromhex(node) for node in receipt.nodes]
        found = root_from(Inclusion(receipt.size, [receipt.index], nodes), [leaf_hash(canonical(receipt.entry))])
    except UNREADABLE as error:
        raise EvidenceError(Words(f"{where} is no receipt: {error}", f"{where} 不是回执：{error}")) from None
    if (head.size, head.root) != (receipt.size, found.hex()):
        raise EvidenceError(
            Words(f"{where}: the entry does not stand in the log of this head.", f"{where}：该条目不在此树头的日志中。")
        )
    return receipt


def continues(earlier: Head, later: Head, proof: Sequence[str]) -> bool:
    """Whether a proof shows that the log of one head continues that of another."""
    nodes = [bytes.fromhex(node) for node in proof]
    return has_grown(earlier.size, bytes.fromhex(earlier.root), later.size, bytes.fromhex(later.root), nodes)
