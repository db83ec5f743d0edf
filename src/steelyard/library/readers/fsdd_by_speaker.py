"""Free Spoken Digit Dataset, parted by speaker: nobody is in both parts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.library.readers._fsdd import recordings
from steelyard.library.recipe import Contents


def read(files: Mapping[str, Path]) -> Contents:
    """Return the recordings; the first half of the speakers, in the order of their names, are for training."""
    import pyarrow as pa

    table = recordings(files)
    speakers = sorted(set(table["speaker"].to_pylist()))
    training = speakers[: len(speakers) // 2]
    splits = ["training" if speaker in training else "test" for speaker in table["speaker"].to_pylist()]
    return Contents(table.append_column("split", pa.array(splits)))
