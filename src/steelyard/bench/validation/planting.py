"""Products of known accuracy: an oracle in which errors were planted, and what must come out of them.

What must come out is counted by the one who plants, from reference answers and planted errors, with none of the code
that the method counts with (of speech its normaliser, which says what a character is).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard import fields
from steelyard.core.canonical import canonical
from steelyard.core.plugins import load
from steelyard.measures.normalisation import normaliser

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Planted(NamedTuple):
    """Answers with planted errors."""

    outputs: list[Any]
    counted: Mapping[str, float]
    """Value of each indicator, counted while planting; an indicator without data has none."""
    nominal: Mapping[str, float]
    """Value of each indicator that planting at this rate gives on average."""


Planter = Callable[[Sequence[Any], float, int], Planted]
"""``planter(references, rate, seed)``"""


def chances(count: int, seed: int, purpose: str) -> NDArray[np.float64]:
    """Return uniform numbers, float64[count], by the published rule of ``stats/intervals/philox.py``."""
    from steelyard.stats.intervals.philox import uniforms

    key = hashlib.sha256(canonical([seed, purpose])).digest()[:8]
    drawn: NDArray[np.float64] = uniforms(count, 1, int.from_bytes(key, "big"))[0]
    return drawn


def planter_of(method: str) -> Planter | None:
    """Return who plants errors for a method; None where nobody says how.

    A method of somebody else's may say it in its own file, by a function ``plant_errors(references, rate, seed)`` that
    returns outputs, what indicators come to as it counted, and what they come to on average.
    """
    known = _PLANTERS.get(method)
    if known is not None:
        return known
    own = getattr(load(fields.__name__, method, fields.KIND), "plant_errors", None)
    if own is None:
        return None
    return lambda references, rate, seed: Planted(*own(references, rate, seed))


def _share(part: int, whole: int, name: str, values: dict[str, float], *, complement: bool = False) -> None:
    if whole:
        values[name] = (whole - part) / whole if complement else part / whole


def _diagnosis(references: Sequence[Any], rate: float, seed: int) -> Planted:
    """Turn calls round at a rate: the sick are missed and the well alarmed at that rate, and all are graded."""
    turned = (chances(len(references), seed, f"diagnosis {rate}") < rate).tolist()
    other = {"positive": "negative", "negative": "positive"}
    outputs = [other[call] if turn else call for call, turn in zip(references, turned, strict=True)]
    sick = [turn for call, turn in zip(references, turned, strict=True) if call == "positive"]
    well = [turn for call, turn in zip(references, turned, strict=True) if call == "negative"]
    counted: dict[str, float] = {}
    for suffix in ("", "_graded"):
        _share(sum(sick), len(sick), f"false_negative_rate{suffix}", counted)
        _share(sum(well), len(well), f"false_positive_rate{suffix}", counted)
    _share(sum(sick), len(sick), "detection_rate", counted, complement=True)
    _share(0, len(references), "not_graded_rate", counted)
    nominal = dict.fromkeys(counted, rate) | {"detection_rate": 1.0 - rate, "not_graded_rate": 0.0}
    return Planted(outputs, counted, nominal)


def _probability(references: Sequence[Any], rate: float, seed: int) -> Planted:
    """Be certain, and wrong at a rate: with shares a of the sick, b of the well turned, the area is 1 − (a + b)/2."""
    turned = (chances(len(references), seed, f"probability {rate}") < rate).tolist()
    outputs = [float((call == "positive") is not turn) for call, turn in zip(references, turned, strict=True)]
    shares: list[float] = []
    for wanted in ("positive", "negative"):
        own = [turn for call, turn in zip(references, turned, strict=True) if call == wanted]
        shares += [sum(own) / len(own)] if own else []
    counted = {"brier_score": sum(turned) / len(turned)} if turned else {}
    if len(shares) == 2:
        counted["area_under_curve"] = 1.0 - (shares[0] + shares[1]) / 2.0
    return Planted(outputs, counted, {"brier_score": rate, "area_under_curve": 1.0 - rate})


_FOREIGN = "囧槑靐龘"
"""Rare characters; one that a reference does not hold takes the place of those that are wrong."""


def _recognition(references: Sequence[Any], rate: float, seed: int) -> Planted:
    """Replace characters at a rate by one that the reference does not hold: each costs one substitution, no more."""
    normal = normaliser("zh/1")
    texts = [normal(reference) for reference in references]
    chance = chances(sum(map(len, texts)), seed, f"recognition {rate}") < rate
    outputs, wrong, start = [], [], 0
    for text in texts:
        some = chance[start : start + len(text)].tolist()
        start += len(text)
        free = next(mark for mark in _FOREIGN if mark not in text)
        outputs.append("".join(free if hit else mark for mark, hit in zip(text, some, strict=True)))
        wrong.append(sum(some))
    characters = start
    counted: dict[str, float] = {}
    _share(sum(wrong), characters, "character_error_rate", counted)
    for name in ("character_accuracy", "characters_correct"):
        _share(sum(wrong), characters, name, counted, complement=True)
    _share(sum(each > 0 for each in wrong), len(texts), "sentence_accuracy", counted, complement=True)
    nominal = {"character_error_rate": rate, "character_accuracy": 1.0 - rate, "characters_correct": 1.0 - rate}
    if texts:
        nominal["sentence_accuracy"] = math.fsum((1.0 - rate) ** len(text) for text in texts) / len(texts)
    return Planted(outputs, counted, nominal)


_FOREIGN_WORD = "zzqxjv"
NO_COMMAND = "none"


def _words(references: Sequence[Any], rate: float, seed: int) -> Planted:
    """Replace words at a rate by one that no reference holds: each costs one substitution, no more."""
    normal = normaliser("en/1")
    texts = [normal(reference).split() for reference in references]
    chance = chances(sum(map(len, texts)), seed, f"words {rate}") < rate
    outputs, wrong, start = [], [], 0
    for text in texts:
        some = chance[start : start + len(text)].tolist()
        start += len(text)
        outputs.append(" ".join(_FOREIGN_WORD if hit else word for word, hit in zip(text, some, strict=True)))
        wrong.append(sum(some))
    counted: dict[str, float] = {}
    _share(sum(wrong), start, "word_error_rate", counted)
    for name in ("word_accuracy", "words_correct"):
        _share(sum(wrong), start, name, counted, complement=True)
    _share(sum(each > 0 for each in wrong), len(texts), "sentence_error_rate", counted)
    nominal = {"word_error_rate": rate, "word_accuracy": 1.0 - rate, "words_correct": 1.0 - rate}
    if texts:
        nominal["sentence_error_rate"] = 1.0 - math.fsum((1.0 - rate) ** len(text) for text in texts) / len(texts)
    return Planted(outputs, counted, nominal)


def _commands(references: Sequence[Any], rate: float, seed: int) -> Planted:
    """Hear another command at a rate; where there was none, hear one."""
    hit = (chances(len(references), seed, f"commands {rate}") < rate).tolist()
    known = sorted({*references, NO_COMMAND, "zero"})
    after = dict(zip(known, [*known[1:], known[0]], strict=True))
    outputs = [after[said] if wrong else said for said, wrong in zip(references, hit, strict=True)]
    commands = [wrong for said, wrong in zip(references, hit, strict=True) if said != NO_COMMAND]
    others = [wrong for said, wrong in zip(references, hit, strict=True) if said == NO_COMMAND]
    counted: dict[str, float] = {}
    _share(sum(hit), len(hit), "command_error_rate", counted)
    _share(sum(hit), len(hit), "command_accuracy", counted, complement=True)
    _share(sum(commands), len(commands), "command_miss_rate", counted)
    _share(sum(others), len(others), "false_acceptance_rate", counted)
    nominal = dict.fromkeys(counted, rate)
    return Planted(outputs, counted, nominal | ({"command_accuracy": 1.0 - rate} if hit else {}))


_PLANTERS: Mapping[str, Planter] = {
    "medical.diagnosis": _diagnosis,
    "medical.probability": _probability,
    "speech.commands": _commands,
    "speech.recognition": _recognition,
    "speech.words": _words,
}
