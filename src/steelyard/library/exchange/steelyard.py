"""A set as Steelyard keeps it: ``card.json`` beside ``samples.parquet``."""

from __future__ import annotations

import shutil
from pathlib import Path

from steelyard.core.words import Words
from steelyard.library.card_file import CARD, read_card, write_card
from steelyard.library.foreign.description import Description
from steelyard.library.foreign.making import Incoming, redescribed
from steelyard.library.stored_set import SAMPLES, StoredSet, answers_file

ABOUT = Words(
    "steelyard (a folder with card.json and samples.parquet)", "steelyard（含 card.json 与 samples.parquet 的目录）"
)


def recognises(path: Path) -> bool:
    """Tell whether a path is such a folder, or the card in it."""
    return (path / CARD).is_file() or (path.name == CARD and path.is_file())


def files(path: Path) -> list[Path]:
    """Return the files that the set is made of."""
    folder = _folder(path)
    card = read_card(folder)
    return [folder / CARD, folder / SAMPLES, *(folder / answers_file(name) for name in card.answers)]


def read(path: Path, description: Description) -> Incoming:
    """Return card, samples and recorded answers; the rows are verified."""
    import pyarrow as pa

    folder = _folder(path)
    stored = StoredSet(read_card(folder), folder)
    stored.verify()
    answers = {name: stored.answers(name) for name in stored.card.answers}
    return Incoming(redescribed(stored.card, description, path), pa.Table.from_batches(stored.batches()), answers)


def write(stored: StoredSet, folder: Path) -> None:
    """Copy the set's files."""
    write_card(folder, stored.card)  # what is said of the samples may have been mended since they were stored
    for name in (SAMPLES, *(answers_file(name) for name in stored.card.answers)):
        shutil.copyfile(stored.folder / name, folder / name)


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent
