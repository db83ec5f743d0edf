"""NLU++: utterances, and where the details that they name stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

DOMAINS = ("banking", "hotels")
FOLDS = 20
TRAINING = range(2)
"""Folds to learn from; the others are for testing."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the utterances of both domains with the spans of their slots; many have none."""
    import pyarrow as pa

    rows = []
    for domain in DOMAINS:
        for fold in range(FOLDS):
            split = "training" if fold in TRAINING else "test"
            for number, said in enumerate(json.loads(files[f"{domain}/fold{fold}.json"].read_text("utf-8"))):
                slots = [[name, *map(str, slot["span"])] for name, slot in said.get("slots", {}).items()]
                rows.append((f"{domain}-{fold:02d}-{number:03d}", said["text"], slots, split, domain))
    ids, texts, references, splits, domains = zip(*rows, strict=True)
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array(texts),
                "reference": pa.array(references, pa.list_(pa.list_(pa.string()))),
                "split": pa.array(splits),
                "domain": pa.array(domains),
            }
        )
    )
