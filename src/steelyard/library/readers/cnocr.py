"""Pictures of printed lines and pages, their text, and what CnOCR read."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

LINE_END = "|"
"""What stands between two lines in the tables."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the pictures as their files' bytes, with their text; lines of a page end in a line feed."""
    import pyarrow as pa

    rows = _table(files["labels.tsv"])
    read_text = _table(files["system_output.tsv"])
    return Contents(
        pa.table(
            {
                "id": pa.array([row["image"] for row in rows]),
                "input": pa.array([files[row["image"]].read_bytes() for row in rows], pa.binary()),
                "reference": pa.array([_lines(row["text"]) for row in rows]),
                "language": pa.array([{"zh": "Chinese", "en": "English"}[row["language"]] for row in rows]),
                "layout": pa.array(["page" if LINE_END in row["text"] else "line" for row in rows]),
            }
        ),
        {
            "cnocr": pa.table(
                {
                    "id": pa.array([row["image"] for row in read_text]),
                    "output": pa.array([_lines(row["system_output"]) for row in read_text]),
                }
            )
        },
    )


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _lines(text: str) -> str:
    return text.replace(LINE_END, "\n")
