"""A file on its way: a part that is locked against a second process, and that a later call goes on with."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from steelyard.core.errors import CallError
from steelyard.core.words import Words


class Part:
    """What has come of a file so far; open it with `part_of`.

    Parameters
    ----------
    file : file
        Open to read and write, and locked.
    path : Path
        Where it is.
    """

    def __init__(self, file: FileIO, path: Path) -> None:
        self.file, self.path = file, path
        self.size = file.seek(0, os.SEEK_END)
        self._notes = path.with_name(f"{path.name}.json")

    def cut(self, size: int) -> None:
        """Keep so many bytes from the beginning."""
        self.file.seek(size)
        self.file.truncate()
        self.size = size

    def add(self, data: bytes) -> None:
        """Append bytes."""
        left = memoryview(data)
        while left:
            left = left[self.file.write(left) :]
        self.size += len(data)

    def version(self, source: str) -> str | None:
        """Return the version that a source said it sends, where the part came from there."""
        try:
            noted = json.loads(self._notes.read_text("utf-8"))
            return str(noted["version"]) if noted["source"] == source else None
        except (OSError, ValueError, KeyError, TypeError):
            return None  # then the digest alone tells

    def note(self, source: str, version: str | None) -> None:
        """Remember where the part comes from."""
        if version is None:
            self._notes.unlink(missing_ok=True)
        else:
            self._notes.write_text(json.dumps({"source": source, "version": version}), "utf-8")

    def finish(self, place: Path) -> None:
        """Give it its name; what a loss of power takes from it is noticed when it is used."""
        self.path.replace(place)
        self._notes.unlink(missing_ok=True)

    def remove(self) -> None:
        """Leave nothing of it."""
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)
        self.size = 0


@contextmanager
def part_of(place: Path) -> Iterator[Part | None]:
    """Open the part of a file, once no other process has it; None where another one has brought the file meanwhile.

    An empty part is not left behind.

    Parameters
    ----------
    place : Path
        Of the whole file.

    Raises
    ------
    CallError
        Where nothing can be written.
    """
    with locked(place.with_name(f"{place.name}.part")) as file:
        path = place.with_name(f"{place.name}.part")
        if place.is_file():
            path.unlink()
            yield None
            return
        part = Part(file, path)
        try:
            yield part
        finally:
            if part.size == 0 and _is(file, path):
                part.remove()


@contextmanager
def locked(path: Path) -> Iterator[FileIO]:
    """Open a file to read and append, once nobody else has it open so.

    Raises
    ------
    CallError
        Where nothing can be written.
    """
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+b", buffering=0)  # so that a full disk is told at once
        except OSError as error:
            raise unwritable(path.parent, error) from None
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is(file, path):  # else whoever had it gave it another name, or removed it
                yield file
                return


def unwritable(folder: Path, error: OSError) -> CallError:
    """Return the error of a folder that nothing can be written to."""
    return CallError(
        Words(f"cannot write to {folder}: {error.strerror}", f"无法写入 {folder}：{error.strerror}"),
        Words(
            "Make room there, or set STEELYARD_HOME to a folder that can be written.",
            "请腾出空间，或将 STEELYARD_HOME 设为可写的目录。",
        ),
    )


def _is(file: FileIO, path: Path) -> bool:
    """Return whether an open file still is the one of this name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
