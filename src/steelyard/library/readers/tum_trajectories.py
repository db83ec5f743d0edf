"""Trajectories of the TUM RGB-D benchmark: where the camera was, and where systems took it to be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

TRUTH = {"freiburg1_xyz": "freiburg1_xyz-groundtruth.txt", "fr2_desk": "fr2_desk_groundtruth.txt"}
ESTIMATES = {
    "rgbdslam": ("freiburg1_xyz", "freiburg1_xyz-rgbdslam.txt"),
    "rgbdslam-shifted": ("freiburg1_xyz", "freiburg1_xyz-rgbdslam_drift.txt"),
    "orb-slam": ("fr2_desk", "fr2_desk_ORB.txt"),
}


def read(files: Mapping[str, Path]) -> Contents:
    """Return both sequences, poses one after another: time (s), x, y, z (m), and the quaternion x, y, z, w."""
    import numpy as np
    import pyarrow as pa

    kind = pa.list_(pa.float64())

    def poses(name: str) -> pa.Array:
        return pa.array([np.loadtxt(files[name]).ravel()], kind)

    return Contents(
        pa.table(
            {
                "id": pa.array(list(TRUTH)),
                "reference": pa.concat_arrays([poses(name) for name in TRUTH.values()]),
                "sequence": pa.array(list(TRUTH)),
            }
        ),
        {
            product: pa.table({"id": pa.array([sequence]), "output": poses(name)})
            for product, (sequence, name) in ESTIMATES.items()
        },
    )
