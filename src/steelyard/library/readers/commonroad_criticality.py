"""How critical traffic scenes are, as the tests of a toolbox expect it."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path

from steelyard.library.recipe import Contents


def read(files: Mapping[str, Path]) -> Contents:
    """Return the questions as JSON with the scene's XML in it, and the value as it is written; some are infinite."""
    import pyarrow as pa

    with files["reference_criticality.csv"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    scenes = {row["scenario"]: files[f"{row['scenario']}.xml"].read_text("utf-8-sig") for row in rows}
    return Contents(
        pa.table(
            {
                "id": pa.array([_id(row) for row in rows]),
                "input": pa.array([_question(row, scenes[row["scenario"]]) for row in rows]),
                "reference": pa.array([row["expected"] for row in rows]),
                "measure": pa.array([row["measure"] for row in rows]),
                "scenario": pa.array([row["scenario"] for row in rows]),
                "expected": pa.array([_finite(row["expected"]) for row in rows], pa.float64()),
                "tolerance": pa.array([float(row["tolerance"]) for row in rows]),
                "unit": pa.array([row["unit"] for row in rows]),
            }
        )
    )


def _whole(text: str) -> int | None:
    return int(text) if text else None


def _finite(text: str) -> float | None:
    """Return the number, or none where it is infinite: the text tells on which side."""
    return float(text) if isfinite(float(text)) else None


def _id(row: Mapping[str, str]) -> str:
    return "/".join(filter(None, (row[name] for name in ("measure", "scenario", "ego_id", "other_id", "time_step"))))


def _question(row: Mapping[str, str], scene: str) -> str:
    """Return what is asked: a measure of a vehicle, to another or to all, at a time step or over the whole scene."""
    asked = {"ego": int(row["ego_id"]), "measure": row["measure"], "other": _whole(row["other_id"])}
    return json.dumps(asked | {"scene": scene, "time_step": _whole(row["time_step"])}, ensure_ascii=False)
