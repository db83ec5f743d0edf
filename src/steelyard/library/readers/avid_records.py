"""AVID: reports of failures of AI systems, and vulnerabilities that several of them make."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steelyard.library.recipe import Contents

Record = Mapping[str, Any]


def read(files: Mapping[str, Path]) -> Contents:
    """Return the records of the file: what happened, and which domains of risk its editors gave it; none is possible.

    What a record does not say is an empty list, or missing.
    """
    import pyarrow as pa

    (path,) = files.values()
    lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    records: list[Record] = [json.loads(line)["record"] for line in lines]
    views = [_part(each, "impact", "avid") for each in records]
    scores = [_part(each, "impact", "cvss") for each in records]
    texts = pa.list_(pa.string())
    return Contents(
        pa.table(
            {
                "id": pa.array([next(iter(each["metadata"].values())) for each in records]),
                "input": pa.array([each["description"]["value"] for each in records]),
                "reference": pa.array([view.get("risk_domain") or [] for view in views], texts),
                "class": pa.array([each["problemtype"]["classof"] or "not stated" for each in records]),
                "domain": pa.array(["+".join(view.get("risk_domain") or ["none"]) for view in views]),
                "artifact": pa.array([_artifacts(each)[0] for each in records]),
                "artifacts": pa.array([_artifacts(each) for each in records], texts),
                "title": pa.array([each["problemtype"]["description"]["value"] for each in records]),
                "effects": pa.array([view.get("sep_view") or [] for view in views], texts),
                "lifecycle": pa.array([view.get("lifecycle_view") or [] for view in views], texts),
                "reported": pa.array([each.get("reported_date") or each.get("published_date") for each in records]),
                "reports": pa.array(
                    [[one["report_id"] for one in each.get("reports") or []] for each in records], texts
                ),
                "weaknesses": pa.array([[one["cweId"] for one in _weaknesses(each)] for each in records], texts),
                "severity": pa.array([score.get("baseScore") for score in scores], pa.float64()),
                "severity_vector": pa.array([score.get("vectorString") for score in scores], pa.string()),
                "sources": pa.array([[one["url"] for one in each["references"]] for each in records], texts),
            }
        )
    )


def _part(record: Record, *keys: str) -> Record:
    """Return a part of a record; what is not there, or null, is an empty one."""
    for key in keys:
        record = record.get(key) or {}
    return record


def _weaknesses(record: Record) -> list[Record]:
    return list(_part(record, "impact").get("cwe") or [])


def _artifacts(record: Record) -> list[str]:
    """Return the systems and models that it is about."""
    return [each["name"] for each in record["affects"]["artifacts"]] or ["not stated"]
