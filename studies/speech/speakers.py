"""AISHELL-1 by speaker."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from studies.pictures.intervals import Interval, Limit, intervals
from studies.speech.answers import ERRORS, bounded, column, counts, recorded
from studies.speech.markdown import paragraph, percent, table, whole

from steelyard import fields
from steelyard.core.verdict import Estimate
from steelyard.core.words import Words
from steelyard.library.store import open_set


class Speaker(NamedTuple):
    """What was counted of one speaker."""

    name: str
    utterances: int
    characters: str
    errors: float
    rate: Estimate
    """With bounds over the speaker's utterances."""


@cache
def found() -> tuple[list[Speaker], Estimate]:
    """Return all speakers, the best first, and the character error rate of all with bounds over speakers."""
    opened = open_set("aishell1-test-hyp-zh")
    codes, names = opened.codes("speaker")
    method = fields.find("speech.recognition")
    references, outputs = column(opened, "reference"), recorded(opened, "decoder")
    counted = counts(method, references, outputs)
    rows = []
    for code, name in enumerate(names):
        mine = codes == code
        errors = sum(float(counted[each][mine].sum()) for each in ERRORS)
        places = np.flatnonzero(mine).tolist()
        rate = bounded(
            method, "character_error_rate", *([of[place] for place in places] for of in (references, outputs))
        )
        rows.append(Speaker(name, len(places), whole(counted["characters"][mine]), errors, rate))
    rows.sort(key=lambda row: row.rate.value or 0.0)
    return rows, bounded(method, "character_error_rate", references, outputs, codes.tolist())


def section() -> Iterator[str]:
    """Yield the section of the page."""
    rows, every = found()
    yield "## AISHELL-1 by speaker, `zh/1`\n"
    head = ["speaker", "utterances", "characters", "errors", "character error rate"]
    yield table(head, [[*row[:3], f"{row.errors:.0f}", percent(row.rate.value)] for row in rows])
    yield "\n" + paragraph(
        f"The worst of twenty speakers has {_of(rows[-1].rate) / _of(rows[0].rate):.1f}",
        "times the error rate of the best. Character",
        f"accuracy {percent(1 - _of(every))}, with one-sided 95 % bounds over",
        f"speakers {percent(1 - (every.upper or 0.0))} and",
        f"{percent(1 - (every.lower or 0.0))}: below the 96 % of the plan of 2017 on this scene.",
    )


def _of(rate: Estimate) -> float:
    assert rate.value is not None
    return rate.value


def drawn(language: str) -> str:
    """Return the picture: each speaker with bounds over utterances, all of them with bounds over speakers."""
    rows, every = found()

    def interval(name: Words, of: Estimate, **how: Any) -> Interval:
        return Interval(name, _of(of), of.lower, of.upper, **how)

    shown = [interval(Words(row.name, row.name), row.rate) for row in rows]
    limit = Limit(0.04, Words("limit: 4 % (accuracy 96 %)", "限值：4 %（准确率 96 %）"), below=True)
    title = Words("AISHELL-1: character error rate by speaker", "AISHELL-1：各说话人的字错误率")
    return intervals(
        title, [*shown, interval(Words("all", "全部"), every, strong=True)], limit, (0.02, 0.12), 2, language
    )


PICTURES = {"speech.recognition": drawn}
