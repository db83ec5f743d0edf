"""Recordings of the Free Spoken Digit Dataset, whose names tell digit, speaker and number."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.library.readers._sound import at_16_khz

if TYPE_CHECKING:
    import pyarrow as pa

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def recordings(files: Mapping[str, Path]) -> pa.Table:
    """Return the recordings in the order of their names, resampled from 8 to 16 kHz."""
    import pyarrow as pa

    names = sorted(name for name in files if name.endswith(".wav"))
    parts = [name.removesuffix(".wav").split("_") for name in names]
    return pa.table(
        {
            "id": pa.array([name.removesuffix(".wav") for name in names]),
            "input": pa.array([at_16_khz(files[name]) for name in names], pa.binary()),
            "reference": pa.array([WORDS[int(digit)] for digit, _, _ in parts]),
            "digit": pa.array([WORDS[int(digit)] for digit, _, _ in parts]),
            "speaker": pa.array([speaker for _, speaker, _ in parts]),
        }
    )
