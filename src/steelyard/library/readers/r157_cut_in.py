"""Cut-ins of UN R157, and which of four reference driver models crash in them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

PARAMETERS = ("ego_speed_kmh", "cut_in_speed_kmh", "long_dist", "lat_vel")
"""Speeds (km/h), distance ahead (m) and sideways speed (m/s) of the vehicle that cuts in."""
MODELS = ("CC_human_driver", "FSM", "RSS", "Reg157")
MEASURE = "CC_human_driver"
"""The competent and careful human driver: what it avoids is preventable."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the cut-ins with their parameters, and each model's outcome as its recorded answer."""
    import pyarrow as pa

    outcomes: dict[str, dict[tuple[str, ...], str]] = {model: {} for model in MODELS}
    with gzip.open(files["cut_in.csv.gz"], "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = (row["speed_range"], *(row[name] for name in PARAMETERS))
            outcomes[row["model"]][key] = "crash" if row["Crash"] == "True" else "no crash"
    keys = list(outcomes[MEASURE])
    ids = pa.array(["-".join(key) for key in keys])
    avoided = [outcomes[MEASURE][key] == "no crash" for key in keys]
    return Contents(
        pa.table(
            {
                "id": ids,
                "input": pa.array([[float(part) for part in key[1:]] for key in keys], pa.list_(pa.float64())),
                "reference": pa.array(["preventable" if each else "unpreventable" for each in avoided]),
                "speed_range": pa.array([key[0] for key in keys]),
            }
        ),
        {
            name: pa.table({"id": ids, "output": pa.array([said[key] for key in keys])})
            for name, said in outcomes.items()
        },
    )
