"""A plain table: a CSV, TSV, JSON-lines or Parquet file."""

from __future__ import annotations

from pathlib import Path

from steelyard.core.words import Words
from steelyard.library.foreign.description import Description
from steelyard.library.foreign.making import Foreign, Incoming, incoming, slug
from steelyard.library.foreign.tables import KINDS, read_table

ABOUT = Words("table (a CSV, TSV, JSONL or Parquet file)", "table（CSV、TSV、JSONL 或 Parquet 文件）")


def recognises(path: Path) -> bool:
    """Tell whether a path is a file that bears a table's name."""
    return path.suffix.lower() in KINDS and path.is_file()


def files(path: Path) -> list[Path]:
    """Return the file; files of sound and pixels that its cells name are the reader's to find."""
    return [path]


def read(path: Path, description: Description) -> Incoming:
    """Return the table as a set; which column is what is inferred, or asked for."""
    return incoming(Foreign(path, read_table(path), Description(name=slug(path.stem))), description)
