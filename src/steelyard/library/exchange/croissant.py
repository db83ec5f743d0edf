"""MLCommons Croissant: JSON-LD that describes a set's files and columns, read and written in version 1.1 (1.0 read)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from steelyard.core.words import Words
from steelyard.library.croissant.metadata import ANSWERS_RECORDS, SAMPLES_RECORDS, metadata
from steelyard.library.croissant.records import CroissantFile, looks_like_croissant, named_files
from steelyard.library.foreign.description import Description
from steelyard.library.foreign.making import Incoming, incoming, redescribed
from steelyard.library.stored_set import SAMPLES, StoredSet, answers_file

ABOUT = Words(
    "croissant (MLCommons Croissant 1.0 or 1.1: croissant.json)",
    "croissant（MLCommons Croissant 1.0 或 1.1 元数据：croissant.json）",
)
CROISSANT = "croissant.json"


def recognises(path: Path) -> bool:
    """Tell whether a path is a Croissant file, or a folder with ``croissant.json``."""
    return looks_like_croissant(_file(path))


def files(path: Path) -> list[Path]:
    """Return the metadata and the local files that they name."""
    return named_files(_file(path))


def read(path: Path, description: Description) -> Incoming:
    """Return the set that Croissant metadata describe; the files' digests are checked, and no code is run."""
    file = CroissantFile(_file(path))
    card = file.card()
    if card is None:
        return incoming(file.foreign(description.records), description)
    answers = {name: file.table(f"{ANSWERS_RECORDS}-{name}") for name in card.answers}
    return Incoming(redescribed(card, description, file.path), file.table(SAMPLES_RECORDS), answers, file.notes())


def write(stored: StoredSet, folder: Path) -> None:
    """Write the set's tables and their metadata, which `mlcroissant` must find valid."""
    import pyarrow.parquet as pq

    tables = [(SAMPLES_RECORDS, SAMPLES)]
    tables += [(f"{ANSWERS_RECORDS}-{name}", answers_file(name)) for name in stored.card.answers]
    described = []
    for name, file in tables:
        shutil.copyfile(stored.folder / file, folder / file)
        described.append((name, folder / file, pq.read_schema(folder / file)))
    written = json.dumps(metadata(stored.card, described), ensure_ascii=False, indent=2)
    (folder / CROISSANT).write_text(written + "\n", "utf-8")
    CroissantFile(folder / CROISSANT)


def _file(path: Path) -> Path:
    return path / CROISSANT if path.is_dir() else path
