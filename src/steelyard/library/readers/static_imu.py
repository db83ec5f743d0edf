"""An inertial measurement unit at rest."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents


def read(files: Mapping[str, Path]) -> Contents:
    """Return one recording.

    A row is time (s), then x, y and z of gyroscope (rad/s), accelerometer (m/s²) and magnetometer (gauss).
    """
    import numpy as np
    import pyarrow as pa

    with gzip.open(files["auav_x21_static.csv.gz"], "rt", encoding="ascii") as file:
        rows = np.loadtxt(file, delimiter=",", skiprows=1)
    return Contents(
        pa.table(
            {
                "id": pa.array(["auav_x21"]),
                "input": pa.array([rows.ravel()], pa.list_(pa.float64())),
                "reference": pa.array(["at rest"]),
                "device": pa.array(["auav_x21"]),
            }
        )
    )
