"""Gas sensor array drift: which gas, from sixteen sensors that age."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

TRAINING = "batch1"
"""Measured first: what is learned there is tested on what the sensors say months later."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the measurements, 128 features each, with the gas, its concentration (ppmv) and the batch."""
    import pyarrow as pa

    columns: dict[str, list[object]] = {
        name: [] for name in ("id", "input", "reference", "concentration", "split", "batch")
    }
    for name in sorted(name for name in files if name.startswith("batch")):
        batch = name.removesuffix(".csv.gz")
        with gzip.open(files[name], "rt", encoding="utf-8", newline="") as file:
            for number, (gas, concentration, *features) in enumerate(csv.reader(file)):
                columns["id"].append(f"{batch}-{number:04d}")
                columns["input"].append([float(feature) for feature in features])
                columns["reference"].append(gas)
                columns["concentration"].append(float(concentration))
                columns["split"].append("training" if batch == TRAINING else "test")
                columns["batch"].append(batch)
    return Contents(pa.table(columns))
