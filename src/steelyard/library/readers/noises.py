"""Noises to lay over speech."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.readers._sound import at_16_khz
from steelyard.library.recipe import Contents

LONG = 5.0
"""Seconds: shorter ones must be repeated to cover a sentence."""
PROJECTS = {"sb": "speechbrain", "am": "audiomentations"}


def read(files: Mapping[str, Path]) -> Contents:
    """Return the noises that are WAV files, at 16 kHz; each is a take of its own."""
    import pyarrow as pa

    with files["index.tsv"].open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["kind"] == "noise"]
    rows = [row for row in rows if row["file"].endswith(".wav")]
    ids = [Path(row["file"]).stem for row in rows]
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array([at_16_khz(files[row["file"]]) for row in rows], pa.binary()),
                "reference": pa.array(["noise"] * len(rows)),
                "length": pa.array(["long" if float(row["seconds"]) >= LONG else "short" for row in rows]),
                "project": pa.array([PROJECTS[name[:2]] for name in ids]),
                "sample_rate": pa.array([int(row["sample_rate"]) for row in rows], pa.int64()),
            }
        )
    )
