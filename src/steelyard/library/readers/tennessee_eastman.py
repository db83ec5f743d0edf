"""Tennessee Eastman process: measurements of a simulated chemical plant, normal and under faults."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

VARIABLES = 52
ONSET = 160
"""Row of a test file from which on its fault acts: after eight hours, at three minutes a row."""
_NAME = re.compile(r"d(?P<fault>\d\d)(?P<test>_te)?\.dat\.gz")


def read(files: Mapping[str, Path]) -> Contents:
    """Return every row of measurements with the fault that acts: ``normal`` or its number.

    A file is one run of the plant. Files of training begin with their fault acting, files for testing are normal
    until `ONSET`. The training file of normal operation is written with rows and columns exchanged.
    """
    import numpy as np
    import pyarrow as pa

    columns: dict[str, list[object]] = {name: [] for name in ("id", "reference", "split", "file")}
    values = []
    for name, path in sorted(files.items()):
        match = _NAME.fullmatch(name)
        if match is None:
            continue
        with gzip.open(path, "rt", encoding="ascii") as file:  # a file's own name may not tell that it is packed
            rows = np.loadtxt(file)
        rows = rows if rows.shape[1] == VARIABLES else rows.T
        assert rows.shape[1] == VARIABLES, name
        run, fault = name.removesuffix(".dat.gz"), int(match["fault"])
        starts = len(rows) if fault == 0 else ONSET if match["test"] else 0
        values.append(rows)
        columns["id"] += [f"{run}-{number:03d}" for number in range(len(rows))]
        columns["reference"] += ["normal"] * starts + [f"fault {fault}"] * (len(rows) - starts)
        columns["split"] += ["test" if match["test"] else "training"] * len(rows)
        columns["file"] += [run] * len(rows)
    flat = np.concatenate(values)
    offsets = pa.array(np.arange(0, flat.size + 1, VARIABLES, dtype=np.int32))
    return Contents(pa.table(columns | {"input": pa.ListArray.from_arrays(offsets, pa.array(flat.ravel()))}))
