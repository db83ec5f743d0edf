"""Reads archives that others made: nothing is unpacked onto the disk, and no member may lie about itself.

A member's path must stay below the archive; links and devices are refused; what comes out is counted as it comes,
whatever the archive's directory says.
"""

from __future__ import annotations

import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from steelyard.core.errors import SetError
from steelyard.core.words import Words

CHUNK = 2**20


@dataclass(frozen=True)
class Limits:
    """What an archive may hold; beyond it is refused before it fills memory."""

    members: int = 10**7
    member_bytes: int = 2**31
    """Of one member: it is held in memory."""
    total_bytes: int = 2**38
    ratio: int = 200
    """Bytes that come out of a byte of the archive, once more than ``free_bytes`` have come out."""
    free_bytes: int = 2**28


LIMITS = Limits()


def members(
    path: Path, wanted: Callable[[PurePosixPath], bool] = lambda _: True, limits: Limits = LIMITS
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield path and content of an archive's files (ZIP, or tar, however it is compressed), in the archive's order.

    Parameters
    ----------
    path : Path
        The archive.
    wanted : callable
        Which members are read, by their paths; the others' names are checked all the same.
    limits : Limits
        What it may hold.

    Raises
    ------
    SetError
        Where the archive is damaged, or a member leads out of it, is a link or a device, is there twice, is encrypted,
        or is larger than anyone would make it.
    """
    try:
        if zipfile.is_zipfile(path):
            yield from _zip_members(path, wanted, limits)
        else:
            yield from _tar_members(path, wanted, limits)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, OSError, NotImplementedError) as error:
        why = str(error).partition("\n")[0].rstrip(":")
        raise SetError(
            Words(f"{path} is no archive that can be read: {why}", f"无法读取归档文件 {path}：{why}"),
            Words("Fetch it again; nothing was kept of it.", "请重新获取；其内容未予保留。"),
        ) from None


def member_path(archive: Path, name: str) -> PurePosixPath:
    r"""Return a member's path, which must stay below the archive.

    Raises
    ------
    SetError
        Where it is absolute, goes up, or could be read otherwise on another system.

    Examples
    --------
    >>> member_path(Path("a.zip"), "images/cat.png")
    PurePosixPath('images/cat.png')
    """
    path = PurePosixPath(name)
    if (
        not name
        or path.is_absolute()
        or ".." in path.parts
        or "\\" in name
        or "\0" in name
        or re.match("[A-Za-z]:", name)
    ):
        raise _refused(archive, f"the member {name[:100]!r} leads out of it", f"成员 {name[:100]!r} 指向归档之外")
    return path


def _refused(archive: Path, en: str, zh: str) -> SetError:
    return SetError(
        Words(f"{archive}: {en}.", f"{archive}：{zh}。"),
        Words(
            "Such an archive is not read; ask its maker for one that holds plain files.",
            "此类归档不予读取；请向其制作者索取只含普通文件的归档。",
        ),
    )


class _Count:
    """Counts what comes out of an archive."""

    def __init__(self, archive: Path, limits: Limits) -> None:
        self.archive, self.limits = archive, limits
        self.size = archive.stat().st_size
        self.seen: set[PurePosixPath] = set()
        self.total = 0

    def name(self, name: str) -> PurePosixPath:
        path = member_path(self.archive, name)
        if path in self.seen:
            raise _refused(self.archive, f"the member {name[:100]!r} is there twice", f"成员 {name[:100]!r} 重复")
        self.seen.add(path)
        if len(self.seen) > self.limits.members:
            raise _refused(
                self.archive, f"more than {self.limits.members} members", f"成员多于 {self.limits.members} 个"
            )
        return path

    def take(self, size: int) -> None:
        self.total += size
        packed = self.total > max(self.limits.free_bytes, self.size * self.limits.ratio)
        if packed or self.total > self.limits.total_bytes:
            raise _refused(
                self.archive,
                f"its {self.size} bytes unpack to {self.total} and more: a bomb, most likely",
                f"其 {self.size} 字节解压后达 {self.total} 字节以上，很可能是压缩炸弹",
            )

    def read(self, opened: IO[bytes], name: str) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while piece := opened.read(CHUNK):
            pieces.append(piece)
            size += len(piece)
            self.take(len(piece))
            if size > self.limits.member_bytes:
                most = self.limits.member_bytes
                raise _refused(
                    self.archive,
                    f"the member {name[:100]!r} holds more than {most} bytes",
                    f"成员 {name[:100]!r} 超过 {most} 字节",
                )
        return b"".join(pieces)


def _zip_members(
    path: Path, wanted: Callable[[PurePosixPath], bool], limits: Limits
) -> Iterator[tuple[PurePosixPath, bytes]]:
    count = _Count(path, limits)
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            kind = info.external_attr >> 28  # of Unix: the file's type
            if info.is_dir():
                member_path(path, info.filename)
                continue
            name = count.name(info.filename)
            if kind not in (0, 8):
                raise _refused(
                    path, f"the member {info.filename!r} is no plain file", f"成员 {info.filename!r} 非普通文件"
                )
            if info.flag_bits & 1:
                raise _refused(path, f"the member {info.filename!r} is encrypted", f"成员 {info.filename!r} 已加密")
            if wanted(name):
                with archive.open(info) as opened:
                    yield name, count.read(opened, info.filename)


def _tar_members(
    path: Path, wanted: Callable[[PurePosixPath], bool], limits: Limits
) -> Iterator[tuple[PurePosixPath, bytes]]:
    count = _Count(path, limits)
    with tarfile.open(path, "r:*") as archive:
        for info in archive:
            if info.isdir():
                member_path(path, info.name)
                continue
            name = count.name(info.name)
            if not info.isfile():
                raise _refused(path, f"the member {info.name!r} is no plain file", f"成员 {info.name!r} 非普通文件")
            if not wanted(name):
                count.take(info.size)  # it is unpacked, to come to the next
            else:
                opened = archive.extractfile(info)
                assert opened is not None
                with opened:
                    yield name, count.read(opened, info.name)
        assert archive.fileobj is not None
        while rest := archive.fileobj.read(CHUNK):  # what guards the content stands at the end
            count.take(len(rest))
