"""Word errors of two ``trn`` files, from reading to a line: ``word_errors.py Steelyard|jiwer REFERENCES ANSWERS``."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def by_steelyard(references: Path, answers: Path) -> tuple[int, int, int]:
    """Return substitutions, deletions and insertions, aligned as sclite does."""
    from steelyard.measures.edit_distance import SCLITE, edit_counts, words_as_numbers
    from steelyard.products._answers.trn import read

    texts = [
        {each.sample: each.output for each in read(str(path), path.read_text("utf-8"))}
        for path in (references, answers)
    ]
    sides = words_as_numbers(*([text[name].split() for name in texts[0]] for text in texts))
    substitutions, deletions, insertions, _ = edit_counts(*sides, SCLITE).sum(axis=0).tolist()
    return substitutions, deletions, insertions


def by_jiwer(references: Path, answers: Path) -> tuple[int, int, int]:
    """Return substitutions, deletions and insertions of an alignment with the fewest errors."""
    import jiwer

    texts = [dict(map(_parted, path.read_text("utf-8").splitlines())) for path in (references, answers)]
    counted = jiwer.process_words(*([text[name] for name in texts[0]] for text in texts))
    return counted.substitutions, counted.deletions, counted.insertions


def _parted(line: str) -> tuple[str, str]:
    text, _, name = line.rstrip(")").rpartition("(")
    return name, text.strip()


counts = {"Steelyard": by_steelyard, "jiwer": by_jiwer}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
print(json.dumps(dict(zip(("substitutions", "deletions", "insertions"), counts, strict=True))))
