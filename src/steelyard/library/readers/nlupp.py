"""NLU++: utterances with several intents each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

DOMAINS = ("banking", "hotels")
FOLDS = 20


def read(files: Mapping[str, Path]) -> Contents:
    """Return the utterances of both domains with their intents and slots.

    Slots stand in a column ``slots``, as JSON.
    """
    import pyarrow as pa

    rows = [
        (f"{domain}-{fold:02d}-{number:03d}", said, domain, f"{domain}-{fold:02d}")
        for domain in DOMAINS
        for fold in range(FOLDS)
        for number, said in enumerate(json.loads(files[f"{domain}/fold{fold}.json"].read_text("utf-8")))
    ]
    ids, said, domains, folds = zip(*rows, strict=True)
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array([each["text"] for each in said]),
                "reference": pa.array([each.get("intents", []) for each in said], pa.list_(pa.string())),
                "slots": pa.array([json.dumps(each.get("slots", {}), ensure_ascii=False) for each in said]),
                "domain": pa.array(domains),
                "fold": pa.array(folds),
            }
        )
    )
