"""Cars that follow one that brakes, and which of three reference driver models crash into it."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

PARAMETERS = ("max_deceleration", "velocity")
"""How hard the one ahead brakes (g), and how fast both drive (km/h)."""
MODELS = ("CC_human_driver", "FSM", "RSS")
MEASURE = "CC_human_driver"
"""The competent and careful human driver: what it avoids is preventable."""
FUZZY = ("PFS", "CFS")
"""Proactive and critical safety of the fuzzy model, which alone states them."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the runs with their parameters, and each model's outcome as its recorded answer.

    Each model keeps the distance (m) that it deems safe; the difference of speeds is that of its crash, 0 without one.
    """
    import pyarrow as pa

    rows: dict[str, dict[tuple[str, ...], Mapping[str, str]]] = {model: {} for model in MODELS}
    with gzip.open(files["car_following.csv.gz"], "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows[row["model"]][tuple(row[name] for name in PARAMETERS)] = row
    keys = list(rows[MEASURE])
    assert all(found.keys() == rows[MEASURE].keys() for found in rows.values())
    ids = pa.array(["-".join(key) for key in keys])

    def numbers(model: str, name: str) -> pa.Array:
        return pa.array([float(cell) if (cell := rows[model][key][name]) else None for key in keys], pa.float64())

    def outcomes(model: str) -> list[str]:
        return ["crash" if rows[model][key]["Crash"] == "True" else "no crash" for key in keys]

    avoided = [outcome == "no crash" for outcome in outcomes(MEASURE)]
    return Contents(
        pa.table(
            {
                "id": ids,
                "input": pa.array([[float(part) for part in key] for key in keys], pa.list_(pa.float64())),
                "reference": pa.array(["preventable" if each else "unpreventable" for each in avoided]),
                **{f"distance_{model}": numbers(model, "initial_distance") for model in MODELS},
                **{f"speed_difference_{model}": numbers(model, "speed_difference") for model in MODELS},
                **{f"{name}_FSM": numbers("FSM", name) for name in FUZZY},
            }
        ),
        {model: pa.table({"id": ids, "output": pa.array(outcomes(model))}) for model in MODELS},
    )
