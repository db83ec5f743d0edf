"""MITRE ATLAS: tactics, techniques and mitigations of attacks on AI."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steelyard.library.recipe import Contents


def read(files: Mapping[str, Path]) -> Contents:
    """Return the objects, each with the identifiers of those it belongs to.

    A technique belongs to tactics, a sub-technique to its parent's, a mitigation to the techniques that it is
    against, and a tactic to none.
    """
    import pyarrow as pa
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    (matrix,) = yaml.load(gzip.decompress(files["ATLAS.yaml.gz"].read_bytes()), loader)["matrices"]  # noqa: S506 - safe
    tactics = {each["id"]: each.get("tactics", []) for each in matrix["techniques"]}
    objects = [each for kind in ("tactics", "techniques", "mitigations") for each in matrix[kind]]
    texts = pa.list_(pa.string())
    return Contents(
        pa.table(
            {
                "id": pa.array([each["id"] for each in objects]),
                "reference": pa.array([_belongs_to(each, tactics) for each in objects], texts),
                "kind": pa.array([_kind(each) for each in objects]),
                "name": pa.array([each["name"] for each in objects]),
                "description": pa.array([each["description"] for each in objects]),
                "parent": pa.array([each.get("subtechnique-of") for each in objects], pa.string()),
                "maturity": pa.array([each.get("maturity") for each in objects], pa.string()),
                "categories": pa.array([each.get("category", []) for each in objects], texts),
                "lifecycle": pa.array([_lifecycle(each) for each in objects], texts),
                "uses": pa.array([[use["use"] for use in _uses(each)] for each in objects], texts),
                "attack_id": pa.array([each.get("ATT&CK-reference", {}).get("id") for each in objects], pa.string()),
                "modified": pa.array([str(each["modified_date"]) for each in objects]),
            }
        )
    )


def _kind(each: Mapping[str, Any]) -> str:
    return "sub-technique" if "subtechnique-of" in each else str(each["object-type"])


def _lifecycle(each: Mapping[str, Any]) -> list[str]:
    """Return the stages of a model's life in which a mitigation serves."""
    return [stage for stage in each.get("ml-lifecycle", []) if isinstance(stage, str)]


def _uses(each: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Return how a mitigation serves against each of its techniques.

    The makers wrote two of them (against AML.T0052.001) among the stages of life, a line too far down.
    """
    misplaced = [stage for stage in each.get("ml-lifecycle", []) if not isinstance(stage, str)]
    return [*each.get("techniques", []), *misplaced]


def _belongs_to(each: Mapping[str, Any], tactics: Mapping[str, list[str]]) -> list[str]:
    if each["object-type"] == "mitigation":
        return [use["id"] for use in _uses(each)]
    return tactics.get(each.get("subtechnique-of", each["id"]), [])
