"""Free Spoken Digit Dataset: one spoken English digit a recording."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.library.readers._sound import at_16_khz
from steelyard.library.recipe import Contents

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def read(files: Mapping[str, Path]) -> Contents:
    """Return the recordings, resampled from 8 to 16 kHz; digit and speaker are read from the files' names."""
    import pyarrow as pa

    names = sorted(name for name in files if name.endswith(".wav"))
    parts = [name.removesuffix(".wav").split("_") for name in names]
    return Contents(
        pa.table(
            {
                "id": pa.array([name.removesuffix(".wav") for name in names]),
                "input": pa.array([at_16_khz(files[name]) for name in names], pa.binary()),
                "reference": pa.array([WORDS[int(digit)] for digit, _, _ in parts]),
                "digit": pa.array([WORDS[int(digit)] for digit, _, _ in parts]),
                "speaker": pa.array([speaker for _, speaker, _ in parts]),
            }
        )
    )
