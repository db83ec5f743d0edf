"""Puts sets of any known format into the store, for good, under name and version."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from steelyard.core.words import Words
from steelyard.library import exchange
from steelyard.library.foreign.description import Description
from steelyard.library.home import home
from steelyard.library.importing import made, write_checked
from steelyard.library.sealed.sealing import is_sealed
from steelyard.library.store import add, kept, place_of
from steelyard.library.stored_set import StoredSet


class Added(NamedTuple):
    """A set that is in the store now, and what was inferred of it."""

    stored: StoredSet
    notes: tuple[Words, ...]
    new: bool
    """Whether it was not there before."""


def add_from(path: Path, description: Description | None = None, name: str | None = None) -> Added:
    """Put a set of any known format into the store, where ``NAME@VERSION`` finds it; on failure nothing is left.

    Parameters
    ----------
    path : Path
        A file or a folder.
    description : Description, optional
        What the user says of it; it has the word over what the file says, and over what would be inferred.
    name : str, optional
        The format; by default the one that recognises the path.

    Raises
    ------
    CallError
        Where no format knows it, a column must be named, or the store has another set of this name and version.
    SetError
        Where it is damaged, or not what it says of itself.
    """
    if is_sealed(path):  # it stays as it is: nothing of it can be told otherwise
        before = set(kept())
        sealed = add(path)
        return Added(sealed, (), sealed.card.label not in before)
    incoming = exchange.read(path, description, name)
    with tempfile.TemporaryDirectory(dir=made(home()), prefix=".adding-") as scratch:
        written = write_checked(Path(scratch) / "set", incoming)
        new = not place_of(written.card.label).exists()
        return Added(add(written.folder), incoming.notes, new)
