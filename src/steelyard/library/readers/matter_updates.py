"""Descriptors of software updates of Matter devices, and whether an update may be offered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steelyard.library.recipe import Contents

VERSION, VERSIONS = "modelVersion", "modelVersions"
"""A descriptor is of one version of a product's software, or lists all of them."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the descriptors as JSON text, and what they say of themselves.

    A descriptor of a version has one in ``versions``; sizes (bytes) and limits are missing where it has none.
    """
    import pyarrow as pa

    names = sorted(files)
    written = [json.loads(files[name].read_text("utf-8")) for name in names]
    parts = [each.get(VERSION) or each[VERSIONS] for each in written]
    return Contents(
        pa.table(
            {
                "id": pa.array([name.removesuffix(".json") for name in names]),
                "input": pa.array([json.dumps(each, ensure_ascii=False, sort_keys=True) for each in written]),
                "reference": pa.array([_offered(part) for part in parts]),
                "product": pa.array([f"{part['vid']}-{part['pid']}" for part in parts]),
                "versions": pa.array([_versions(part) for part in parts], pa.list_(pa.int64())),
                "least": pa.array([part.get("minApplicableSoftwareVersion") for part in parts], pa.int64()),
                "most": pa.array([part.get("maxApplicableSoftwareVersion") for part in parts], pa.int64()),
                "address": pa.array([part.get("otaUrl") or None for part in parts], pa.string()),
                "checksum": pa.array([part.get("otaChecksum") or None for part in parts], pa.string()),
                "bytes": pa.array([int(part.get("otaFileSize", 0)) or None for part in parts], pa.int64()),
            }
        )
    )


def _versions(part: Mapping[str, Any]) -> list[int]:
    return part["softwareVersions"] if "softwareVersions" in part else [part["softwareVersion"]]


def _offered(part: Mapping[str, Any]) -> str:
    """Return what a controller may make of it: only a valid version with an address can be had."""
    if "softwareVersions" in part:
        return "list"
    if not part["softwareVersionValid"]:
        return "invalid"
    return "offered" if part["otaUrl"] else "no file"
