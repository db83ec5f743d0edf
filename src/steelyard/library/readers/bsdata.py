"""BSData: photographs of ball screws, and where they are pitted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

SPLITS = {"test": "test", "train": "training", "good": "unmarked"}


def read(files: Mapping[str, Path]) -> Contents:
    """Return the photographs as their files' bytes (JPEG), with the polygons of pitting.

    A polygon is a row of pixel coordinates: x, y, x, y … A place is one position on one spindle, photographed again
    as it wears: what stands in a file's name but for the time.
    """
    import pyarrow as pa

    rows = json.loads(files["labels.json"].read_text("utf-8"))
    names = [Path(row["image"]).name for row in rows]
    polygons = [
        [[float(number) for point in shape["points"] for number in point] for shape in row["shapes"]] for row in rows
    ]
    return Contents(
        pa.table(
            {
                "id": pa.array([name.removesuffix(".jpg") for name in names]),
                "input": pa.array([files[row["image"]].read_bytes() for row in rows], pa.binary()),
                "reference": pa.array(polygons, pa.list_(pa.list_(pa.float64()))),
                "split": pa.array([SPLITS[row["split"]] for row in rows]),
                "marked": pa.array(["pitting" if row["defective"] else "no mark" for row in rows]),
                "place": pa.array([_place(name) for name in names]),
            }
        )
    )


def _place(name: str) -> str:
    spindle, _, *where = name.split("_")
    return "_".join([spindle, *where[:2]])
