"""Recordings of four microphones, and where the sound comes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.data.audio import Audio
from steelyard.library.recipe import Contents

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE, CHANNELS = 16_000, 4
DIFFUSE = "diffuse"
"""Stands in a file's name where the sound comes from everywhere."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the clips with the direction that their names tell: a unit vector x, y, z; none where it is diffuse."""
    import pyarrow as pa

    audio = Audio(RATE, CHANNELS)
    names = sorted(name.removesuffix(".flac") for name in files)
    parts = [name.split("_") for name in names]
    towards = [[] if rest == [DIFFUSE] else [float(number) for number in rest] for _, *rest in parts]
    kinds = [f"{DIFFUSE} {kind}" if rest == [DIFFUSE] else kind for kind, *rest in parts]
    return Contents(
        pa.table(
            {
                "id": pa.array(names),
                "input": pa.array([audio.store(_sound(files[f"{name}.flac"])) for name in names], pa.binary()),
                "reference": pa.array(towards, pa.list_(pa.float64())),
                "kind": pa.array(kinds),
            }
        )
    )


def _sound(path: Path) -> NDArray[np.float32]:
    """Return float32[n, channels]. FLAC keeps every bit, so that every decoder gives the same."""
    import numpy as np

    try:
        import soundfile
    except ImportError:
        raise CallError(
            Words("reading FLAC needs soundfile", "读取 FLAC 需要 soundfile"),
            Words("Install it: pip install 'steelyard[sound]'", "请安装：pip install 'steelyard[sound]'"),
        ) from None
    steps, rate = soundfile.read(path, dtype="int16", always_2d=True)
    assert (rate, steps.shape[1]) == (RATE, CHANNELS)
    return np.asarray(steps, np.float32) / np.float32(32768.0)
