"""Named and versioned normalisers, one a file: what of a text counts. Joined by ``+``, they are applied in turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, reduce

from steelyard.core.errors import UnknownName
from steelyard.core.words import Words
from steelyard.measures.normalisation.case import case_1
from steelyard.measures.normalisation.en import en_1
from steelyard.measures.normalisation.erhua import erhua_1
from steelyard.measures.normalisation.numerals import numerals_1
from steelyard.measures.normalisation.punctuation import punctuation_1
from steelyard.measures.normalisation.spaces import spaces_1
from steelyard.measures.normalisation.verbatim import verbatim_1
from steelyard.measures.normalisation.width import width_1
from steelyard.measures.normalisation.zh import zh_1

__all__ = ["NORMALISERS", "normaliser", "zh_1"]

Normaliser = Callable[[str], str]

NORMALISERS: dict[str, Normaliser] = {
    "zh/1": zh_1,
    "en/1": en_1,
    "verbatim/1": verbatim_1,
    "width/1": width_1,
    "punctuation/1": punctuation_1,
    "spaces/1": spaces_1,
    "case/1": case_1,
    "numerals/1": numerals_1,
    "erhua/1": erhua_1,
}


@cache
def normaliser(name: str) -> Normaliser:
    """Return the normaliser of this name, or raise `UnknownName` with the nearest.

    Examples
    --------
    >>> normaliser("numerals/1+zh/1+case/1")("二零一八年，ＡＩ")
    '2018年ai'
    """
    steps = str(name).split("+")  # a specification may say anything
    for step in steps:
        if step not in NORMALISERS:
            raise UnknownName(Words("normaliser", "文本规范化"), step, NORMALISERS)
    if len(steps) == 1:
        return NORMALISERS[name]
    return lambda text: reduce(lambda done, step: NORMALISERS[step](done), steps, text)
