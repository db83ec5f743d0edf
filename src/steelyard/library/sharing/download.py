"""Brings one file from a mirror: goes on where a part ended, and takes no bytes but the right ones."""

from __future__ import annotations

import hashlib
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from steelyard.core.words import Words
from steelyard.library.sharing.mirrors import Absent, Broken, Mirror, Patience, Refused, Sent, Stale
from steelyard.library.sharing.part import Part, part_of, unwritable
from steelyard.library.stored_set import file_digest

GAINED = 2**20
"""A connection that broke after this many new bytes was worth the try."""
LONGEST_PAUSE = 60.0
PAGES = (".html", ".htm")
BLOCK = 2**20


def download(
    mirror: Mirror,
    below: str,
    sha256: str | None,
    kept: Path,
    most: int,
    patience: Patience,
    say: Callable[[int], None] = lambda _: None,
) -> Path:
    """Bring a file from a mirror to its place, going on with the part that is there.

    Where no digest is known, whoever asks must check what came.

    Raises
    ------
    Trouble
        Where the mirror does not give it. Only what broke off in the middle is kept, for the next call.
    """
    with part_of(kept) as part:
        if part is None:
            return kept
        try:
            continued = _receive(mirror, below, part, most, patience, say)
            found = sha256_of(part.path)
            if sha256 is None:
                sha256 = "" if _is_page(part) else found
            if found != sha256 and continued:  # the beginning came from elsewhere, or from another day
                part.cut(0)
                _receive(mirror, below, part, most, patience, say)
                found = sha256_of(part.path)
            if found != sha256:
                found = _unpacked(part, most, sha256) or found
            if found != sha256:
                raise Refused(_what_came(part, mirror.where(below), found, sha256))
            part.finish(kept)
        except (Absent, Broken):
            raise
        except Refused as refused:
            if not isinstance(refused, _Untouched):
                part.remove()
            raise
        except OSError as error:
            raise unwritable(kept.parent, error) from None
    return kept


class _Untouched(Refused):
    """It was refused before the part was changed."""


def _receive(mirror: Mirror, below: str, part: Part, most: int, patience: Patience, say: Callable[[int], None]) -> bool:
    """Receive what lacks of a file, and again where the connection breaks; return whether it went on with a part."""
    broken, furthest = 0, part.size
    while True:
        try:
            with mirror.open(below, part.size, part.version(mirror.shown)) as sent:
                return _store(sent, mirror, below, part, most, patience, say)
        except Broken as trouble:
            if isinstance(trouble, Stale):
                part.cut(0)
            broken = 1 if part.size - furthest >= GAINED else broken + 1
            furthest = max(furthest, part.size)
            if broken >= patience.tries:
                tries = Words(f"{trouble.what.en} ({broken} tries)", f"{trouble.what.zh}（尝试 {broken} 次）")
                raise Broken(tries) from None
            time.sleep(min(max(patience.pause * 2 ** (broken - 1), trouble.pause), LONGEST_PAUSE))


def _store(
    sent: Sent, mirror: Mirror, below: str, part: Part, most: int, patience: Patience, say: Callable[[int], None]
) -> bool:
    """Store what a mirror sends; return whether it went on with what was there."""
    where = mirror.where(below)
    if sent.page and not below.endswith(PAGES):
        raise _Untouched(_a_page(where))
    if sent.first not in (0, part.size):
        raise Stale(Words(f"{where} sent another part than asked for", f"{where} 发来的不是所请求的部分"))
    if sent.total is not None and sent.total > most:
        raise _Untouched(_too_much(where, sent.total, most))
    continued = sent.first > 0
    part.cut(sent.first)
    part.note(mirror.shown, sent.version)
    pace = _Pace(patience, where)
    for chunk in sent.chunks:
        if part.size + len(chunk) > most:
            raise Refused(_too_much(where, part.size + len(chunk), most))
        part.add(chunk)
        say(part.size)
        pace.came(len(chunk))
    if sent.total is not None and part.size < sent.total:
        en, zh = f"ended after {part.size:,} of {sent.total:,} bytes", f"在 {sent.total:,} 字节中只发来 {part.size:,}"
        raise Broken(Words(f"{where} {en}", f"{where} {zh}"))
    return continued


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as recipes and mirrors write it: 64 digits alone."""
    return file_digest(path).removeprefix("sha256:")


class _Pace:
    """Sees to it that bytes come in time: each of them may come before a time-out, and all of them never."""

    def __init__(self, patience: Patience, where: str) -> None:
        self._patience, self._where = patience, where
        self._since, self._bytes = time.monotonic(), 0

    def came(self, count: int) -> None:
        self._bytes += count
        seconds = time.monotonic() - self._since
        if seconds < self._patience.seconds:
            return
        if self._bytes < self._patience.pace * self._patience.seconds:
            en = f"{self._where} drips: {self._bytes:,} bytes in {seconds:.0f} s"
            zh = f"{self._where} 过慢：{seconds:.0f} 秒内只有 {self._bytes:,} 字节"
            raise Broken(Words(en, zh))
        self._since, self._bytes = time.monotonic(), 0


def _unpacked(part: Part, most: int, sha256: str) -> str | None:
    """Undo a compression that a server added although it was not asked to; return the digest, or None for no gain."""
    part.file.seek(0)
    if part.file.read(2) != b"\x1f\x8b":
        return None
    packed, hashed, size = zlib.decompressobj(wbits=31), hashlib.sha256(), 0
    other = part.path.with_name(f"{part.path.name}.unpacked")
    try:
        part.file.seek(0)
        with other.open("wb") as file:
            data = part.file.read(BLOCK)
            while data and not packed.eof:
                plain = packed.decompress(data, BLOCK)
                size += len(plain)
                if size > most:
                    return None
                hashed.update(plain)
                file.write(plain)
                data = packed.unconsumed_tail or part.file.read(BLOCK)
        if not packed.eof or hashed.hexdigest() != sha256:
            return None
        part.cut(0)
        with other.open("rb") as file:
            while data := file.read(BLOCK):
                part.add(data)
        return sha256
    except zlib.error:
        return None
    finally:
        other.unlink(missing_ok=True)


def _what_came(part: Part, where: str, found: str, sha256: str) -> Words:
    return _a_page(where) if _is_page(part) else other_bytes(where, found, sha256)


def _is_page(part: Part) -> bool:
    part.file.seek(0)
    return part.file.read(256).lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _a_page(where: str) -> Words:
    return Words(
        f"{where}: the mirror answered with a web page, not with the file", f"{where}：镜像返回的是网页而非该文件"
    )


def _too_much(where: str, size: int, most: int) -> Words:
    return Words(
        f"{where} is larger than can be: {size:,} bytes or more, not {most:,}",
        f"{where} 过大：至少 {size:,} 字节，应不超过 {most:,}",
    )


def other_bytes(where: str, found: str, sha256: str) -> Words:
    """Return what is said of bytes that are not those that were asked for."""
    return Words(f"{where} has SHA-256 {found}, not {sha256}", f"{where} 的 SHA-256 为 {found}，应为 {sha256}")
