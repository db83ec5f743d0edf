"""Dumps of Matter nodes, and what a controller must make of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents


def read(files: Mapping[str, Path]) -> Contents:
    """Return the nodes, each a JSON text, and what is expected of it as JSON.

    Dump and expectation bear the same name, in folders of their own.
    """
    import pyarrow as pa

    names = sorted(name.removeprefix("nodes/") for name in files if name.startswith("nodes/"))

    def texts(kind: str) -> list[str]:
        read = (json.loads(files[f"{kind}/{name}"].read_text("utf-8")) for name in names)
        return [json.dumps(each, ensure_ascii=False, sort_keys=True) for each in read]

    ids = [name.removesuffix(".json") for name in names]
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array(texts("nodes")),
                "reference": pa.array(texts("nodes_in_ha")),
                "node": pa.array(ids),
            }
        )
    )
