"""Recordings beside a table of their transcripts: ``file``, ``language``, ``text``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.readers._sound import at_16_khz
from steelyard.library.recipe import Contents


def read(files: Mapping[str, Path]) -> Contents:
    """Return the recordings with language and speaker.

    The speaker stands in the name: of LibriSpeech the first number, of AISHELL-1 ``S`` and four digits.
    """
    import pyarrow as pa

    with files["transcripts.tsv"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return Contents(
        pa.table(
            {
                "id": pa.array([row["file"].removesuffix(".wav") for row in rows]),
                "input": pa.array([at_16_khz(files[row["file"]]) for row in rows], pa.binary()),
                "reference": pa.array([row["text"] for row in rows]),
                "language": pa.array([{"zh": "Mandarin", "en": "English"}[row["language"]] for row in rows]),
                "speaker": pa.array([_speaker(row["file"]) for row in rows]),
            }
        )
    )


def _speaker(name: str) -> str:
    stem = name.removeprefix("librispeech-").removesuffix(".wav")
    return stem.removeprefix("aishell-")[6:11] if stem.startswith("aishell-") else stem.split("-")[0]
