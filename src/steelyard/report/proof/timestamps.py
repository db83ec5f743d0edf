"""Timestamps: somebody else's word on when a bundle had been signed.

A signature says who, and not when: whoever holds the key can write any time. A timestamping authority signs a digest
together with its own time (RFC 3161). What is stamped here is the envelope of the statement ``judged`` with one key's
signature and no other, in its one way of writing: so the token is on this signature, on every number of the statement,
and by the manifest that it names on every file; and it stays true when others sign the same bundle later, for anybody
can take their signatures out again. Where one key has signed, that is the file ``attestations/judged.dsse.json``.

A token is trusted as far as the certificates that its reader names: there is no list of authorities here. It is checked
as of its own time, so that it outlives its authority's certificate.

Source: RFC 3161, sections 2.4 and 3.4; RFC 5816.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.errors import CallError, EvidenceError
from steelyard.core.words import Words
from steelyard.report.proof.bundle import ATTESTATIONS
from steelyard.report.proof.dsse import Envelope, read_envelope

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampRequest, TimeStampResponse

JUDGED = f"{ATTESTATIONS}judged.dsse.json"
PLACE = f"{ATTESTATIONS}timestamps/"
MEMBER = re.compile(re.escape(PLACE) + r"(?P<key>[0-9a-f]{64})/(?P<number>[0-9]{1,4})\.tsr")
"""A token on the signature of a key: a key can have several, of several authorities."""
MOST_TOKENS = 64
"""As many as an envelope can bear signatures."""
CLOCKS = timedelta(days=1)
"""A laboratory's clock may be so far off an authority's."""
MOST_BYTES = 2**16
"""A token with its certificates has a few thousand."""
GRANTED = 0
"""The status of an answer that is what was asked for; one granted with changes is not taken."""
SECONDS = 30.0
"""So long an authority may take."""


@dataclass(frozen=True)
class Stamp:
    """A signature's timestamp, which holds."""

    key: str
    """Id of the key whose signature existed."""
    before: str
    """Time that it existed before, UTC, ISO 8601: the authority's time and what it says that it may be off by."""
    by: str
    """Name in the certificate of the authority."""


def is_timestamp(name: str) -> bool:
    """Whether a member is a timestamp, and not a statement."""
    return name.startswith(PLACE)


