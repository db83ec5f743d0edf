"""Word errors from files, whole processes: against NIST's sclite and jiwer."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from character_errors import sentences
from measuring import command, in_turn, ratio, table

SENTENCES, ROUNDS = 20_000, 5
STEELYARD, SCLITE, JIWER = "Steelyard", "sclite", "jiwer"

TEXT = """
{sentences:,} sentences of about 15 words made from a seed, as `trn` files; each contestant is a process that reads
both and counts substitutions, deletions and insertions. sclite (Debian's sctk, in C, `-o sum`) prints shares with one
decimal; Steelyard aligns as it does, and its counts are those shares (checked in the run). jiwer has no weights: of
shortest alignments it takes one, and its errors are fewer or as many (checked). Python's start and its imports are
in the seconds.

    cd benchmarks
    python contestants/word_errors.py Steelyard references.trn answers.trn
    sctk sclite -r references.trn trn -h answers.trn trn -i spu_id -o sum stdout
    python contestants/word_errors.py jiwer references.trn answers.trn
"""
WITHOUT = "\nNot measured: sclite is not installed here (`apt-get install sctk`)."


def measure(*, quick: bool = False) -> str:
    """Return the section of the page."""
    if shutil.which("sctk") is None:
        return f"## Word errors from files\n{WITHOUT}"
    count = 500 if quick else SENTENCES
    with tempfile.TemporaryDirectory(prefix="trn-") as folder:
        files = [Path(folder, "references.trn"), Path(folder, "answers.trn")]
        for file, texts in zip(files, sentences(count), strict=True):
            lines = (f"{' '.join(map(_word, text.strip('。')))} (s_{number})\n" for number, text in enumerate(texts))
            file.write_text("".join(lines), "ascii")
        named = list(map(str, files))
        contestants = {
            STEELYARD: command([sys.executable, "contestants/word_errors.py", STEELYARD, *named]),
            SCLITE: _sclite(*named),
            JIWER: command([sys.executable, "contestants/word_errors.py", JIWER, *named]),
        }
        measured = in_turn(contestants, 1 if quick else ROUNDS)
        words = sum(len(line.split()) - 1 for line in files[0].read_text("ascii").splitlines())
    said = {name: each.said[-1] for name, each in measured.items()}
    _agree(said, words)
    lines = [
        (
            name,
            each.spread.show(""),
            *(f"{said[name][kind]:,}" if name != SCLITE else f"{said[name][kind]} %" for kind in KINDS),
            "" if name == STEELYARD else ratio(each, measured[STEELYARD]).show(""),
        )
        for name, each in measured.items()
    ]
    head = ("", "whole process, s", *KINDS, "to Steelyard, paired")
    return "\n".join(["## Word errors from files", TEXT.format(sentences=count), table(head, lines)])


KINDS = ("substitutions", "deletions", "insertions")


def _word(character: str) -> str:
    return f"w{ord(character):x}"


def _sclite(references: str, answers: str) -> Callable[[], dict[str, Any]]:
    words = ["sctk", "sclite", "-r", references, "trn", "-h", answers, "trn", "-i", "spu_id", "-o", "sum", "stdout"]

    def call() -> dict[str, Any]:
        printed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        found = re.search(r"Sum/Avg\s*\|\s*\d+\s+\d+\s*\|\s*[\d.]+\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)", printed)
        if found is None:
            raise RuntimeError(f"sclite printed no sum: {printed[-2000:]}")
        return dict(zip(KINDS, map(float, found.groups()), strict=True))

    return call


def _agree(said: dict[str, dict[str, Any]], words: int) -> None:
    for kind in KINDS:
        if abs(100 * said[STEELYARD][kind] / words - said[SCLITE][kind]) > 0.05 + 1e-9:
            raise RuntimeError(f"{kind} differ: {said}")
    if sum(said[JIWER].values()) > sum(said[STEELYARD].values()):
        raise RuntimeError(f"jiwer's errors are not the fewest: {said}")
