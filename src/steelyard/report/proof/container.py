"""The file that a bundle is: a ZIP archive that can be written in one way only, and is read no other way.

Whatever a ZIP archive may say twice, or say and not mean, is fixed: members stand in the order of their names, stored
as they are, without times, rights, comments or extra fields. A reader makes the archive anew from what it has read, and
refuses it where the bytes differ: no bit of it can change unnoticed, and no two programs can see different members.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from steelyard.core.errors import CallError, EvidenceError
from steelyard.core.words import Words

MEMBER = re.compile(r"[a-z0-9][a-z0-9_-]*([./][a-z0-9][a-z0-9_-]*)*")
"""Names that are a file below the archive on any system."""
MOST_MEMBERS = 10_000
MOST_BYTES = 2**32
EPOCH = (1980, 1, 1, 0, 0, 0)


def packed(members: Mapping[str, bytes]) -> bytes:
    """Return the archive of some members.

    Raises
    ------
    ValueError
        Where a name is not one of `MEMBER`.

    Examples
    --------
    >>> packed({"a.txt": b"1"}) == packed({"a.txt": b"1"}), len(packed({}))
    (True, 22)
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name in sorted(members):
            if not MEMBER.fullmatch(name):
                raise ValueError(f"{name!r} cannot be a member of a bundle")
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, members[name])
    return file.getvalue()


def unpacked(path: Path) -> dict[str, bytes]:
    """Return the members of an archive.

    Raises
    ------
    CallError
        Where there is no such file.
    EvidenceError
        Where it cannot be read, or is another one than `packed` would make of its members.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise refused(path, Words(f"it has {size:,} bytes", f"大小为 {size:,} 字节"))
        data = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            _check_entries(path, entries, size)
            members = {name: archive.read(name) for name in names}
    except (FileNotFoundError, IsADirectoryError) as error:
        raise CallError(
            Words(f"cannot read {path}: {error.strerror}.", f"无法读取 {path}：{error.strerror}。"),
            Words("Name a bundle; steelyard bundle RUN makes one.", "请给出报告包；可用 steelyard bundle RUN 生成。"),
        ) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise refused(path, Words(why, why)) from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OverflowError) as error:
        raise refused(path, Words(f"it is no archive ({error})", f"不是有效的归档（{error}）")) from None
    if packed(members) != data:
        raise refused(path, Words("its bytes are not those that its members make", "其字节与成员内容不一致"))
    return members


def _check_entries(path: Path, entries: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse what would cost much, or could be understood in two ways, before anything is read."""
    names = [entry.filename for entry in entries]
    if len(names) > MOST_MEMBERS:
        raise refused(path, Words(f"it has {len(names):,} members", f"有 {len(names):,} 个成员"))
    for name in names:
        if not MEMBER.fullmatch(name):
            raise refused(path, Words(f"it has a member {name!r}", f"含成员 {name!r}"))
    if len(set(names)) < len(names):
        raise refused(path, Words("a member stands in it twice", "有成员重复"))
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise refused(path, Words("a member is compressed", "有成员被压缩"))
    if sum(entry.file_size for entry in entries) > size:
        raise refused(path, Words("its members are larger than itself", "成员总大小超过归档本身"))


def refused(path: Path, why: Words) -> EvidenceError:
    """Return the error of a file that is no bundle."""
    return EvidenceError(
        Words(f"{path} is no bundle as Steelyard writes it: {why.en}.", f"{path} 不是有效的报告包：{why.zh}。"),
        Words("Ask whoever issued it for the file again.", "请向出具方重新索取该文件。"),
    )
