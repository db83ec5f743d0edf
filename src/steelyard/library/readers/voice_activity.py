"""Two recordings cut into chunks of two seconds, and when somebody speaks in each."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

SPLITS = {"VAD_dev.json": ("test", "valid.wav"), "VAD_train.json": ("training", "train.wav")}


def read(files: Mapping[str, Path]) -> Contents:
    """Return the chunks with their stretches of speech: begin and end, in seconds from the chunk's begin."""
    import pyarrow as pa

    rows = []
    for labels, (split, recording) in SPLITS.items():
        for name, chunk in json.loads(files[labels].read_text("utf-8")).items():
            assert Path(chunk["wav"]["file"]).name == recording
            sound = _cut(files[recording], chunk["wav"]["start"], chunk["wav"]["stop"])
            times = [float(each) for each in chunk["speech"].split()]
            stem = recording.removesuffix(".wav")
            number = name.removeprefix("example_")
            rows.append((f"{stem}-{number}", sound, list(zip(times[::2], times[1::2], strict=True)), split, stem))
    ids, sounds, speech, splits, recordings = zip(*rows, strict=True)
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array(sounds, pa.binary()),
                "reference": pa.array([list(map(list, each)) for each in speech], pa.list_(pa.list_(pa.float64()))),
                "split": pa.array(splits),
                "recording": pa.array(recordings),
            }
        )
    )


def _cut(path: Path, start: int, stop: int) -> bytes:
    """Return the samples from ``start`` to before ``stop`` as WAV bytes, every bit kept."""
    buffer = io.BytesIO()
    with wave.open(str(path)) as whole, wave.open(buffer, "wb") as part:
        part.setparams(whole.getparams())
        whole.setpos(start)
        part.writeframes(whole.readframes(stop - start))
    return buffer.getvalue()
