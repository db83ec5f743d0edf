"""A spoken phrase that the index of its folder writes out."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.readers._sound import at_16_khz
from steelyard.library.recipe import Contents

_SAID = re.compile(r'speech: "(.+)"')


def read(files: Mapping[str, Path]) -> Contents:
    """Return the phrases at 16 kHz with what is said."""
    import pyarrow as pa

    with files["index.tsv"].open(encoding="utf-8", newline="") as file:
        rows = [
            (row["file"], said[1])
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            if (said := _SAID.fullmatch(row["kind"]))
        ]
    return Contents(
        pa.table(
            {
                "id": pa.array([Path(path).stem for path, _ in rows]),
                "input": pa.array([at_16_khz(files[path]) for path, _ in rows], pa.binary()),
                "reference": pa.array([said for _, said in rows]),
            }
        )
    )
