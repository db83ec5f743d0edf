"""Where Steelyard keeps what it keeps."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

MIRROR = "STEELYARD_MIRROR"
"""Names the folders and addresses that sets and files of recipes come from, with semicolons between them."""

SECRETS = ("STEELYARD_KEY_PASSPHRASE", "STEELYARD_MIRROR_TOKEN", "STEELYARD_SEAL_KEY")
"""Variables that no product, and no other machine, is told."""


def home() -> Path:
    """Return Steelyard's folder: ``STEELYARD_HOME``, else ``steelyard`` in the user's cache."""
    if "STEELYARD_HOME" in os.environ:
        return Path(os.environ["STEELYARD_HOME"])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "steelyard"


def hidden(*further: Path) -> tuple[str, ...]:
    """Return the folders that an isolated product must not see: the store, the mirror, and any others."""
    mirrors = [Path(each) for each in mirror_addresses() if "://" not in each]
    return tuple(str(folder.resolve()) for folder in (home(), *mirrors, *further))


def mirror_addresses() -> list[str]:
    """Return the folders and URLs that `MIRROR` names, in order; of ``file://`` the folder.

    Examples
    --------
    >>> os.environ[MIRROR] = "/sets of ours; https://mirror.example/sets;file:///mnt/a%20b"
    >>> mirror_addresses()
    ['/sets of ours', 'https://mirror.example/sets', '/mnt/a b']
    """
    named = [each.strip() for each in os.environ.get(MIRROR, "").split(";")]
    return [_folder(each) if each.startswith("file://") else each for each in named if each]


def _folder(address: str) -> str:
    from urllib.request import url2pathname  # brings all that fetches, which a run seldom needs

    return url2pathname(urlsplit(address).path)
