"""Signs a bundle, and tells who has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steelyard.core.errors import EvidenceError
from steelyard.core.words import Words
from steelyard.report.proof.attestation import statements
from steelyard.report.proof.bundle import ATTESTATIONS
from steelyard.report.proof.dsse import IN_TOTO, Envelope, read_envelope
from steelyard.report.proof.keys import PrivateKey, PublicKey
from steelyard.report.proof.timestamps import is_timestamp

ENDING = ".dsse.json"


@dataclass(frozen=True)
class Signed:
    """Who has signed a bundle."""

    trusted: Sequence[PublicKey]
    """Keys that are trusted and have signed all that there is to sign."""
    unknown: Sequence[str]
    """Ids of other keys that are named; their signatures cannot be checked."""


def sign(members: Mapping[str, bytes], key: PrivateKey) -> dict[str, bytes]:
    """Return a bundle's members with this key's signatures, beside those that it bears."""
    signed = dict(members)
    for name, payload in statements(members).items():
        place = f"{ATTESTATIONS}{name}{ENDING}"
        before = _envelope(members[place], place) if place in members else Envelope(IN_TOTO, payload)
        if before.payload != payload:
            raise _bad(place, "it is on another bundle", "针对的是另一报告包")
        signed[place] = before.signed(key).document()
    return signed


def signed_by(members: Mapping[str, bytes], trusted: Sequence[PublicKey]) -> Signed:
    """Return who has signed a bundle.

    Raises
    ------
    EvidenceError
        Where what was signed does not follow from the bundle, or a trusted key's signature is a forgery.
    """
    held = {name: data for name, data in members.items() if name.startswith(ATTESTATIONS) and not is_timestamp(name)}
    if not held:
        return Signed((), ())
    try:
        expected = {f"{ATTESTATIONS}{name}{ENDING}": payload for name, payload in statements(members).items()}
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise _bad("report.json", f"cannot be read ({error})", f"无法读取（{error}）") from None
    if held.keys() != expected.keys():
        named: Any = sorted(held.keys() ^ expected.keys())[0]
        raise _bad(named, "it is missing, or nothing that is signed here", "缺失或不应存在")
    keys: list[set[str]] = []
    named_ids: set[str] = set()
    for place, payload in expected.items():
        envelope = _envelope(held[place], place)
        if envelope.kind != IN_TOTO or envelope.payload != payload:
            raise _bad(place, "what was signed does not follow from the bundle", "签名内容与报告包不符")
        named_ids |= {key for key, _ in envelope.signatures}
        true = {key.id for key in envelope.signed_by(trusted)}
        for key in trusted:
            if key.id in dict(envelope.signatures) and key.id not in true:
                raise _bad(place, f"the signature in {key.name}'s name is forged", f"冒用 {key.name} 的签名")
        keys.append(true)
    all_of_it = set.intersection(*keys)
    known = tuple(key for key in trusted if key.id in all_of_it)
    return Signed(known, tuple(sorted(named_ids - {key.id for key in trusted})))


def _envelope(data: bytes, place: str) -> Envelope:
    try:
        return read_envelope(data)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise _bad(place, f"it is no envelope ({error})", f"不是有效的签名封装（{error}）") from None


def _bad(place: str, en: str, zh: str) -> EvidenceError:
    return EvidenceError(Words(f"{place}: {en}.", f"{place}：{zh}。"))
