"""PneumoniaMNIST: chest X-rays of 28 × 28 pixels, normal or pneumonia."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

SPLITS = {"test": "test", "train": "training", "val": "validation"}
CLASSES = ("normal", "pneumonia")


def read(files: Mapping[str, Path]) -> Contents:
    """Return the X-rays of all splits as PGM: their pixels after a header, the same bytes wherever they are written."""
    import numpy as np
    import pyarrow as pa

    ids, inputs, references, splits = [], [], [], []
    with np.load(files["pneumoniamnist.npz"], allow_pickle=False) as arrays:
        for part, split in SPLITS.items():
            pixels, classes = arrays[f"{part}_images"], arrays[f"{part}_labels"][:, 0]
            ids += [f"{split}-{number:04d}" for number in range(len(pixels))]
            inputs += [b"P5\n%d %d\n255\n" % each.shape[::-1] + each.tobytes() for each in pixels]
            references += [CLASSES[number] for number in classes]
            splits += [split] * len(pixels)
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array(inputs, pa.binary()),
                "reference": pa.array(references),
                "split": pa.array(splits),
            }
        )
    )
