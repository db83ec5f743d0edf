"""What installed packages declare of themselves: their entry points, all groups read at once.

It is `importlib.metadata.entry_points` without its cost, which every start would pay: that imports the standard
library's e-mail, and opens all packages' files anew for every group. Where packages stand elsewhere than in folders, it
is asked.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.machinery import PathFinder
from typing import NamedTuple

FILE = "entry_points.txt"
OURS = "[steelyard"


class EntryPoint(NamedTuple):
    """A name in a group, and the module that a package says stands behind it."""

    name: str
    value: str


def entry_points(group: str) -> Iterable[EntryPoint]:
    """Return what installed packages declare in a group of ours: the first package of a name on the path counts.

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


def _in_folders() -> bool:
    """Tell whether nobody but the path's folders knows of packages."""
    return all(finder is PathFinder or not hasattr(finder, "find_distributions") for finder in sys.meta_path)


@cache
def _declared(path: tuple[str, ...]) -> Mapping[str, list[EntryPoint]] | None:
    """Return the entry points of each group of ours; None where an archive or an egg is on the path."""
    found: dict[str, list[EntryPoint]] = {}
    seen: set[str] = set()
    for folder in path:
        if folder.endswith(".egg") or os.path.isfile(folder):  # noqa: PTH113 - pathlib would cost more than all of this
            return None
        for package, where in _packages(folder or "."):
            if package in seen:
                continue
            seen.add(package)
            for group, entry in _read(where):
                found.setdefault(group, []).append(entry)
    return found


def _packages(folder: str) -> Iterator[tuple[str, str]]:
    """Yield name and folder of what is installed in a folder of the path."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - as above
    except OSError:
        return
    for name in names:
        stem, _, kind = name.rpartition(".")
        if kind in ("dist-info", "egg-info"):
            yield re.sub(r"[-_.]+", "_", stem.partition("-")[0]).lower(), f"{folder}/{name}"


def _read(where: str) -> Iterator[tuple[str, EntryPoint]]:
    """Yield group and entry point of what a package declares in groups of ours."""
    try:
        with open(f"{where}/{FILE}", encoding="utf-8") as file:  # noqa: PTH123 - as above
            text = file.read()
    except OSError:
        return
    if OURS not in text:
        return
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            group = line.strip("[]")
        elif line and not line.startswith("#") and "=" in line:
            name, _, value = line.partition("=")
            yield group, EntryPoint(name.strip(), value.strip())
