"""Published results of MLPerf: how fast systems ran a benchmark, how exactly, and on how much power."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from steelyard.library.recipe import Contents

PER_SECOND = "inf./sec."
"""Unit of MLPerf Tiny's results."""


class Result(NamedTuple):
    """One published figure, and of what."""

    reference: float
    """The row's figure: performance, or power where the row publishes that alone."""
    unit: str
    kind: str
    power: float | None
    power_unit: str | None
    inferences_per_joule: float | None
    accuracy: float
    release: str
    benchmark: str
    model: str
    scenario: str
    division: str
    status: str
    submitter: str
    system: str
    accelerator: str
    accelerators: int | None
    """In a node."""
    nodes: int | None
    location: str
    """Rows of one run have the same."""
    url: str


def read(files: Mapping[str, Path]) -> Contents:
    """Return the rows of all files as they were published, each with what it was published of."""
    import pyarrow as pa

    rows: dict[str, Result] = {}
    for name, path in sorted(files.items()):
        stem = name.removesuffix(".json.gz").removeprefix("mlperf-")
        made = _tiny if stem.startswith("tiny") else _inference
        for place, row in enumerate(json.loads(gzip.decompress(path.read_bytes()))):
            rows[f"{stem}--{place}"] = made(row, stem)
    columns = dict(zip(Result._fields, zip(*rows.values(), strict=True), strict=True))
    whole = {name: pa.int64() for name in ("accelerators", "nodes")}
    return Contents(
        pa.table(
            {
                "id": pa.array(list(rows)),
                **{name: pa.array(list(values), whole.get(name)) for name, values in columns.items()},
            }
        )
    )


def _inference(row: Mapping[str, Any], stem: str) -> Result:
    power = row.get("Result_Power")
    alone = row["Result"] is None
    return Result(
        reference=float(row["Result_Power"] if alone else row["Result"]),
        unit=row["Result_Units"],
        kind="power" if alone else "performance" if power is None else "performance and power",
        power=power,
        power_unit=None if power is None else row.get("Result_Power_Units", row["Result_Units"]),
        inferences_per_joule=row.get("Inference_per_Joule"),
        accuracy=float(row["Accuracy"]),
        release=f"inference {row['version']}",
        benchmark=stem.split("--")[4],
        model=row["Model"],
        scenario=row["Scenario"],
        division=row["Division"],
        status=row["Availability"],
        submitter=row["Organization"],
        system=row["SystemName"],
        accelerator=row["accelerator_model_name"],
        accelerators=_whole(row["accelerators_per_node"]),
        nodes=row["number_of_nodes"],
        location=row["Location"],
        url=row["url"],
    )


def _tiny(row: Mapping[str, Any], stem: str) -> Result:
    """Return a row of MLPerf Tiny; its energy is a run of its own, in microjoules for each inference."""
    energy = row.get("median_energy_cost")
    return Result(
        reference=float(row["Result"]),
        unit=row["median_throughput_metric"],
        kind="performance" if energy is None else "performance and energy",
        power=energy,
        power_unit=None if energy is None else row["median_energy_cost_metric"],
        inferences_per_joule=None,
        accuracy=float(row["Accuracy"]),
        release=f"tiny {row['version']}",
        benchmark=row["Benchmark"],
        model=row.get("Model", ""),
        scenario="SingleStream",
        division=row["Division"],
        status=row["Status"].lower(),
        submitter=row["Organization"],
        system=row["__System"],
        accelerator=row["Accelerator"],
        accelerators=None,
        nodes=None,
        location=stem,
        url=row["git_url"],
    )


def _whole(number: int | str) -> int | None:
    """Return a number; some rows write ``N/A``, which is none."""
    return None if isinstance(number, str) else number
