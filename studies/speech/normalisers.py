"""AISHELL-1 under each normaliser."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from studies.pictures.intervals import Interval, intervals
from studies.speech.answers import ERRORS, column, counts, recorded
from studies.speech.markdown import paragraph, percent, table, whole

from steelyard import fields
from steelyard.core.words import Words
from steelyard.library.store import open_set

NORMALISERS = (
    "verbatim/1",
    "zh/1",
    "zh/1+case/1",
    "zh/1+erhua/1",
    "numerals/1+zh/1",
    "numerals/1+zh/1+case/1+erhua/1",
)


@cache
def found() -> dict[str, tuple[list[str], list[float], float]]:
    """Return of each normaliser the sums as printed, the shares of S, D and I, and that of sentences right."""
    opened = open_set("aishell1-test-hyp-zh")
    references, outputs = column(opened, "reference"), recorded(opened, "decoder")
    made = {}
    for name in NORMALISERS:
        counted = counts(fields.find("speech.recognition", {"normaliser": name}), references, outputs)
        characters = float(counted["characters"].sum())
        made[name] = (
            [whole(counted[each]) for each in (*ERRORS, "characters")],
            [float(counted[each].sum()) / characters for each in ERRORS],
            1 - float(counted["wrong_sentences"].mean()),
        )
    return made


def section() -> Iterator[str]:
    """Yield the section of the page."""
    rows = [
        [f"`{name}`", *sums, percent(sum(shares), 3), percent(right)] for name, (sums, shares, right) in found().items()
    ]
    yield "## How far a normaliser moves the number: AISHELL-1\n"
    yield paragraph(
        "A real Mandarin recogniser's recorded answers to the whole test set",
        "(7,176 utterances, read speech, one scene).",
        "Its own log states 5,536 substitutions, 528 deletions, 172 insertions over 104,765 characters.",
    )
    head = ["normaliser", "S", "D", "I", "characters", "character error rate", "sentences right"]
    yield table(head, rows)
    yield "\n" + paragraph(
        "References and answers are written without punctuation, so that",
        "`zh/1` changes nothing here; `case/1` forgives",
        "two letters. Numerals move it most: a number then weighs by its",
        "figures (一亿: nine characters), and so does what is wrong",
        "in it; two ways to say it are one. None of it is wrong;",
        "whoever compares two numbers must compare the same one.",
    )


def drawn(language: str) -> str:
    """Return the picture: how far each normaliser moves the error rate."""
    title = Words("AISHELL-1: character error rate by normaliser", "AISHELL-1：各文本规范化方式下的字错误率")
    rows = []
    for name, (_, shares, _) in found().items():
        short = name.replace("/1", "")
        rows.append(Interval(Words(short, short), sum(shares), None, None))
    return intervals(title, rows, None, (0.059, 0.061), 3, language)


PICTURES = {"speech.recognition.normalisers": drawn}
