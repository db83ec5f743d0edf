"""Archives that others made: what is in them is read, and none leads out, lies or swells."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.errors import SetError
from steelyard.library.foreign.archive import Limits, member_path, members

SMALL = Limits(members=3, member_bytes=1000, total_bytes=3000, ratio=20, free_bytes=500)


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(*entries: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = (len(data) if kind == tarfile.REGTYPE else 0), kind, "/etc/passwd"
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


def encrypted() -> bytes:
    data = bytearray(zipped(("a", b"x")))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def flipped() -> bytes:
    data = bytearray(zipped(("a", bytes(range(256)))))
    data[80] ^= 255
    return bytes(data)


def flipped_tar() -> bytes:
    data = bytearray(tarred(("a", bytes(range(256)))))
    data[-8] ^= 255  # of the checksum
    return bytes(data)


@pytest.mark.parametrize("make", [zipped, tarred], ids=["zip", "tar"])
def test_what_is_in_it_is_read(make: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(make(("x/1.txt", b"one"), ("y.txt", b"two")))
    assert list(members(path)) == [(PurePosixPath("x/1.txt"), b"one"), (PurePosixPath("y.txt"), b"two")]
    assert list(members(path, lambda name: name.name == "y.txt")) == [(PurePosixPath("y.txt"), b"two")]


HOSTILE = {
    "up": (zipped(("../a", b"x")), "leads out of it"),
    "up, in the middle": (tarred(("a/../../b", b"x")), "leads out of it"),
    "absolute": (tarred(("/etc/cron.d/x", b"x")), "leads out of it"),
    "a drive": (zipped(("C:x", b"x")), "leads out of it"),
    "a backslash": (zipped(("..\\x", b"x")), "leads out of it"),
    "a folder that leads up": (zipped(("../", b"")), "leads out of it"),
    "a link": (zipped((link("a"), b"/etc/passwd")), "is no plain file"),
    "a link in tar": (tarred(("a", b""), kind=tarfile.SYMTYPE), "is no plain file"),
    "a hard link": (tarred(("a", b""), kind=tarfile.LNKTYPE), "is no plain file"),
    "a device": (tarred(("a", b""), kind=tarfile.CHRTYPE), "is no plain file"),
    "twice": (tarred(("a", b"x"), ("./a", b"y")), "is there twice"),
    "encrypted": (encrypted(), "is encrypted"),
    "too many": (zipped(*((str(n), b"") for n in range(4))), "more than 3 members"),
    "a large member": (zipped(("a", bytes(range(250)) * 8)), "holds more than 1000 bytes"),
    "a bomb": (tarred(("a", bytes(900)), ("b", bytes(900)), ("c", bytes(900))), "a bomb, most likely"),
    "a flipped bit": (flipped(), "no archive that can be read"),
    "half of it": (zipped(("a", b"x" * 90))[:-30], "no archive that can be read"),
    "a flipped bit in a tar": (flipped_tar(), "no archive that can be read"),
    "half of a tar": (tarred(("a", bytes(range(256))))[:-60], "no archive that can be read"),
    "no archive": (b"hello", "no archive that can be read"),
    "nothing": (b"", "no archive that can be read"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_or_damaged_is_refused(case: str, tmp_path: Path) -> None:
    data, said = HOSTILE[case]
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(SetError, match=said) as caught:
        list(members(tmp_path / "a.zip", limits=SMALL))
    assert "a.zip" in caught.value.what.zh
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_members_that_are_not_wanted_count_where_they_are_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(tarred(*((str(n), bytes(900)) for n in range(3))))
    with pytest.raises(SetError, match="a bomb, most likely"):
        list(members(tmp_path / "a", lambda _: False, SMALL))


@given(st.text(st.sampled_from("ab./\\:\0 C"), max_size=8))
def test_a_path_stays_below_or_is_refused(name: str) -> None:
    try:
        path = member_path(Path("a.zip"), name)
    except SetError:
        return
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert Path("/x/y", path).resolve().is_relative_to("/x/y")
