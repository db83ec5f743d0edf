"""Where Steelyard keeps what it keeps."""

from __future__ import annotations

import os
from pathlib import Path

MIRROR = "STEELYARD_MIRROR"
"""Names the folder, or the address, that files of recipes come from."""


def home() -> Path:
    """Return Steelyard's folder: ``STEELYARD_HOME``, else ``steelyard`` in the user's cache."""
    if "STEELYARD_HOME" in os.environ:
        return Path(os.environ["STEELYARD_HOME"])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "steelyard"


def hidden(*further: Path) -> tuple[str, ...]:
    """Return the folders that an isolated product must not see: the store, the mirror, and any others."""
    mirror = os.environ.get(MIRROR)
    folders = [home(), *([Path(mirror)] if mirror and "://" not in mirror else []), *further]
    return tuple(str(folder.resolve()) for folder in folders)
