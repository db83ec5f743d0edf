"""Slots of NLU++."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from studies.dialogue.answers import Asked, asked, found
from studies.dialogue.markdown import every_indicator
from studies.pictures.intervals import Interval, intervals

from steelyard import fields
from steelyard.core.words import Words
from steelyard.references import nlupp_slots

TEXT = """\
## Slots

Trained on the first two of 20 folds of each domain (304 utterances); tested on the others. Exact spans.
"""
SHORT = {
    "slot_f1": Words("F1", "F1"),
    "slot_precision": Words("precision", "精确率"),
    "slot_recall": Words("recall", "召回率"),
    "utterance_accuracy": Words("utterances right", "整句全对"),
}


@cache
def answered() -> Asked:
    """Return what the tagger answered to the folds that it was not trained on."""
    return asked("nlupp-slots-en", nlupp_slots.Product())


def section() -> Iterator[str]:
    """Yield the section of the page."""
    yield every_indicator("dialogue.slots", {"NLU++ (English)": answered()}, TEXT)


def drawn(language: str) -> str:
    """Return the picture: all indicators with their bounds."""
    rows = []
    for indicator in fields.find("dialogue.slots").indicators:
        of = found("dialogue.slots", indicator.name, answered())
        assert of.value is not None
        rows.append(Interval(SHORT[indicator.name], of.value, of.lower, of.upper))
    title = Words("NLU++: slots of a tagger trained on a tenth", "NLU++：以十分之一数据训练的槽位标注器")
    return intervals(title, rows, None, (0.2, 0.8), 2, language)


PICTURES = {"dialogue.slots": drawn}
