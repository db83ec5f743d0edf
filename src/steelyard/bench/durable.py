"""Files that survive: written beside, flushed to the disk, then given their name."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from steelyard.core.errors import CallError
from steelyard.core.words import Words


def write_durably(path: Path, data: bytes | memoryview) -> None:
    """Write a file in one step: whoever opens it finds all of it or none, even after a loss of power."""
    new = path.with_suffix(".new")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.rename(path)
    except BaseException:  # a full disk: half a file would only fill it further
        new.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_where_told(path: Path, data: bytes) -> None:
    """Write a file under the name that a user gave, in one step.

    Raises
    ------
    CallError
        Where nothing can be written there.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        write_durably(path, data)
    except OSError as error:
        raise CallError(
            Words(f"cannot write {path}: {error.strerror}.", f"无法写入 {path}：{error.strerror}。"),
            Words("Name a file in a folder that is there and can be written.", "请指定一个已有且可写的目录中的文件。"),
        ) from None
