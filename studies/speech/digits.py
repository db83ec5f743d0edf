"""Digits of speakers that the recogniser never heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from studies.pictures.matrix import matrix
from studies.speech.answers import column
from studies.speech.markdown import percent, table

from steelyard import fields
from steelyard.core.words import Words
from steelyard.data import declared
from steelyard.library.store import open_set
from steelyard.references import spoken_digits


class Heard(NamedTuple):
    """What was said by whom, and what was heard."""

    speakers: list[str]
    said: list[str]
    heard: list[str]


@cache
def found() -> Heard:
    """Return the test recordings."""
    product = spoken_digits.Product()
    opened = open_set("fsdd-digits-en-by-speaker")
    kind = declared(opened.card.input or {})
    codes, names = opened.codes("speaker")
    inputs, references = column(opened, "input"), column(opened, "reference")
    test = opened.positions("test").tolist()
    return Heard(
        [names[codes[place]] for place in test],
        [references[place] for place in test],
        [product(kind.load(inputs[place])) for place in test],
    )


def words() -> list[str]:
    """Return the vocabulary, in the order of the digits."""
    return [each for each in fields.find("speech.commands").output.schema()["enum"] if each != "none"]


def section() -> Iterator[str]:
    """Yield the section of the page."""
    of = found()
    yield "## Spoken digits, by voices that were never heard\n"
    yield "`reference:spoken_digits`: trained on george, jackson and lucas; nothing was tuned on the three others.\n"
    rows = []
    for name in (*sorted(set(of.speakers)), "all"):
        mine = [said == heard for speaker, said, heard in zip(*of, strict=True) if name in ("all", speaker)]
        rows.append([name, len(mine), sum(mine), percent(sum(mine) / len(mine), 1)])
    yield table(["speaker", "recordings", "right", "command accuracy"], rows)
    yield "\nWhat was said (rows), and what was heard (columns):\n"
    pairs = Counter(zip(of.said, of.heard, strict=True))
    yield table(["", *words()], [[word, *(pairs[word, other] or "" for other in words())] for word in words()])
    yield "\nOn one voice it is right three times of four, on another once in three: they tell nothing of a fourth.\n"


def drawn(language: str) -> str:
    """Return the picture: what was said against what was heard."""
    of = found()
    pairs = Counter(zip(of.said, of.heard, strict=True))
    counts = [[pairs[word, other] for other in words()] for word in words()]
    title = Words("Digits of voices never heard before", "未曾听过的声音所说的数字")
    return matrix(title, Words("said", "所说"), Words("heard", "听成"), words(), counts, language)


PICTURES = {"speech.commands": drawn}
