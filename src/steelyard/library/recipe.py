"""Recipes: where a set comes from, which bytes it is made of, and which reader makes samples of them."""

from __future__ import annotations

import posixpath
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from steelyard.core.card import Card
from steelyard.core.errors import UnknownName
from steelyard.core.plugins import load
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa

    from steelyard.library.sharing.fetching import Wanted, Way

FOLDER = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Contents:
    """What a reader makes of the files."""

    samples: pa.Table
    answers: Mapping[str, pa.Table] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """How a set is made."""

    card: Card
    reader: str
    files: Mapping[str, str]
    """Path below the mirror to SHA-256."""
    bytes: int | None = None
    """Of all files together."""
    urls: Mapping[str, str] = field(default_factory=dict)
    """Path to the address of the original, where it can be had directly."""


def names() -> list[str]:
    """Return the names of all recipes."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read(name: str) -> Recipe:
    """Return the recipe of this name, or raise `UnknownName`.

    Examples
    --------
    >>> read("wdbc").card.licence
    'CC-BY-4.0'
    """
    path = FOLDER / f"{name}.toml"
    if name not in names():
        raise UnknownName(Words("test set", "测试集"), name, names())
    written: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    card = Card(
        name=name,
        version=written["version"],
        title=_both(written["title"]),
        licence=written["licence"],
        source=written["source"],
        citation=written["citation"],
        methods=tuple(written["methods"]),
        reference=_both(written["reference"]),
        raters=written.get("raters"),
        adjudication=_both(written["adjudication"]) if "adjudication" in written else None,
        reference_error=written.get("reference_error"),
        input=written.get("input"),
        splits=written["splits"],
        split_rule=_both(written["split_rule"]) if "split_rule" in written else None,
        groups={key: _both(value) for key, value in written.get("groups", {}).items()},
        units={key: _both(value) for key, value in written.get("units", {}).items()},
        values={key: _both(value) for key, value in written.get("values", {}).items()},
        scope=_both(written["scope"]) if "scope" in written else None,
        answers={key: _both(value) for key, value in written.get("answers", {}).items()},
        answers_digest={key: value["digest"] for key, value in written.get("answers", {}).items()},
        samples=sum(written["splits"].values()),
        digest=written["digest"],
    )
    return Recipe(card, written["reader"], written.get("files", {}), written.get("bytes"), written.get("urls", {}))


def _both(written: Mapping[str, str]) -> Words:
    return Words(written["en"], written["zh"])


def wanted(recipe: Recipe) -> Wanted:
    """Return the files that a recipe needs."""
    from steelyard.library.sharing.fetching import Wanted  # brings all that fetches, which a run seldom needs

    return Wanted(recipe.card.name, recipe.card.source, recipe.files, recipe.bytes, recipe.urls)


def contents(recipe: Recipe, way: Way | None = None) -> Contents:
    """Fetch and check the recipe's files, and read them: by their paths below the folder that holds them all.

    Raises
    ------
    SetError
        Where a file is missing or has other bytes; the message says what to do.
    """
    from steelyard.library.sharing.fetching import fetch

    reader = load("steelyard.library.readers", recipe.reader, Words("reader", "读取器"))
    made = reader.read(_below_common(fetch(wanted(recipe), way)))
    assert isinstance(made, Contents)
    return made


def _below_common(files: Mapping[str, Path]) -> dict[str, Path]:
    """Return files by their paths below the deepest folder that holds them all.

    Examples
    --------
    >>> list(_below_common({"home/set/a/1.txt": Path(), "home/set/b/1.txt": Path()}))
    ['a/1.txt', 'b/1.txt']
    """
    if not files:
        return {}
    folders = [PurePosixPath(below).parent.as_posix() for below in files]
    common = posixpath.commonpath(folders)
    return {posixpath.relpath(below, common): path for below, path in files.items()}
