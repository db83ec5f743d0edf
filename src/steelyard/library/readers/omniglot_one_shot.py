"""Omniglot's one-shot classification: twenty runs of twenty characters, seen once and to be found again."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

RUNS = 20


def read(files: Mapping[str, Path]) -> Contents:
    """Return the pictures of all runs as their files' bytes (PNG, one bit).

    The reference answer is the training picture that shows the same character: ``run01/class07``. Training pictures
    bear their own name.
    """
    import pyarrow as pa

    rows = []
    with zipfile.ZipFile(files["all_runs.zip"]) as opened:
        for number in range(1, RUNS + 1):
            run = f"run{number:02d}"
            for line in opened.read(f"{run}/class_labels.txt").decode("utf-8").splitlines():
                test, training = line.split()
                for path, split in ((test, "test"), (training, "training")):
                    name = path.removesuffix(".png").replace("/training/", "/").replace("/test/", "/")
                    seen = training.removesuffix(".png").replace("/training/", "/")
                    rows.append((name, opened.read(path), seen, split, run))
    ids, inputs, references, splits, runs = zip(*sorted(rows), strict=True)
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array(inputs, pa.binary()),
                "reference": pa.array(references),
                "split": pa.array(splits),
                "run": pa.array(runs),
            }
        )
    )