def stamped_keys(members: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the ids of keys whose signatures bear timestamps, each once for every token; nothing is checked but that.

    Raises
    ------
    EvidenceError
        Where a token stands for a signature that is not there.
    """
    return tuple(key for _, key, _ in _tokens(members))


def stamps(members: Mapping[str, bytes], authorities: Sequence[Certificate]) -> tuple[Stamp, ...]:
    """Check every timestamp of a bundle, and return what they show.

    Parameters
    ----------
    members : mapping of str to bytes
        Of the bundle.
    authorities : sequence of Certificate
        Root certificates that trusted authorities are certified under; those between stand in the token.

    Raises
    ------
    EvidenceError
        Where one is on something else, is not signed under a trusted certificate that was valid at its time and is
        meant for timestamps, or cannot be read.
    CallError
        Where the library is missing.
    """
    _library()
    found = []
    for name, key, data in _tokens(members):
        found.append(_checked(name, data, stamped_bytes(members, key), key, authorities))
        _check_made(name, members, found[-1])
    return tuple(found)


def stamped_bytes(members: Mapping[str, bytes], key: str) -> bytes:
    """Return what is stamped: the envelope of what was judged, with the signature of this key alone.

    Raises
    ------
    EvidenceError
        Where the key has not signed.
    """
    try:
        envelope = read_envelope(members[JUDGED])
        alone = tuple(each for each in envelope.signatures if each[0] == key)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        alone = ()
    if not alone:
        raise _bad(JUDGED, f"{key[:19]}… has not signed it", f"{key[:19]}… 未签名")
    return Envelope(envelope.kind, envelope.payload, alone).document()


def stamp(
    members: Mapping[str, bytes], key: str, url: str, authorities: Sequence[Certificate] = ()
) -> dict[str, bytes]:
    """Have an authority stamp a key's signature, and return the bundle's members with the token beside the others.

    Parameters
    ----------
    members : mapping of str to bytes
        Of a bundle that the key has signed.
    key : str
        Id of the key.
    url : str
        Of the authority; ``http`` will do, for a token is checked by its own signature.
    authorities : sequence of Certificate
        Root certificates; the token must hold under one of them, where any are given.

    Raises
    ------
    CallError
        Where nobody answers there.
    EvidenceError
        Where the answer is no timestamp of this signature; nothing is added.
    """
    library = _library()
    data = stamped_bytes(members, key)
    builder = library.TimestampRequestBuilder().data(data).hash_algorithm(library.HashAlgorithm.SHA256)
    request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    token = _asked(url, request)
    _check_answer(url, token, request)
    taken = [int(found["number"]) for found in map(MEMBER.fullmatch, members) if found and _id(found) == key]
    place = f"{PLACE}{key.removeprefix('sha256:')}/{max(taken, default=-1) + 1}.tsr"
    if authorities:
        _checked(url, token, data, key, authorities)
    return dict(members) | {place: token}


def authorities_in(paths: Sequence[Path]) -> tuple[Certificate, ...]:
    """Return the certificates in some PEM files.

    Raises
    ------
    CallError
        Where a file cannot be read, or holds none.
    """
    from cryptography.x509 import load_pem_x509_certificates

    found: list[Certificate] = []
    for path in paths:
        try:
            found += load_pem_x509_certificates(path.read_bytes())
        except OSError as error:
            raise CallError(
                Words(f"cannot read {path}: {error.strerror}.", f"无法读取 {path}：{error.strerror}。")
            ) from None
        except ValueError:
            raise CallError(
                Words(f"{path} holds no certificate.", f"{path} 中没有证书。"),
                Words(
                    "Name a PEM file with the root certificate that the timestamping authority is certified under.",
                    "请给出时间戳机构所属根证书的 PEM 文件。",
                ),
            ) from None
    return tuple(found)


def _tokens(members: Mapping[str, bytes]) -> Iterator[tuple[str, str, bytes]]:
    """Yield name, key id and content of each token."""
    names = sorted(filter(is_timestamp, members))
    if len(names) > MOST_TOKENS:
        raise _bad(PLACE, f"there are {len(names)} timestamps", f"有 {len(names)} 个时间戳")
    for name in names:
        found = MEMBER.fullmatch(name)
        if found is None or len(members[name]) > MOST_BYTES:
            raise _bad(name, "it is no timestamp", "不是时间戳")
        key = _id(found)
        stamped_bytes(members, key)
        yield name, key, members[name]


def _id(found: re.Match[str]) -> str:
    return f"sha256:{found['key']}"


def _library() -> Any:
    try:
        import rfc3161_client
    except ImportError:
        raise CallError(
            Words("timestamps need the package rfc3161-client.", "处理时间戳需要 rfc3161-client 软件包。"),
            Words("Install it: pip install 'steelyard[timestamp]'", "请安装：pip install 'steelyard[timestamp]'"),
        ) from None
    return rfc3161_client


def _asked(url: str, request: TimeStampRequest) -> bytes:
    """Return what an authority answers."""
    if not re.match(r"https?://", url):
        raise CallError(
            Words(f"{url} is no address of a timestamping authority.", f"{url} 不是时间戳机构的地址。"),
            Words("It begins with https:// or http://.", "地址应以 https:// 或 http:// 开头。"),
        )
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        asked = urllib.request.Request(url, request.as_bytes(), headers)  # noqa: S310 - of these two schemes alone
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310 - as above
            data: bytes = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise _silent(url, f"HTTP {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise _silent(url, str(getattr(error, "reason", error)) or type(error).__name__) from None
    return data


def _check_answer(url: str, token: bytes, request: TimeStampRequest) -> None:
    """Check that an answer grants what was asked for."""
    response = _read(url, token)
    if response.status != GRANTED:
        why = "; ".join(response.status_string) or f"status {response.status}"
        raise _bad(url, f"the authority refuses ({why})", f"时间戳机构拒绝（{why}）")
    said, wanted = response.tst_info, request.message_imprint
    same = (said.message_imprint.hash_algorithm, said.message_imprint.message, said.nonce)
    if same != (wanted.hash_algorithm, wanted.message, request.nonce):
        raise _bad(url, "it answers another question than was asked", "答复与请求不符")


def _checked(where: str, token: bytes, data: bytes, key: str, authorities: Sequence[Certificate]) -> Stamp:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import InvalidVersion

    library = _library()
    response = _read(where, token)
    verifier = library.VerifierBuilder(roots=list(authorities)).build()
    try:
        verifier.verify_message(response, data)
    except (library.VerificationError, UnsupportedAlgorithm, InvalidVersion, ValueError, TypeError) as error:
        told = re.search(r"Verify error: ([^\"]+)", str(error))  # OpenSSL's own word, of a long list
        why = told[1] if told else str(error)[:200]
        raise _bad(where, f"the timestamp does not hold ({why})", f"时间戳不成立（{why}）") from None
    return Stamp(key, _before(response), _authority(response))


def _check_made(where: str, members: Mapping[str, bytes], shown: Stamp) -> None:
    """Check that the report was not signed before it was made, by the time that it says."""
    try:
        made = str(json.loads(members["report.json"])["created"])
        too_early = datetime.fromisoformat(shown.before) + CLOCKS < datetime.fromisoformat(made)
    except (LookupError, TypeError, ValueError, RecursionError):
        return  # it is no report, and whoever looks at that says so
    if too_early:
        raise _bad(
            where,
            f"it was signed before {shown.before}, and the report says that it was made at {made}",
            f"签名早于 {shown.before}，而报告称其生成于 {made}",
        )


def _read(where: str, token: bytes) -> TimeStampResponse:
    try:
        sorted_token = _sorted(token)
        response: TimeStampResponse = _library().decode_timestamp_response(sorted_token)
        if response.as_bytes() != sorted_token:
            raise ValueError("it is written in another way")
        if response.status == GRANTED:
            _ = response.tst_info.gen_time
    except (LookupError, ValueError, TypeError) as error:
        raise _bad(where, f"it is no timestamp ({error})", f"不是时间戳（{error}）") from None
    return response


def _sorted(token: bytes) -> bytes:
    """Return an answer with its certificates in the order that DER wants.

    OpenSSL, and authorities built on it, leave them in the chain's order, which the library refuses to read. They stand
    outside of all that is signed.
    """
    start = 0
    if len(_parts(token, *_inside(token, start))) < 2:
        return token  # a refusal has a status and no more
    for step in (1, 1, 0):  # of TimeStampResp its token, of ContentInfo its content, and in that SignedData
        start = _parts(token, *_inside(token, start))[step][0]
    for place, _ in _parts(token, *_inside(token, start)):
        if token[place] == 0xA0:
            first, last = _inside(token, place)
            each = sorted(token[one:other] for one, other in _parts(token, first, last))
            return token[:first] + b"".join(each) + token[last:]
    return token


def _parts(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Return where each element begins and ends between two places."""
    found = []
    while start < end:
        after = _inside(data, start)[1]
        found.append((start, after))
        start = after
    return found


def _inside(data: bytes, start: int) -> tuple[int, int]:
    """Return where the content of an element begins and ends.

    Examples
    --------
    >>> _inside(bytes.fromhex("30030201ff"), 0)
    (2, 5)
    """
    if start + 2 > len(data):
        raise ValueError("it ends too early")
    length, first = data[start + 1], start + 2
    if length >= 0x80:
        first, length = first + (length & 0x7F), int.from_bytes(data[first : first + (length & 0x7F)], "big")
    if first + length > len(data):
        raise ValueError("it ends too early")
    return first, first + length


def _before(response: TimeStampResponse) -> str:
    """Return the latest time that an authority's clock allows for."""
    accuracy: Any = response.tst_info.accuracy
    off = timedelta()
    if accuracy is not None:
        off = timedelta(
            seconds=accuracy.seconds or 0, milliseconds=accuracy.millis or 0, microseconds=accuracy.micros or 0
        )
    time = response.tst_info.gen_time
    aware: datetime = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    latest = aware + off
    return latest.isoformat(timespec="milliseconds" if latest.microsecond else "seconds")


def _authority(response: TimeStampResponse) -> str:
    """Return the name in the certificate that signed a token, which was checked."""
    from cryptography.x509 import load_der_x509_certificate

    (signer,) = response.signed_data.signer_infos
    for each in response.signed_data.certificates:
        certificate = load_der_x509_certificate(each)
        if (certificate.issuer, certificate.serial_number) == (signer.issuer, signer.serial_number):
            return certificate.subject.rfc4514_string()
    return signer.issuer.rfc4514_string()


def _silent(url: str, why: str) -> CallError:
    return CallError(
        Words(f"cannot have a timestamp of {url}: {why}.", f"无法从 {url} 取得时间戳：{why}。"),
        Words(
            "The bundle is as it was. Try again, or name another authority.", "报告包未改动。请重试，或另选时间戳机构。"
        ),
    )


def _bad(place: str, en: str, zh: str) -> EvidenceError:
    return EvidenceError(Words(f"{place}: {en}.", f"{place}：{zh}。"))
