"""RoboTHOR object navigation: where an episode begins, what is to be found, and how long the shortest way is."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

START = ("scene", "object_type", "initial_position", "initial_orientation", "initial_horizon")
"""What is told before an episode; the way is not."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the episodes: the start as JSON, and the length of the shortest way in metres, for SPL.

    Validation episodes are the split ``test``: those that the makers call test have no way among the files.
    """
    import pyarrow as pa

    episodes = []
    for name, path in sorted(files.items()):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            split = "test" if name.startswith("val/") else "training"
            episodes += [(each, split) for each in json.load(file)]
    starts = [json.dumps({key: each[key] for key in START}, sort_keys=True) for each, _ in episodes]
    return Contents(
        pa.table(
            {
                "id": pa.array([each["id"] for each, _ in episodes]),
                "input": pa.array(starts),
                "reference": pa.array([float(each["shortest_path_length"]) for each, _ in episodes]),
                "split": pa.array([split for _, split in episodes]),
                "object": pa.array([each["object_type"] for each, _ in episodes]),
                "scene": pa.array([each["scene"] for each, _ in episodes]),
            }
        )
    )
