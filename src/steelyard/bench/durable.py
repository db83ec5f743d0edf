"""Files that survive: written beside, flushed to the disk, then given their name."""

from __future__ import annotations

import os
from pathlib import Path


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
