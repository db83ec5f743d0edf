"""CIFAR-10.1: true classes, and what real classifiers answered; no images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from steelyard.library.recipe import Contents

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
ENDING = "_predictions.json"


def read(files: Mapping[str, Path]) -> Contents:
    """Return the true classes in the data set's order, and each classifier's answers by its name."""
    import numpy as np
    import pyarrow as pa

    labels = next(path for name, path in files.items() if name.endswith("_labels.npy"))
    truth = np.load(labels, allow_pickle=False)
    ids = pa.array([f"{number:04d}" for number in range(len(truth))])
    classes = pa.array(CLASSES)
    recorded = {
        PurePosixPath(name).name.removesuffix(ENDING): path for name, path in files.items() if name.endswith(ENDING)
    }
    return Contents(
        pa.table(
            {
                "id": ids,
                "reference": classes.take(pa.array(truth)),
                "class": classes.take(pa.array(truth)),
            }
        ),
        {
            name: pa.table({"id": ids, "output": classes.take(pa.array(json.loads(path.read_text("utf-8"))))})
            for name, path in sorted(recorded.items())
        },
    )
