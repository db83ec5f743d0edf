"""Entries that somebody answers for: decisions on reports, and recalls. Whoever decides signs them, not the log alone.

What is signed names the root of the log before it, so that it can stand in no other log, and at no other place.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from steelyard.core.canonical import canonical
from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.report.proof.dsse import Envelope
from steelyard.report.proof.keys import PrivateKey, PublicKey

EVENT = "application/vnd.steelyard.log-event+json"
ADDED = ("at", "signatures")
"""What is added to an entry after it was signed."""


def now() -> str:
    """Return the time, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def signed(said: Mapping[str, Any], key: PrivateKey, root: str) -> dict[str, Any]:
    """Return an entry with its reason, who signs it, when, and the log that it follows.

    Raises
    ------
    CallError
        Where no reason is given.
    """
    reason = str(said["reason"]).strip()
    if not reason:
        raise CallError(
            Words("say why: --reason.", "请说明理由：--reason。"),
            Words("It stands in the log for all to read.", "理由将登记于日志，人人可读。"),
        )
    entry = {**said, "reason": reason, "by": key.public.name, "on": now(), "root": root}
    envelope = Envelope(EVENT, canonical(entry)).signed(key)
    signatures = [
        {"keyid": name, "sig": base64.b64encode(signature).decode()} for name, signature in envelope.signatures
    ]
    return {**entry, "signatures": signatures}


def signers(entry: Mapping[str, Any], trusted: Sequence[PublicKey]) -> list[PublicKey]:
    """Return which of some keys have signed an entry; none where its signatures cannot be read."""
    said = {name: value for name, value in entry.items() if name not in ADDED}
    try:
        signatures = tuple(
            (str(each["keyid"]), base64.b64decode(each["sig"], validate=True)) for each in entry["signatures"]
        )
    except (KeyError, TypeError, ValueError):
        return []
    return Envelope(EVENT, canonical(said), signatures).signed_by(trusted)
