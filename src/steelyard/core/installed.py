"""What packages are installed, and what they declare of themselves: entry points and versions.

It is `importlib.metadata` without its cost, which every start would pay: that imports the standard library's e-mail,
and opens all packages' files anew at every question. Where packages stand elsewhere than in folders, it is asked.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.machinery import PathFinder
from typing import NamedTuple

OURS = "[steelyard"


class EntryPoint(NamedTuple):
    """A name in a group, and the module that a package says stands behind it."""

    name: str
    value: str


def entry_points(group: str) -> Iterable[EntryPoint]:
    """Return what installed packages declare in a group of ours.

    Examples
    --------
    >>> list(entry_points("steelyard.no_such_group"))
    []
    """
    known = _declared(tuple(sys.path)) if _in_folders() else None
    if known is not None:
        return known.get(group, [])
    from importlib.metadata import entry_points as asked

    return [EntryPoint(entry.name, entry.value) for entry in asked(group=group)]


def version(package: str) -> str:
    """Return the version of an installed package.

    Raises
    ------
    PackageNotFoundError
        Of `importlib.metadata`, where it is not installed.
    """
    folders = (_packages(tuple(sys.path)) if _in_folders() else None) or {}
    for file in ("METADATA", "PKG-INFO"):
        head = _text(f"{folders.get(_plain(package))}/{file}").partition("\n\n")[0]
        found = re.search(r"^Version: *(\S+)", head, re.MULTILINE)
        if found is not None:
            return found[1]
    from importlib.metadata import version as asked

    return asked(package)


def _in_folders() -> bool:
    """Tell whether nobody but the path's folders knows of packages."""
    return all(finder is PathFinder or not hasattr(finder, "find_distributions") for finder in sys.meta_path)


@cache
def _packages(path: tuple[str, ...]) -> Mapping[str, str] | None:
    """Return where each package declares itself; None where an archive or an egg is on the path.

    Of packages of one name the first on the path counts.
    """
    found: dict[str, str] = {}
    for folder in path:
        if folder.endswith(".egg") or os.path.isfile(folder):  # noqa: PTH113 - pathlib would cost more than all of this
            return None
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208 - as above
        except OSError:
            continue
        for name in names:
            stem, _, kind = name.rpartition(".")
            if kind in ("dist-info", "egg-info"):
                found.setdefault(_plain(stem.partition("-")[0]), f"{folder or '.'}/{name}")
    return found


def _plain(package: str) -> str:
    """Return a package's name as all its spellings are the same."""
    return re.sub(r"[-_.]+", "_", package).lower()


@cache
def _declared(path: tuple[str, ...]) -> Mapping[str, list[EntryPoint]] | None:
    """Return the entry points of each group of ours; None where packages may stand elsewhere."""
    folders = _packages(path)
    if folders is None:
        return None
    found: dict[str, list[EntryPoint]] = {}
    for folder in folders.values():
        for group, entry in _read(f"{folder}/entry_points.txt"):
            found.setdefault(group, []).append(entry)
    return found


def _read(file: str) -> Iterator[tuple[str, EntryPoint]]:
    """Yield group and entry point of what a package declares, if it declares any in a group of ours."""
    text = _text(file)
    if OURS not in text:
        return
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            group = line.strip("[]")
        elif line and not line.startswith("#") and "=" in line:
            name, _, value = line.partition("=")
            yield group, EntryPoint(name.strip(), value.strip())


def _text(file: str) -> str:
    """Return what a file holds; nothing where it cannot be read."""
    try:
        with open(file, encoding="utf-8") as opened:  # noqa: PTH123 - as above
            return opened.read()
    except OSError:
        return ""
