"""The library's sets by their addresses: a recipe's name, ``NAME@VERSION`` of a set that was added, or a folder."""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.card import Card
from steelyard.core.errors import CallError, UnknownName
from steelyard.core.words import Words
from steelyard.library import recipe
from steelyard.library.card_file import CARD, read_card
from steelyard.library.home import home
from steelyard.library.sealed.sealing import check_sealed, is_sealed
from steelyard.library.stored_set import VERIFIED, StoredSet, wrong_digest
from steelyard.library.writing import write_set, write_verified

if TYPE_CHECKING:
    from steelyard.library.sharing.fetching import Way

NAMED = re.compile(r"[a-z0-9][a-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9._-]*")
"""Labels that are safe as a folder's name, and typed without quotes."""


def names() -> list[str]:
    """Return the addresses of all sets that can be named: recipes by their name, added ones as ``NAME@VERSION``."""
    known = set(recipe.names())
    return sorted([*known, *(label for label in kept() if label.partition("@")[0] not in known)])


def card(address: str) -> Card:
    """Return a set's card, pulling nothing: what a recipe promises, or what a folder holds."""
    described = _described(address)
    if described is not None:
        return described.card
    folder = _folder(address)
    if folder is not None:
        return read_card(folder)
    return recipe.read(address.partition("@")[0]).card


def open_set(address: str, way: Way | None = None, *, sealed: bool = False) -> StoredSet:
    """Open a test set and check it against its card.

    A set that is not in the store yet is made from its recipe. One that the store has of another Steelyard, whose
    recipe or whose digests were others, is set aside and made anew.

    Parameters
    ----------
    address : str
        A recipe's name, ``NAME@VERSION``, or the path of a folder, of a Croissant file, or of any other format that is
        known (with a slash in it, or a dot at its beginning).
    way : Way, optional
        How files of its recipe are fetched.
    sealed : bool
        Whether it may be a sealed one: who opens that keeps its rows in memory.

    Raises
    ------
    UnknownName
        Where there is no such set.
    CallError
        Where it is sealed and may not be, or there is no key.
    SetError
        Where a file of its recipe cannot be had, or its bytes are not what the card says.
    """
    described = _described(address)
    if described is not None:
        return described
    folder = _folder(address)
    if folder is not None and is_sealed(folder):
        if not sealed:
            raise CallError(
                Words(
                    f"the set in {folder} is sealed, and this would show its rows or write them in clear.",
                    f"{folder} 中的数据集已密封，此操作会以明文显示或写出其内容。",
                ),
                Words(
                    "Write it in clear first, if you mean to: steelyard sets open",
                    "如确有此意，请先以明文写出：steelyard sets open",
                ),
            )
        from steelyard.library.sealed.sealed_set import open_sealed

        return open_sealed(folder)
    if folder is not None:
        opened = StoredSet(read_card(folder), folder)
        opened.check()
        return opened
    wanted = recipe.read(address.partition("@")[0])
    folder = place_of(wanted.card.label)
    if not _holds(folder, wanted.card):
        contents = recipe.contents(wanted, way)
        if folder.exists() and not _holds(folder, wanted.card):  # in this order: another may be making it meanwhile
            _set_aside(folder)
        try:
            write_set(folder, wanted.card, contents.samples, contents.answers)
        except CallError:
            if not folder.exists():  # else another process was first: a product that trains on the same set
                raise
    opened = StoredSet(read_card(folder), folder)
    opened.check()
    if opened.card.digest != wanted.card.digest:
        raise wrong_digest(folder, wanted.card.digest, opened.card.digest)
    if opened.card.answers_digest != wanted.card.answers_digest:
        raise wrong_digest(folder, str(wanted.card.answers_digest), str(opened.card.answers_digest))
    return StoredSet(wanted.card, folder)  # the samples are the same; what is said of them may have been mended since


def _holds(folder: Path, promised: Card) -> bool:
    """Tell whether a folder of the store says that it has what a recipe promises."""
    if not folder.exists():
        return False
    there = read_card(folder)
    return (there.digest, there.answers_digest) == (promised.digest, promised.answers_digest)


def _set_aside(folder: Path) -> None:
    """Keep what another Steelyard made of a recipe, hidden beside its place: earlier runs may have been on it."""
    name = read_card(folder).digest.rpartition(":")[2][:16]
    aside = folder.with_name(f".{folder.name}-{name}")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)


