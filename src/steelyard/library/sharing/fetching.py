"""Brings the files of recipes: from the first mirror that has the right bytes; what came is kept by its digest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.home import MIRROR, home
from steelyard.library.sharing.download import download, other_bytes, sha256_of
from steelyard.library.sharing.mirrors import Absent, Folder, Mirror, Patience, Refused, Trouble, mirrors

FILES = "files"
"""Folder of the store, and of other stores, where a file is named by its SHA-256."""
MOST_BYTES = 2**36
"""Of a file, where its recipe does not say how many bytes there are: 64 GiB."""
SLACK = 2**16
"""Bytes that a file may have over that before it is broken off, so that what came instead can be told."""


class Transfer(NamedTuple):
    """How far the files of a set have come."""

    file: str
    source: str
    """The mirror that it comes from, or nothing where it was there."""
    files: int
    """That are there."""
    of_files: int
    bytes: int
    """That are there, with the part of this file that has come."""
    of_bytes: int | None
    """Of all files; None where the recipe does not say."""


@dataclass(frozen=True)
class Way:
    """How files are fetched."""

    offline: bool = False
    """Whether mirrors that are not folders are left out."""
    patience: Patience = field(default_factory=Patience)
    told: Callable[[Transfer], None] = lambda _: None
    """Called as bytes come in."""
    originals: bool = False
    """Whether files are also fetched from where recipes say that they first stood, after all mirrors."""


@dataclass(frozen=True)
class Wanted:
    """The files of a set."""

    name: str
    """Of the set."""
    source: str
    """Where they come from, for people."""
    files: Mapping[str, str]
    """Path below a mirror to SHA-256."""
    bytes: int | None = None
    """Of all of them together."""
    urls: Mapping[str, str] = field(default_factory=dict)
    """Path to the address of the original."""


def fetch(wanted: Wanted, way: Way | None = None) -> dict[str, Path]:
    """Return where the files are, all of them there and checked.

    Files of a folder stay where they are; others are kept in the store by their digest, and checked again whenever they
    are used.

    Raises
    ------
    SetError
        Where a file cannot be had, with all that was tried and what to do. What had come is kept, and the same call
        goes on from there.
    CallError
        Where a mirror's address or token is none, or nothing can be written.
    """
    if not wanted.files:
        return {}
    way = way or Way()
    with opened_mirrors(way) as found:
        job = _Job(wanted, way, found)
        return {below: job.get(below, sha256) for below, sha256 in wanted.files.items()}


@contextmanager
def opened_mirrors(way: Way) -> Iterator[list[Mirror]]:
    """Give the mirrors, and let go of them."""
    found = mirrors(way.patience, offline=way.offline)
    try:
        yield found
    finally:
        for mirror in found:
            mirror.close()


def kept_whole(kept: Path, sha256: str) -> Path | None:
    """Return the store's file of a digest, checked; None where there is none, or it was damaged and is gone now."""
    if not kept.is_file():
        return None
    if sha256_of(kept) == sha256:
        return kept
    kept.unlink(missing_ok=True)  # the disk has changed it
    return None


class _Job:
    """Fetches the files of one set."""

    def __init__(self, wanted: Wanted, way: Way, found: list[Mirror]) -> None:
        self.wanted, self.way, self.mirrors = wanted, way, found
        self._files = self._bytes = 0

    def get(self, below: str, sha256: str) -> Path:
        kept = home() / FILES / sha256
        path = kept_whole(kept, sha256)
        tried: list[Words] = []
        if path is None:
            for mirror in self.mirrors:
                path = self._from_mirror(mirror, below, sha256, kept, tried)
                if path is not None:
                    break
            else:
                path = self._from_original(below, sha256, kept, tried)
        if path is None:
            raise self._missing(below, tried)
        self._files += 1
        self._bytes += path.stat().st_size
        self._tell(below, "", 0)
        return path

    def _tell(self, below: str, source: str, come: int) -> None:
        wanted = self.wanted
        self.way.told(Transfer(below, source, self._files, len(wanted.files), self._bytes + come, wanted.bytes))

    def _from_mirror(self, mirror: Mirror, below: str, sha256: str, kept: Path, tried: list[Words]) -> Path | None:
        """Return a file from a mirror, by its path or by its digest; None where it has none, and why."""
        digested = f"{FILES}/{sha256}"
        absent: Words | None = None
        for place in (digested, below) if mirror.by_digest else (below, digested):
            try:
                path = self._take(mirror, place, sha256, kept)
                mirror.by_digest = place == digested and not isinstance(mirror, Folder)
                return path
            except Absent as trouble:
                absent = absent or trouble.what
            except Trouble as trouble:
                tried.append(trouble.what)
                return None
        if absent is not None:
            tried.append(absent)
        return None

    def _take(self, mirror: Mirror, place: str, sha256: str, kept: Path) -> Path:
        if not isinstance(mirror, Folder):
            most = MOST_BYTES if self.wanted.bytes is None else self.wanted.bytes + SLACK
            say = lambda come: self._tell(place, mirror.shown, come)  # noqa: E731
            return download(mirror, place, sha256, kept, most, self.way.patience, say)
        path = mirror.path / place
        if not path.is_file():
            raise Absent(Words(f"{path} does not exist", f"{path} 不存在"))
        found = sha256_of(path)
        if found != sha256:
            raise Refused(other_bytes(str(path), found, sha256))
        return path

    def _from_original(self, below: str, sha256: str, kept: Path, tried: list[Words]) -> Path | None:
        from steelyard.library.sharing.http_mirror import Http

        url = self.wanted.urls.get(below)
        if url is None or not self.way.originals or self.way.offline:
            return None
        original = Http(url, None, self.way.patience)
        try:
            return self._take(original, "", sha256, kept)
        except Trouble as trouble:
            tried.append(trouble.what)
            return None
        finally:
            original.close()

    def _missing(self, below: str, tried: list[Words]) -> SetError:
        name, source, url = self.wanted.name, self.wanted.source, self.wanted.urls.get(below)
        first = next(iter(self.wanted.files))
        if not tried:
            left_out = Words(" (--offline leaves out all but folders)", "（--offline 只使用目录）")
            aside = left_out if self.way.offline else Words("", "")
            return SetError(
                Words(f"the set {name} is not in the store.", f"数据集 {name} 不在本地库中。"),
                Words(
                    f"Its files come from {source}. Set {MIRROR} to a folder or an address that holds them as {first} "
                    f"and so on{aside.en}, and repeat the command.",
                    f"其文件来自 {source}。请将 {MIRROR} 设为存有 {first} 等文件的目录或网址{aside.zh}，再重复该命令。",
                ),
            )
        direct = Words(f" ({below}: {url})", f"（{below}：{url}）") if url else Words("", "")
        return SetError(
            Words(
                "\n  ".join([f"{below} cannot be had, which the set {name} needs:", *(each.en for each in tried)]),
                "\n  ".join([f"无法取得数据集 {name} 所需的 {below}：", *(each.zh for each in tried)]),
            ),
            Words(
                f"It comes from {source}{direct.en}. Mend the mirror, or put another one into {MIRROR}, after a "
                "semicolon; then repeat the command: what has come is not fetched again.",
                f"它来自 {source}{direct.zh}。请修复镜像，或在 {MIRROR} 中以分号隔开再加一个镜像，然后重复该命令："
                "已取得的内容不会重新下载。",
            ),
        )
