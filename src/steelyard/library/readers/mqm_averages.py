"""Mean scores that professional translators gave translated segments (MQM); no texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

NONE = "None"
"""Stands for a segment that nobody judged."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the judged segments of each system: 0 is without error, −25 the worst; unjudged ones are left out."""
    import pyarrow as pa

    (path,) = files.values()
    _, *lines = path.read_text("utf-8").splitlines()
    rows = [(system, float(score), segment) for system, score, segment in map(str.split, lines) if score != NONE]
    return Contents(
        pa.table(
            {
                "id": pa.array([f"{system}/{segment}" for system, _, segment in rows]),
                "reference": pa.array([score + 0.0 for _, score, _ in rows]),  # the file writes -0.0 for no error
                "system": pa.array([system for system, *_ in rows]),
                "segment": pa.array([segment for *_, segment in rows]),
            }
        )
    )
