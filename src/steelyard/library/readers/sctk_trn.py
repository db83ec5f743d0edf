"""Sentences and what a recogniser made of them, as NIST's sclite reads them (trn)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.recipe import Contents

_LINE = re.compile(r"(?P<text>.*?)\s*\((?P<id>\w+)\)")
SPEAKER = 3
"""Characters of an utterance's id that tell the speaker."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the sentences as they are written, alternatives in braces: ``{ INDUSTRY'S / INDUSTRY }``."""
    import pyarrow as pa

    reference, said = _sentences(files, "csrnab.ref"), _sentences(files, "csrnab.hyp")
    ids = sorted(reference)
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "reference": pa.array([reference[name] for name in ids]),
                "speaker": pa.array([name[:SPEAKER] for name in ids]),
            }
        ),
        {"csrnab": pa.table({"id": pa.array(ids), "output": pa.array([said[name] for name in ids])})},
    )


def _sentences(files: Mapping[str, Path], name: str) -> Mapping[str, str]:
    found = {}
    for number, line in enumerate(files[name].read_text("ascii").splitlines(), 1):
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise SetError(Words(f"{name}:{number}: cannot be read", f"{name}:{number}：无法读取"))
        found[match["id"].lower()] = match["text"]  # both files name the same sentence in either case
    return found
