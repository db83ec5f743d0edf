"""LUNA16: nodules in CT scans, and where a published system found some; no scans."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

GZIP = b"\x1f\x8b"
UNKNOWN = -1.0
"""Diameter of a finding whose size was not measured; it counts as 10 mm."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the scans with their nodules, the findings to leave out, and the system's detections as its answer.

    A nodule is x, y, z and diameter (mm), a detection x, y, z and probability. Findings that are neither, in a column
    ``excluded``, stand as nodules do.
    """
    import pyarrow as pa

    scans = files["newseriesuids.csv"].read_text("utf-8").split()
    kind = pa.list_(pa.list_(pa.float64()))
    nodules = _boxes(files["newannotations.csv"], ",")
    excluded = _boxes(files["newannotations_excluded.csv.gz"], ",")
    found = _boxes(files["dpn26bs32.csv.gz"], "\t")
    ids = sorted(scans)
    assert (nodules.keys() | excluded.keys() | found.keys()) <= set(ids)
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "reference": pa.array([nodules.get(scan, []) for scan in ids], kind),
                "excluded": pa.array([excluded.get(scan, []) for scan in ids], kind),
                "nodules": pa.array(["some" if scan in nodules else "none" for scan in ids]),
                "scan": pa.array(ids),
            }
        ),
        {"deeplung": pa.table({"id": pa.array(ids), "output": pa.array([found.get(scan, []) for scan in ids], kind)})},
    )


def _boxes(path: Path, delimiter: str) -> Mapping[str, list[list[float]]]:
    """Return the rows of each scan; some files are packed, and some write a scan's number without its leading zeros."""
    data = gzip.decompress(path.read_bytes()) if path.read_bytes().startswith(GZIP) else path.read_bytes()
    boxes: dict[str, list[list[float]]] = defaultdict(list)
    rows = csv.reader(data.decode("ascii").splitlines(), delimiter=delimiter)
    next(rows)
    for scan, *numbers in rows:
        boxes[scan.zfill(5)].append([float(number) for number in numbers])
    return boxes
