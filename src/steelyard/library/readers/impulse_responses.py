"""Impulse responses of rooms, to make near speech sound as if it came from afar."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.readers._sound import at_16_khz
from steelyard.library.recipe import Contents

PROJECTS = {"sb": "speechbrain", "am": "audiomentations", "sa": "spatialaudio"}
"""Who published a file, by how its name begins."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the first channel of each response at 16 kHz, with the time in which it dies away by 60 dB (s).

    The file as it is stands beside it: with all its channels, at its own rate (Hz) and depth.
    """
    import pyarrow as pa

    with files["index.tsv"].open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["kind"] == "rir"]
    ids = [Path(row["file"]).stem for row in rows]
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array([at_16_khz(files[row["file"]]) for row in rows], pa.binary()),
                "reference": pa.array([float(row["rt60_T20_s"]) for row in rows]),
                "project": pa.array([PROJECTS[name[:2]] for name in ids]),
                "sample_rate": pa.array([int(row["sample_rate"]) for row in rows], pa.int64()),
                "channels": pa.array([int(row["channels"]) for row in rows], pa.int64()),
                "file": pa.array([files[row["file"]].read_bytes() for row in rows], pa.binary()),
            }
        )
    )
