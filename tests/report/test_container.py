"""A bundle's file can be written in one way only, and no other is read."""

from __future__ import annotations

import contextlib
import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.core.errors import CallError, EvidenceError
from steelyard.report.proof.container import packed, unpacked

MEMBERS = {"a.json": b"{}", "evidence/rows.npy": bytes(range(200)), "z": b""}


def test_what_was_packed_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "report.zip"
    path.write_bytes(packed(MEMBERS))
    assert unpacked(path) == MEMBERS
    assert packed(dict(reversed(MEMBERS.items()))) == path.read_bytes()
    with zipfile.ZipFile(path) as archive:  # any unzip reads it
        assert archive.testzip() is None
        assert archive.namelist() == sorted(MEMBERS)


@given(place=st.integers(0, len(packed(MEMBERS)) - 1), mask=st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_any_changed_byte_is_another_member_or_refused(place: int, mask: int, tmp_path: Path) -> None:
    data = bytearray(packed(MEMBERS))
    data[place] ^= mask
    path = tmp_path / "report.zip"
    path.write_bytes(data)
    with contextlib.suppress(EvidenceError):
        assert unpacked(path) != MEMBERS


@pytest.mark.parametrize(
    "name", ["../a", "/a", "a/../b", "A.txt", "a b", "", "a//b", "a\\b", ".a", "a.", "a/.b", "ä", "a\x00b"]
)
def test_a_name_that_could_leave_the_folder_is_not_packed(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a member"):
        packed({name: b""})


def archive(write: Callable[[zipfile.ZipFile], None], **options: int) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of names that stand twice
        with zipfile.ZipFile(file, "w", **options) as made:  # type: ignore[call-overload]
            write(made)
    return file.getvalue()


def twice(made: zipfile.ZipFile) -> None:
    made.writestr("a.json", b"{}")
    made.writestr("a.json", b"[]")


def link(made: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("a.json")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    made.writestr(entry, "/etc/passwd")


def comment(made: zipfile.ZipFile) -> None:
    made.comment = b"hello"


PACKED = packed(MEMBERS)


ARCHIVES: list[tuple[bytes, str]] = [
    (b"", "it is no archive"),
    (b"PK\x05\x06" + bytes(17), "it is no archive"),
    (PACKED[:-1], "it is no archive"),
    (PACKED[: len(PACKED) // 2], "it is no archive"),
    (PACKED + b"\0", "."),
    (b"\0" + PACKED, "."),
    (PACKED * 2, "."),
    (archive(twice), "a member stands in it twice"),
    (archive(link), "its bytes are not those"),
    (archive(comment), "its bytes are not those"),
    (archive(lambda made: made.writestr("../../evil", b"")), "it has a member '../../evil'"),
    (archive(lambda made: made.writestr("/etc/evil", b"")), "it has a member '/etc/evil'"),
    (archive(lambda made: made.writestr("a", bytes(10**7)), compression=zipfile.ZIP_DEFLATED), "is compressed"),
    (archive(lambda made: made.writestr("a", bytes(10**6)), compression=zipfile.ZIP_LZMA), "is compressed"),
    (archive(lambda made: [made.writestr(f"m{n}", b"") for n in range(10_001)] and None), "10,001 members"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "says"), ARCHIVES)
def test_other_archives_are_refused(data: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "report.zip"
    path.write_bytes(data)
    with pytest.raises(EvidenceError, match=says) as caught:
        unpacked(path)
    assert str(path) in str(caught.value)


def test_a_member_that_claims_to_be_larger_than_the_file_is_refused(tmp_path: Path) -> None:
    data = bytearray(PACKED)
    start = data.rindex(b"PK\x01\x02")
    data[start + 20 : start + 28] = struct.pack("<II", 2**31, 2**31)
    path = tmp_path / "report.zip"
    path.write_bytes(data)
    with pytest.raises(EvidenceError, match=r"larger than itself|no archive"):
        unpacked(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="No such file"):
        unpacked(tmp_path / "report.zip")
