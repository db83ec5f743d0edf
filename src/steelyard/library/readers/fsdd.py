"""Free Spoken Digit Dataset: one spoken English digit a recording."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.library.readers._fsdd import recordings
from steelyard.library.recipe import Contents


def read(files: Mapping[str, Path]) -> Contents:
    """Return the recordings, resampled from 8 to 16 kHz; digit and speaker are read from the files' names."""
    return Contents(recordings(files))
