"""Sets that are described in another format than Steelyard's own, read for a run and kept by their content."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from steelyard.core.canonical import digest
from steelyard.core.card import Card
from steelyard.core.errors import CallError, SetError
from steelyard.core.words import Words
from steelyard.library import exchange
from steelyard.library.card_file import read_card
from steelyard.library.foreign.making import Incoming
from steelyard.library.home import home
from steelyard.library.stored_set import StoredSet, file_digest, wrong_digest
from steelyard.library.writing import write_set

READING = "1"
"""Raised when the same files would be read to another set than before."""


MOST_HIDDEN = 64
"""Files that are hidden one by one; where there are more, their folder is."""


@dataclass(frozen=True)
class ImportedSet(StoredSet):
    """A set that was read from files of another format, which an isolated product must not see either."""

    originals: tuple[Path, ...]

    def hidden(self, *further: Path) -> tuple[str, ...]:
        """Return what an isolated product must not see: besides, the files that the set was read from."""
        return super().hidden(*self.originals, *further)


def imported(path: Path) -> ImportedSet:
    """Return the set at a path that is described in another format than Steelyard's own, for this run.

    It is kept by the digest of its files, so that it is read once; whatever changes in them makes it another.

    Raises
    ------
    CallError
        Where no format knows it, or a column must be named.
    SetError
        Where it is damaged, or not what it says of itself.
    """
    format_ = exchange.recognised(path)
    if format_ is None:
        raise exchange.unrecognised(path)
    base = path if path.is_dir() else path.parent
    files = exchange.files(path, format_)
    digests = {os.path.relpath(each, base): file_digest(each) for each in files}
    key = digest([READING, format_, path.resolve().name, digests]).removeprefix("sha256:")
    place = home() / "imported" / key
    if not place.exists():
        incoming = exchange.read(path, name=format_)
        try:
            write_checked(place, incoming)
        except CallError:
            if not place.exists():  # else another process was first
                raise
    originals = (base,) if path.is_dir() or len(files) > MOST_HIDDEN else tuple(files)
    stored = ImportedSet(read_card(place), place, originals)
    stored.check()
    return stored


def write_checked(folder: Path, incoming: Incoming) -> StoredSet:
    """Write a set that came in, which must be what its card promises, where it promises anything.

    Raises
    ------
    SetError
        Where counts or digests are others than the card says; then nothing is left.
    """
    promised = incoming.card
    with tempfile.TemporaryDirectory(dir=made(folder.parent), prefix=".checking-") as scratch:
        stored = write_set(Path(scratch) / "set", promised, incoming.samples, incoming.answers)
        _keep_promise(promised, stored.card, folder)
        there = CallError(Words(f"{folder} exists already", f"{folder} 已存在"))
        if folder.exists():
            raise there
        try:
            stored.folder.rename(folder)
        except OSError:
            if not folder.exists():
                raise
            raise there from None  # another process was first
    return replace(stored, folder=folder)


def made(folder: Path) -> Path:
    """Return a folder of the store, made where it is not there yet."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CallError(
            Words(f"cannot write to {folder}: {error.strerror}", f"无法写入 {folder}：{error.strerror}"),
            Words("Set STEELYARD_HOME to a folder that can be written.", "请将 STEELYARD_HOME 设为可写的目录。"),
        ) from None
    return folder


def _keep_promise(promised: Card, found: Card, folder: Path) -> None:
    if not promised.digest:
        return
    if (promised.samples, dict(promised.splits)) != (found.samples, dict(found.splits)):
        raise SetError(
            Words(
                f"the card of {promised.label} lies: it says {promised.samples} samples in {dict(promised.splits)}; "
                f"there are {found.samples} in {dict(found.splits)}.",
                f"{promised.label} 的卡片不实：称有 {promised.samples} 个样本，划分为 {dict(promised.splits)}；"
                f"实有 {found.samples} 个，划分为 {dict(found.splits)}。",
            ),
            Words("Nothing was kept. Ask its maker for the whole set.", "未予保留。请向其制作者索取完整的数据集。"),
        )
    if promised.digest != found.digest:
        raise wrong_digest(folder, promised.digest, found.digest)
    if dict(promised.answers_digest) != dict(found.answers_digest):
        raise wrong_digest(folder, str(dict(promised.answers_digest)), str(dict(found.answers_digest)))
