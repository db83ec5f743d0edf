"""MITRE ATLAS: the steps of real attacks on AI, and the technique of each."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents


def read(files: Mapping[str, Path]) -> Contents:
    """Return the steps of all case studies in their order: what was done, and by which technique."""
    import pyarrow as pa
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    studies = yaml.load(gzip.decompress(files["ATLAS.yaml.gz"].read_bytes()), loader)["case-studies"]  # noqa: S506 - safe
    steps = [(study, place, step) for study in studies for place, step in enumerate(study["procedure"], 1)]
    return Contents(
        pa.table(
            {
                "id": pa.array([f"{study['id']}-{place:02d}" for study, place, _ in steps]),
                "input": pa.array([step["description"] for *_, step in steps]),
                "reference": pa.array([step["technique"] for *_, step in steps]),
                "tactic": pa.array([step["tactic"] for *_, step in steps]),
                "kind": pa.array([study["case-study-type"] for study, *_ in steps]),
                "case": pa.array([study["id"] for study, *_ in steps]),
                "case_name": pa.array([study["name"] for study, *_ in steps]),
                "case_summary": pa.array([study["summary"] for study, *_ in steps]),
                "target": pa.array([study["target"] for study, *_ in steps]),
                "date": pa.array([str(study["incident-date"]) for study, *_ in steps]),
            }
        )
    )
