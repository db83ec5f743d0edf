"""What a store shows to others: files of its sets, and files of recipes by their digest, and nothing beside them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.library import recipe, store
from steelyard.library.card_file import CARD, read_card
from steelyard.library.home import home, mirror_addresses
from steelyard.library.sharing.download import sha256_of
from steelyard.library.sharing.fetching import FILES
from steelyard.library.sharing.pulling import SAFE, SETS
from steelyard.library.stored_set import VERIFIED


class Shared(NamedTuple):
    """A file that is shown."""

    path: Path
    sha256: str
    labels: frozenset[str]
    """The sets that it belongs to."""


class Shelf:
    """What of the store is shown; another store or mirror that the environment names later changes nothing.

    Parameters
    ----------
    addresses : sequence of str
        Sets, as `steelyard.library.store` names them, or folders; none: all that the store holds, now and later.

    Raises
    ------
    CallError
        Where one of them is not there.
    """

    def __init__(self, addresses: Sequence[str] = ()) -> None:
        self._named = dict(map(_found, addresses)) if addresses else None
        self._home = home()
        self._mirrors = [Path(each) for each in mirror_addresses() if "://" not in each]
        self._digests: dict[tuple[str, int, int, int], str] = {}
        self._recipes: dict[str, dict[str, str]] = {}
        """SHA-256 to path below a mirror, by label."""
        for name in recipe.names():
            read = recipe.read(name)
            if self._named is None or read.card.label in self._named:
                self._recipes[read.card.label] = {sha256: below for below, sha256 in read.files.items()}

    def labels(self) -> list[str]:
        """Return the sets that are shown now."""
        return sorted(self._folders())

    def all_labels(self) -> list[str]:
        """Return those, and those of recipes whose files are shown."""
        return sorted({*self._folders(), *self._recipes})

    def files(self, label: str) -> Mapping[str, Path]:
        """Return the files of a set by their names: no links, nothing hidden, nothing outside of its folder."""
        folder = self._folders().get(label)
        if folder is None:
            return {}
        found = {}
        for parent, folders, names in os.walk(folder, followlinks=False):
            folders[:] = [each for each in folders if SAFE.fullmatch(each)]
            for name in names:
                path = Path(parent, name)
                if SAFE.fullmatch(name) and path.is_file() and not path.is_symlink():
                    found[path.relative_to(folder).as_posix()] = path
        found.pop(VERIFIED, None)  # what was found on this machine is no evidence on another
        return dict(sorted(found.items()))

    def of_set(self, label: str, name: str) -> Shared | None:
        """Return a file of a set, or None."""
        path = self.files(label).get(name)
        return None if path is None else Shared(path, self.digest(path), frozenset({label}))

    def of_digest(self, sha256: str) -> Shared | None:
        """Return a file of a recipe that has these bytes, here or in a folder that is a mirror; None where none has."""
        labels = frozenset(label for label, files in self._recipes.items() if sha256 in files)
        if not labels:
            return None
        below = {self._recipes[label][sha256] for label in labels}
        for path in (
            self._home / FILES / sha256,
            *(folder / each for folder in self._mirrors for each in sorted(below)),
        ):
            if path.is_file() and self.digest(path) == sha256:
                return Shared(path, sha256, labels)
        return None

    def digest(self, path: Path) -> str:
        """Return the SHA-256 of a file, found anew only where the file has changed."""
        about = path.stat()
        key = str(path), about.st_ino, about.st_size, about.st_mtime_ns
        if key not in self._digests:
            self._digests[key] = sha256_of(path)
        return self._digests[key]

    def _folders(self) -> Mapping[str, Path]:
        if self._named is not None:
            return self._named
        return {path.parent.name: path.parent for path in (self._home / SETS).glob(f"[!.]*@*/{CARD}")}


def _found(address: str) -> tuple[str, Path]:
    """Return the label of a set and its folder."""
    if ("/" in address or address.startswith(".")) and Path(address, CARD).is_file():
        return read_card(Path(address)).label, Path(address).resolve()
    label = store.card(address).label
    if not store.place_of(label).is_dir():
        raise CallError(
            Words(f"{label} is not in the store yet.", f"{label} 尚不在本地库中。"),
            Words(f"Fetch it: steelyard sets pull {address}", f"请先获取：steelyard sets pull {address}"),
        )
    return label, store.place_of(label)
