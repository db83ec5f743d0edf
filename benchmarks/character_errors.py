"""Character errors: substitutions, deletions and insertions of many sentences, against jiwer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jiwer
import numpy as np
from measuring import in_turn, ratio, table

from steelyard.measures.edit_distance import edit_counts
from steelyard.measures.normalisation import zh_1

SENTENCES, CHARACTERS, ERRORS = 20_000, 15, 0.06
ROUNDS = 5
OWN = "jiwer's own transforms"

TEXT = """
{sentences:,} Chinese sentences of about 15 characters made from a seed, with a comma and a full stop in either text,
{errors:,} errors in {characters:,} characters; `steelyard.measures.edit_distance.edit_counts` against
`jiwer.process_characters`, in one process, in turn. Both give the same number of errors in every row (checked in the
run). They may share them out otherwise: of all shortest alignments Steelyard counts the one with the fewest
substitutions, as sclite and k2 do. jiwer also keeps the alignments, which Steelyard does not.
"""
AFTER = """
*Verbatim*: every character counts; jiwer gets no transform but the one into characters. *Each its own normaliser*:
`zh/1` (NFKC; without punctuation, symbols and spaces) against `RemovePunctuation` and `RemoveWhiteSpace`. *The same
normaliser*: `zh/1` before both.

    python benchmarks/table.py character_errors
"""

Pairs = tuple[list[str], list[str]]


def sentences(count: int) -> Pairs:
    """Return reference texts, and what a product that gets about 6 % of the characters wrong makes of them."""
    generator = np.random.Generator(np.random.Philox(20_000))
    # The most frequent characters come most often, as they do in speech.
    ranks = np.minimum(generator.zipf(1.2, (count, 2 * CHARACTERS)), 6_000)
    lengths = np.clip(generator.poisson(CHARACTERS - 2, count), 2, 2 * CHARACTERS)
    kinds = generator.random((count, 2 * CHARACTERS))
    others = generator.integers(0, 6_000, (count, 2 * CHARACTERS))
    references, outputs = [], []
    for row, length in enumerate(lengths):
        reference, output = [], []
        for place in range(length):
            character, other = chr(0x4E00 + ranks[row, place]), chr(0x4E00 + others[row, place])
            kind = kinds[row, place] / ERRORS
            reference.append(character)
            if kind < 0.6:
                output.append(other)
            elif kind >= 0.8:
                output.append(character + other if kind < 1.0 else character)
            if place == length // 2:
                reference.append("，")
                output.append("，")
        references.append("".join(reference) + "。")
        outputs.append("".join(output) + "。")
    return references, outputs


def measure(*, quick: bool = False) -> str:
    """Return the section of the page."""
    pairs = sentences(500 if quick else SENTENCES)
    characters = jiwer.Compose([jiwer.ReduceToListOfListOfChars()])
    own = jiwer.Compose([jiwer.RemovePunctuation(), jiwer.RemoveWhiteSpace(), jiwer.ReduceToListOfListOfChars()])
    rows, total = [], {}
    for name, ours, theirs in (
        ("verbatim", _steelyard(pairs, normalise=False), _jiwer(pairs, characters, normalise=False)),
        ("each its own normaliser", _steelyard(pairs, normalise=True), _jiwer(pairs, own, normalise=False)),
        ("the same normaliser", _steelyard(pairs, normalise=True), _jiwer(pairs, characters, normalise=True)),
    ):
        measured = in_turn({"ours": ours, "theirs": theirs}, 2 if quick else ROUNDS)
        mine, other = measured["ours"].said[-1], measured["theirs"].said[-1]
        if sum(mine["errors"]) != sum(other["errors"]):
            raise RuntimeError(f"{name}: {mine} and {other} differ in errors")
        total = total or {"errors": sum(mine["errors"]), "characters": sum(map(len, pairs[0]))}
        rows.append(
            (
                name,
                measured["ours"].spread.show("", 1e-3),
                measured["theirs"].spread.show("", 1e-3),
                ratio(measured["theirs"], measured["ours"]).show(""),
                " + ".join(f"{count:,}" for count in mine["errors"]) + f" = {sum(mine['errors']):,}",
                " + ".join(f"{count:,}" for count in other["errors"]) + f" = {sum(other['errors']):,}",
            )
        )
    head = ("", "Steelyard, ms", "jiwer, ms", "jiwer : Steelyard, paired", "S + D + I, Steelyard", "S + D + I, jiwer")
    said = TEXT.format(sentences=len(pairs[0]), **total)
    return "\n".join(["## Character errors", said, table(head, rows), AFTER.rstrip()])


def _steelyard(pairs: Pairs, *, normalise: bool) -> Callable[[], dict[str, Any]]:
    def call() -> dict[str, Any]:
        references, outputs = (list(map(zh_1, texts)) for texts in pairs) if normalise else pairs
        return {"errors": edit_counts(references, outputs)[:, :3].sum(axis=0).tolist()}

    return call


def _jiwer(pairs: Pairs, transform: jiwer.AbstractTransform, *, normalise: bool) -> Callable[[], dict[str, Any]]:
    def call() -> dict[str, Any]:
        references, outputs = (list(map(zh_1, texts)) for texts in pairs) if normalise else pairs
        found = jiwer.process_characters(references, outputs, transform, transform)
        return {"errors": [found.substitutions, found.deletions, found.insertions]}

    return call
