"""DSSE envelopes: a payload, what kind it is, and signatures over both.

Source: Dead Simple Signing Envelope 1.0.2 (github.com/secure-systems-lab/dsse, protocol.md and envelope.md).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from steelyard.core.canonical import canonical
from steelyard.report.proof.keys import PrivateKey, PublicKey

IN_TOTO = "application/vnd.in-toto+json"
MOST_SIGNATURES = 64


class SignatureDocument(TypedDict):
    """A signature in an envelope."""

    keyid: str
    sig: str
    """Base64."""


class EnvelopeDocument(TypedDict):
    """An envelope as it is written."""

    payload: str
    """Base64."""
    payloadType: str
    signatures: list[SignatureDocument]


@dataclass(frozen=True)
class Envelope:
    """A payload and its signatures."""

    kind: str
    """Media type of the payload."""
    payload: bytes
    signatures: tuple[tuple[str, bytes], ...] = ()
    """Key id and signature of each, in the order of key ids."""

    def signed(self, key: PrivateKey) -> Envelope:
        """Return it with this key's signature as well, or anew."""
        others = [each for each in self.signatures if each[0] != key.public.id]
        ours = (key.public.id, key.sign(encoded(self.kind, self.payload)))
        return Envelope(self.kind, self.payload, tuple(sorted([*others, ours])))

    def signed_by(self, keys: Iterable[PublicKey]) -> list[PublicKey]:
        """Return which of some keys have truly signed it."""
        said = encoded(self.kind, self.payload)
        found = dict(self.signatures)
        return [key for key in keys if key.id in found and key.verifies(found[key.id], said)]

    def document(self) -> bytes:
        """Return its JSON, written in one way only."""
        signatures: list[SignatureDocument] = [
            {"keyid": key, "sig": _text(signature)} for key, signature in self.signatures
        ]
        said: EnvelopeDocument = {
            "payload": _text(self.payload),
            "payloadType": self.kind,
            "signatures": signatures,
        }
        return canonical(said)


def encoded(kind: str, payload: bytes) -> bytes:
    """Return what is signed: DSSE's pre-authentication encoding.

    Examples
    --------
    >>> encoded("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def read_envelope(data: bytes) -> Envelope:
    """Return the envelope that a document holds.

    Raises
    ------
    ValueError, KeyError, TypeError
        Where it is none, or is written in another way than `Envelope.document` does.
    """
    said = json.loads(data)
    if len(said["signatures"]) > MOST_SIGNATURES:
        raise ValueError(f"it bears {len(said['signatures'])} signatures")
    signatures = [(str(each["keyid"]), _bytes(each["sig"])) for each in said["signatures"]]
    read = Envelope(str(said["payloadType"]), _bytes(said["payload"]), tuple(signatures))
    if read.document() != data or len({key for key, _ in signatures}) < len(signatures):
        raise ValueError("it is written in another way")
    return read


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
