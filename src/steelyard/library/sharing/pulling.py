"""Pulls sets into the store: made from their recipes, or whole from a mirror that has them; checked, or not there."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from steelyard.core.card import Card
from steelyard.core.errors import CallError, SetError, UnknownName
from steelyard.core.words import Words
from steelyard.library import recipe, store
from steelyard.library.card_file import CARD, read_card
from steelyard.library.home import home
from steelyard.library.sealed.sealing import PUBLIC, SEALING, is_sealed, read_sealing
from steelyard.library.sharing.download import download
from steelyard.library.sharing.fetching import FILES, MOST_BYTES, Transfer, Way, kept_whole, opened_mirrors
from steelyard.library.sharing.mirrors import Absent, Mirror, Refused, Trouble
from steelyard.library.sharing.part import locked
from steelyard.library.stored_set import SAMPLES, VERIFIED, answers_file, file_digest
from steelyard.library.subsets import PROOF
from steelyard.library.verifying import check_folder

SETS = "sets"
"""Folder of the store, and of other stores, with a folder for each set."""
SAFE = re.compile(r"[^\x00-\x1f\x7f./\\][^\x00-\x1f\x7f/\\]{0,200}")
"""A part of a path that leads nowhere else and is not hidden."""
MOST_FILES = 100_000
MOST_TEXT = 2**26
"""Bytes of a card and of other files that are read whole."""


class Pulled(NamedTuple):
    """A set that is in the store."""

    card: Card
    folder: Path
    was_there: bool


def pull(address: str, way: Way | None = None, *, digest: str | None = None) -> Pulled:
    """Put a set into the store, if it is not there, and check it.

    Parameters
    ----------
    address : str
        A recipe's name, or ``NAME@VERSION`` of a set that a mirror has whole; a name alone where there is one version.
    way : Way, optional
        How it is fetched.
    digest : str, optional
        That the set must have, from whoever vouches for it.

    Raises
    ------
    UnknownName, CallError
        Where no recipe and no mirror has it.
    SetError
        Where it cannot be had, or is not what its card or its recipe says; the store is left as it was.
    """
    way = replace(way or Way(), originals=True)
    if "/" in address or address.startswith("."):
        raise CallError(
            Words(f"{address} is a folder: there is nothing to pull.", f"{address} 是目录，无需获取。"),
            Words("Name a set: steelyard sets list", "请指明数据集名称：steelyard sets list"),
        )
    name, at, version = address.partition("@")
    made = name in recipe.names() and (not at or recipe.read(name).card.version == version)
    label = recipe.read(name).card.label if made else address if at else _only_version(name, way)
    there = store.place_of(label).is_dir()
    if not made and not there:
        with _one_at_a_time(label):
            there = store.place_of(label).is_dir()
            if not there:
                _bring(label, way, digest)
    card = store.card(label)
    if is_sealed(store.place_of(label)):
        check_folder(store.place_of(label))
    else:
        card = _opened(label, way)
    _require(card, digest)
    return Pulled(card, store.place_of(label), there)


def _opened(label: str, way: Way) -> Card:
    """Open a set, made from its recipe where it has one; where its files cannot be had, a mirror may have it whole."""
    try:
        return store.open_set(label, way).card
    except SetError:
        if store.place_of(label).is_dir():
            raise
        try:
            with _one_at_a_time(label):
                if not store.place_of(label).is_dir():
                    _bring(label, way, store.card(label).digest)
        except (UnknownName, SetError):
            pass
        else:
            return store.open_set(label, way).card
        raise


def _only_version(name: str, way: Way) -> str:
    """Return the label of the one version of a set, here or on a mirror."""
    kept = [label for label in store.kept() if label.partition("@")[0] == name]
    if kept:
        return kept[0] if len(kept) == 1 else store.card(name).label  # which raises, and says which there are
    with opened_mirrors(way) as found:
        offered = sorted({label for mirror in found for label in _labels(mirror)})
    versions = [label for label in offered if label.partition("@")[0] == name]
    if len(versions) == 1:
        return versions[0]
    if versions:
        raise CallError(
            Words(f"the mirrors have several versions of {name}.", f"镜像中有 {name} 的多个版本。"),
            Words(f"Name one: {', '.join(versions)}", f"请指明其一：{', '.join(versions)}"),
        )
    raise _unknown(name, offered)


def _unknown(name: str, offered: Sequence[str]) -> UnknownName:
    return UnknownName(Words("test set", "测试集"), name, {*store.names(), *offered})


def _labels(mirror: Mirror) -> set[str]:
    """Return the sets that a mirror says it has."""
    try:
        listed = mirror.listing(SETS) or {}
    except Trouble:
        return set()  # what is wrong with it is told when the set itself is asked for
    return {label for label in (path.partition("/")[0] for path in listed) if store.NAMED.fullmatch(label)}


@contextmanager
def _one_at_a_time(label: str) -> Iterator[None]:
    """Wait until no other process pulls this set."""
    path = home() / SETS / f".pulling-{label}"
    with locked(path):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _bring(label: str, way: Way, digest: str | None) -> None:
    """Put a whole set into the store from the first mirror that has it as its card says.

    Raises
    ------
    UnknownName, SetError
        Where none has.
    """
    if not store.NAMED.fullmatch(label):
        raise _unknown(label, [])
    tried: list[Words] = []
    with opened_mirrors(way) as found:
        for mirror in found:
            try:
                _bring_from(mirror, label, way, digest)
                return
            except Absent:
                continue
            except Trouble as trouble:
                tried.append(trouble.what)
            except SetError as error:
                tried.append(error.what)
        offered = sorted({each for mirror in found for each in _labels(mirror)})
    if not tried:
        raise _unknown(label, offered)
    raise SetError(
        Words(
            "\n  ".join([f"the set {label} cannot be had:", *(each.en for each in tried)]),
            "\n  ".join([f"无法取得数据集 {label}：", *(each.zh for each in tried)]),
        ),
        Words(
            "The store is as it was. Mend the mirror and repeat the command: what has come is not fetched again.",
            "本地库未变。请修复镜像后重复该命令：已取得的内容不会重新下载。",
        ),
    )


def _bring_from(mirror: Mirror, label: str, way: Way, digest: str | None) -> None:
    place = store.place_of(label)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".new-") as scratch:
        new = Path(scratch) / "set"
        new.mkdir()
        try:
            for done, (name, sha256, total) in enumerate(_files(mirror, label, new)):
                _take(mirror, label, name, sha256, new, way, done, total)
            card = read_card(new)
            if card.label != label:
                raise SetError(Words(f"its card says {card.label}", f"其卡片写的是 {card.label}"))
            _require(card, digest)
            check_folder(new, deep=True)
        except SetError as error:
            where = mirror.where(f"{SETS}/{label}")
            en, zh = (each.replace(str(new), where) for each in (error.what.en, error.what.zh))
            raise SetError(Words(f"{where}: {en}", f"{where}：{zh}")) from None
        if (new / SAMPLES).is_file():
            found = json.dumps({SAMPLES: [file_digest(new / SAMPLES), card.digest]})
            (new / VERIFIED).write_text(found + "\n", "utf-8")
        try:
            new.rename(place)
        except OSError:  # another process made it from its recipe meanwhile; that is checked when it is opened
            if not place.is_dir():
                raise


def _files(mirror: Mirror, label: str, new: Path) -> Iterator[tuple[str, str | None, int]]:
    """Yield the files of a set, each with its SHA-256 where it is known, and how many there are; the card first.

    Where a mirror cannot tell which there are, what has come says which to ask for.
    """
    listed = mirror.listing(f"{SETS}/{label}")
    if listed is not None:
        names = sorted(name for name in listed if name != VERIFIED)
        wrong = next((name for name in names if not _is_safe(name)), None)
        if CARD not in names:
            where = mirror.where(f"{SETS}/{label}")
            raise Absent(Words(f"{where} does not exist", f"{where} 不存在"))
        if wrong is not None or len(names) > MOST_FILES:
            raise _unsafe(mirror, label, repr(wrong) if wrong else str(len(names)))
        yield from ((name, listed[name], len(names)) for name in names)
        return
    yield CARD, None, 1
    named = [SEALING, PROOF]
    for name in named:
        if _has(mirror, label, name):
            yield name, None, 2
    if is_sealed(new):
        sealing = read_sealing(new)
        further = [*(copy.file for copy in sealing.copies), *([PUBLIC] if sealing.public else [])]
    else:
        further = [SAMPLES, *(answers_file(name) for name in read_card(new).answers)]
    for name in further:
        if not _is_safe(name):
            raise _unsafe(mirror, label, repr(name))
        yield name, None, 1 + len(further)


def _has(mirror: Mirror, label: str, name: str) -> bool:
    try:
        with mirror.open(f"{SETS}/{label}/{name}") as sent:
            return not sent.page
    except Absent:
        return False


def _take(
    mirror: Mirror, label: str, name: str, sha256: str | None, new: Path, way: Way, done: int, total: int
) -> None:
    below, place = f"{SETS}/{label}/{name}", new / name
    place.parent.mkdir(parents=True, exist_ok=True)

    def say(come: int) -> None:
        way.told(Transfer(below, mirror.shown, done, total, come, None))

    most = MOST_TEXT if name.endswith(".json") else MOST_BYTES
    if sha256 is None:
        download(mirror, below, None, place, most, way.patience, say)
        return
    kept = kept_whole(home() / FILES / sha256, sha256)
    if kept is not None:
        shutil.copyfile(kept, place)  # it is a recipe's too
        return
    # Here a part waits for the next call. It is this set's alone: another pull would miss what is moved away.
    own = home() / FILES / f"{sha256}-{hashlib.sha256(label.encode()).hexdigest()[:16]}"
    download(mirror, below, sha256, own, most, way.patience, say).replace(place)


def _is_safe(name: str) -> bool:
    r"""Return whether a file's name stays inside of its folder.

    Examples
    --------
    >>> [_is_safe(each) for each in ("media/a.wav", "../a", "/a", ".a", "a//b", "a\\b")]
    [True, False, False, False, False, False]
    """
    return all(SAFE.fullmatch(part) for part in name.split("/")) and not PurePosixPath(name).is_absolute()


def _unsafe(mirror: Mirror, label: str, what: str) -> Refused:
    where = mirror.where(f"{SETS}/{label}")
    return Refused(Words(f"{where} names files that cannot be: {what}", f"{where} 含有不合规的文件名：{what}"))


def _require(card: Card, digest: str | None) -> None:
    """Raise `SetError` unless a set has the digest that somebody vouches for."""
    if digest is not None and card.digest.removeprefix("sha256:") != digest.removeprefix("sha256:").lower():
        raise SetError(
            Words(
                f"{card.label} has the digest {card.digest}, not {digest}.",
                f"{card.label} 的摘要为 {card.digest}，应为 {digest}。",
            ),
            Words(
                "It is another set under this name: ask whoever told the digest.", "同名但不同：请询问摘要的提供方。"
            ),
        )
