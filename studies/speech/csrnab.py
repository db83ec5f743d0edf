"""NIST's case csrnab by speaker."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from studies.pictures.bars import bars
from studies.speech.answers import ERRORS, column, counts, recorded
from studies.speech.markdown import percent, table

from steelyard import fields
from steelyard.core.words import Words
from steelyard.library.store import open_set

PARTS = (Words("substituted", "替换"), Words("deleted", "删除"), Words("inserted", "插入"))


class Speaker(NamedTuple):
    """What was counted of one speaker, or of all."""

    name: str
    sentences: int
    words: float
    shares: list[float]
    """Of substitutions, deletions and insertions."""
    wrong: float
    """Share of sentences that are wrong."""


@cache
def found() -> list[Speaker]:
    """Return each speaker, and all of them."""
    opened = open_set("nist-sctk-csrnab")
    codes, names = opened.codes("speaker")
    method = fields.find("speech.words", {"normaliser": "case/1", "reference": "sclite"})
    counted = counts(method, column(opened, "reference"), recorded(opened, "csrnab"))
    rows = []
    for name, mine in [*((name, codes == code) for code, name in enumerate(names)), ("all", codes >= 0)]:
        words = float(counted["words"][mine].sum())
        shares = [float(counted[each][mine].sum()) / words for each in ERRORS]
        rows.append(Speaker(name, int(mine.sum()), words, shares, float(counted["wrong_sentences"][mine].mean())))
    return rows


def section() -> Iterator[str]:
    """Yield the section of the page."""
    rows = []
    for of in found():
        correct = 1 - of.shares[0] - of.shares[1]
        shares = [percent(share, 1) for share in (correct, *of.shares, sum(of.shares), of.wrong)]
        rows.append([of.name, of.sentences, f"{of.words:,.0f}", *shares])
    yield "## NIST's case csrnab\n"
    yield "51 English sentences, as sclite counts them: each figure is that of its own report (`base/test1`).\n"
    yield table(["speaker", "sentences", "words", "Corr", "Sub", "Del", "Ins", "Err", "S.Err"], rows)
    yield ""


def drawn(language: str) -> str:
    """Return the picture: what the word error rate of each speaker is made of."""
    title = Words("NIST csrnab: word error rate by speaker", "NIST csrnab：各说话人的词错误率")
    rows = [(Words(of.name, "全部" if of.name == "all" else of.name), of.shares) for of in found()]
    return bars(title, PARTS, rows, 0.2, 1, language)


PICTURES = {"speech.words": drawn}