def add(folder: Path) -> StoredSet:
    """Put a copy of a set into the store, where ``NAME@VERSION`` finds it; a version is never written over.

    Raises
    ------
    CallError
        Where the store has other samples under this name and version, or a recipe has the name.
    SetError
        Where its samples are not what its card says.
    """
    new = StoredSet(read_card(folder), folder)
    if is_sealed(folder):
        check_sealed(folder, new.card)
    else:
        new.verify()
    label = new.card.label
    if not NAMED.fullmatch(label):
        raise CallError(
            Words(f"{label} cannot be a name in the store.", f"{label} 不能作为库中的名称。"),
            Words(
                "Make name and version of a–z, 0–9, dots, hyphens and underscores, a letter or digit first.",
                "名称和版本由 a–z、0–9、点、连字符和下划线组成，以字母或数字开头。",
            ),
        )
    if new.card.name in recipe.names():
        raise CallError(
            Words(f"{new.card.name} is the name of a recipe.", f"{new.card.name} 是配方的名称。"),
            Words("Give the set a name of its own in its card.", "请在卡片中为该数据集另取名称。"),
        )
    place = place_of(label)
    if place.exists():
        there = StoredSet(read_card(place), place)
        if there.card == new.card:
            return there
        raise CallError(
            Words(
                f"the store has another {label}: {there.card.digest}, not {new.card.digest}.",
                f"库中已有另一个 {label}：{there.card.digest}，而非 {new.card.digest}。",
            ),
            Words("A version never changes: raise it in the card.", "版本不可更改：请在卡片中提升版本号。"),
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".new-") as scratch:
        copy = Path(scratch) / "set"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(VERIFIED))
        if not is_sealed(copy):
            StoredSet(new.card, copy).verify()  # what was copied, not what was looked at before
            write_verified(copy, new.card)
        try:
            copy.rename(place)
        except OSError:  # another process was first
            if not place.exists():
                raise
            return add(folder)
    return StoredSet(new.card, place)


def kept() -> list[str]:
    """Return the labels of the sets that the store holds."""
    return sorted(path.parent.name for path in (home() / "sets").glob(f"[!.]*@*/{CARD}"))


def place_of(label: str) -> Path:
    """Return the folder that the store has, or would have, for a set of this name and version."""
    return home() / "sets" / label


def _folder(address: str) -> Path | None:
    """Return the folder of a set that has no recipe of this version; None where a recipe makes it.

    Raises
    ------
    UnknownName
        Where there is neither.
    """
    # A bare name is the library's, whatever lies in the working directory.
    if ("/" in address or address.startswith(".")) and _is_there(Path(address, CARD)):
        return Path(address)
    name, at, version = address.partition("@")
    if name in recipe.names():
        if not at or recipe.read(name).card.version == version:
            return None
        if address in kept():  # of an earlier Steelyard: its recipe has gone on since
            return place_of(address)
    elif at and address in kept():
        return place_of(address)
    elif not at:
        versions = [label for label in kept() if label.partition("@")[0] == name]
        if len(versions) == 1:
            return place_of(versions[0])
        if versions:
            raise CallError(
                Words(f"the store has several versions of {name}.", f"库中有 {name} 的多个版本。"),
                Words(f"Name one: {', '.join(versions)}", f"请指明其一：{', '.join(versions)}"),
            )
    known = [*names(), *kept(), *(recipe.read(each).card.label for each in recipe.names())] if at else names()
    raise UnknownName(Words("test set", "测试集"), address, known, _instead(address))


def _instead(address: str) -> Words:
    """Return what is said of an address that names no set: there are too many sets to name them all."""
    every = Words("steelyard sets list shows all.", "全部测试集见 steelyard sets list。")
    if address and "/" not in address and _is_there(Path(address)):
        path = shlex.quote(f"./{address}")
        return Words(
            f"For what lies here, write {path}. {every.en}", f"若指当前目录中的该文件或目录，请写作 {path}。{every.zh}"
        )
    return every


def _described(address: str) -> StoredSet | None:
    """Return the set at a path that is described in another format than Steelyard's own; None where there is none."""
    path = Path(address)
    if ("/" not in address and not address.startswith(".")) or _is_there(path / CARD) or not _is_there(path):
        return None
    from steelyard.library.importing import imported

    return imported(path)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name may be longer than any file's
        return False
