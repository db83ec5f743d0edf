"""NIST's scoring case of Mandarin: what sclite aligned in words and in characters, and what it counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from steelyard.library.readers._sclite import Counts, counts_of
from steelyard.library.recipe import Contents

RUNS = {
    "6": "-e gb -d",
    "9": "-e gb -c",
    "9_1": "-e gb -c DH",
    "10": "-e gb -c NOASCII",
    "10_1": "-e gb -c NOASCII DH",
    "11": "-e gb -S algo1 mand.lex",
    "12": "-e gb -S algo1 mand.lex -F",
}
"""How sclite was called."""
ENCODING = "gb2312"
_GAP = re.compile(r"\*+")
"""Stands where the other side has a word more."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the utterances of each run, word by word or character by character as sclite took them apart.

    Its inputs are not among the files: what it read stands in the alignments that it wrote, in capitals where wrong.
    """
    import pyarrow as pa

    rows = [
        (f"{run}/{name}", run, options, name.rsplit("-", 1)[0], reference, said, counts)
        for run, options in RUNS.items()
        for name, reference, said, counts in _utterances(files[f"test{run}.pra"])
    ]
    ids, runs, options, speakers, references, said, counts = zip(*rows, strict=True)
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "reference": pa.array(references),
                "run": pa.array(runs),
                "options": pa.array(options),
                "speaker": pa.array(speakers),
                **{
                    kind: pa.array([each[place] for each in counts], pa.int64())
                    for place, kind in enumerate(Counts._fields)
                },
            }
        ),
        {"sctk": pa.table({"id": pa.array(ids), "output": pa.array(said)})},
    )


def _utterances(path: Path) -> Iterator[tuple[str, str, str, Counts]]:
    """Yield the name of an utterance, its words, those that were heard, and the counts, which both must bear out."""
    sides: dict[str, list[str]] = {"REF": [], "HYP": []}
    for line in path.read_bytes().decode(ENCODING).splitlines():
        side, _, text = line.partition(":")
        if side in sides:
            sides[side].append(" ".join(word.lower() for word in text.split() if not _GAP.fullmatch(word)))
    found = counts_of(path)
    for name, reference, said in zip(found, sides["REF"], sides["HYP"], strict=True):
        correct, substituted, deleted, inserted = found[name]
        assert len(reference.split()) == correct + substituted + deleted, name
        assert len(said.split()) == correct + substituted + inserted, name
        yield name, reference, said, found[name]
