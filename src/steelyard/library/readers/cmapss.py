"""C-MAPSS: simulated turbofan engines, and how many cycles remain to each."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.library.recipe import Contents

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHANNELS = 24
"""Three settings and 21 sensors, a row each cycle."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return an engine a sample: what was measured up to some cycle, and how many cycles remained then.

    Engines of training run until they fail: none remain.
    """
    import pyarrow as pa

    remaining = [float(line) for line in files["RUL_FD001.txt"].read_text("ascii").split()]
    test = list(_engines(files["test_FD001.csv.gz"]))
    training = list(_engines(files["train_FD001.csv.gz"]))
    assert len(test) == len(remaining)
    ids = [f"test-{number:03d}" for number, _ in test] + [f"training-{number:03d}" for number, _ in training]
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array([rows.ravel() for _, rows in test + training], pa.list_(pa.float64())),
                "reference": pa.array(remaining + [0.0] * len(training)),
                "split": pa.array(["test"] * len(test) + ["training"] * len(training)),
                "engine": pa.array(ids),
            }
        )
    )


def _engines(path: Path) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield each engine's number and float64[cycles, 24], without the numbers of engine and cycle and what follows."""
    import numpy as np

    with gzip.open(path, "rt", encoding="ascii") as file:
        table = np.loadtxt(file, delimiter=",", skiprows=1)
    for number in np.unique(table[:, 0]):
        yield int(number), table[table[:, 0] == number, 2 : 2 + CHANNELS]
