"""How malignant radiologists judged nodules of LIDC-IDRI to be, each by each."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

READERS = 4
"""Who read each scan; a nodule has other numbers of ratings where some did not mark it, or marks were merged."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the nodules with their ratings, 1 (highly unlikely malignant) to 5 (highly suspicious).

    A position is x, y and z in the scan's millimetres, a diameter is in millimetres.
    """
    import pyarrow as pa

    with files["reader-ratings.csv"].open(encoding="ascii", newline="") as file:
        _, *rows = csv.reader(file)
    scans = [row[0] for row in rows]
    seen: Counter[str] = Counter()
    ids = []
    for scan in scans:
        seen[scan] += 1
        ids.append(f"{scan}/{seen[scan]}")
    numbers = pa.list_(pa.float64())
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "reference": pa.array(["malignant" if row[5] == "1" else "benign" for row in rows]),
                "ratings": pa.array([[float(cell) for cell in row[6:] if cell] for row in rows], numbers),
                "readers": pa.array([_readers(sum(map(bool, row[6:]))) for row in rows]),
                "scan": pa.array(scans),
                "position": pa.array([[float(cell) for cell in row[1:4]] for row in rows], numbers),
                "diameter": pa.array([float(row[4]) for row in rows]),
            }
        )
    )


def _readers(ratings: int) -> str:
    return "four" if ratings == READERS else "fewer" if ratings < READERS else "more"
