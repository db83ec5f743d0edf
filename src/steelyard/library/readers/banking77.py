"""BANKING77: what customers of a bank ask, and the intent of each query."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

SPLITS = {"test.csv": "test", "train.csv": "training"}


def read(files: Mapping[str, Path]) -> Contents:
    """Return the queries of both splits, as they are written."""
    import pyarrow as pa

    rows = []
    for name, split in SPLITS.items():
        with files[name].open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file)):
                rows.append((f"{split}-{number:05d}", row["text"], row["category"], split))
    ids, texts, intents, splits = zip(*rows, strict=True)
    return Contents(
        pa.table(
            {"id": pa.array(ids), "input": pa.array(texts), "reference": pa.array(intents), "split": pa.array(splits)}
        )
    )
