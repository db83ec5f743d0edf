"""Recordings of AISHELL-3 with their transcripts in characters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.library.readers._sound import at_16_khz
from steelyard.library.recipe import Contents


def read(files: Mapping[str, Path]) -> Contents:
    """Return the utterances with their speakers, resampled from 44.1 to 16 kHz."""
    import pyarrow as pa

    lines = files["metadata_hanzi.csv"].read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return Contents(
        pa.table(
            {
                "id": pa.array([Path(path).stem for path, _, _ in rows]),
                "input": pa.array([at_16_khz(files[path]) for path, _, _ in rows], pa.binary()),
                "reference": pa.array([text for _, text, _ in rows]),
                "speaker": pa.array([speaker for _, _, speaker in rows]),
            }
        )
    )
