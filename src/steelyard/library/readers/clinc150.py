"""CLINC150: queries, their intents, and queries that are none of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

SPLITS = {"train": "training", "val": "validation", "test": "test"}
OUTSIDE = "oos"
"""The makers' own name of no intent: out of scope."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the queries of all splits, with the domain of their intent; out of scope is a domain of its own."""
    import pyarrow as pa

    written = json.loads(files["data_full.json"].read_text("utf-8"))
    domains = json.loads(files["domains.json"].read_text("utf-8"))
    domain = {intent: name for name, intents in domains.items() for intent in intents} | {OUTSIDE: "out_of_scope"}
    rows = [
        (f"{part}-{number:05d}", text, intent, split)
        for name, split in SPLITS.items()
        for part in (name, f"oos_{name}")
        for number, (text, intent) in enumerate(written[part])
    ]
    ids, texts, intents, splits = zip(*rows, strict=True)
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array(texts),
                "reference": pa.array(intents),
                "split": pa.array(splits),
                "domain": pa.array([domain[intent] for intent in intents]),
            }
        )
    )
