"""Reads a Croissant folder with `mlcroissant` itself, and compares what it finds with the tables."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from itertools import islice
from pathlib import Path
from typing import Any

import mlcroissant
import numpy as np
import pyarrow.parquet as pq
from PIL import Image


def same(theirs: Any, ours: Any) -> bool:
    if isinstance(theirs, Image.Image):
        return np.array_equal(np.asarray(theirs), np.asarray(Image.open(io.BytesIO(ours))))
    if isinstance(ours, str):
        return bool(theirs == ours.encode("utf-8"))
    if isinstance(ours, list):
        return len(theirs) == len(ours) and all(map(same, theirs, ours))
    if ours is None or ours != ours:  # pandas knows one kind of nothing
        return theirs is None or theirs != theirs
    return bool(theirs == ours)


def shorten(folder: Path, most: int) -> None:
    """Keep the first rows of each table: it takes a hundred at a time apart, number by number."""
    path = folder / "croissant.json"
    written = json.loads(path.read_text("utf-8"))
    for file in written["distribution"]:
        table = pq.read_table(folder / file["contentUrl"])
        if len(table) > most:
            pq.write_table(table.slice(0, most), folder / file["contentUrl"])
            file["sha256"] = hashlib.sha256((folder / file["contentUrl"]).read_bytes()).hexdigest()
    path.write_text(json.dumps(written), "utf-8")


def assert_mlcroissant_reads(folder: Path, most: int) -> None:
    """It finds neither error nor warning, and its first records are the rows of our tables."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of rdflib and pandas, beneath it
        dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
        issues = dataset.metadata.ctx.issues
        assert (set(issues.errors), set(issues.warnings)) == (set(), set())
        for records in dataset.metadata.record_sets:
            columns = {field.id: field.source.extract.column for field in records.fields}
            file = pq.read_table(folder / records.fields[0].source.file_object)
            assert set(columns.values()) == set(file.column_names)
            rows = file.slice(0, most).to_pylist()
            seen = list(islice(dataset.records(records.id), most))
            assert len(seen) == len(rows)
            for theirs, ours in zip(seen, rows, strict=True):
                assert all(same(theirs[where], ours[name]) for where, name in columns.items())
