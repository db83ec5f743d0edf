"""Intents of three sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from studies.dialogue.answers import Asked, asked, found, unseen
from studies.dialogue.markdown import markdown, shown

from steelyard import fields
from steelyard.references import banking77_intents, clinc150_intents, crosswoz_intents

FIRST = "in_scope_intent_accuracy"
TEXT = """\
## Intents

Trained on: CLINC150, its training part in scope, the threshold set so that 5 % of the in-scope queries of its
validation part are refused; CrossWOZ, its validation part (the makers' training part is not among the files);
BANKING77, its training part. Bounds over dialogues for CrossWOZ, over queries for the others. *Not seen
before*: queries whose very words do not stand in another part of the set; thanks, goodbyes and short questions recur in
CrossWOZ. Macro-F1 of CrossWOZ is low because most of its intents are sets of acts that occur once or twice, and weigh
as much as the others.
"""


@cache
def clinc() -> clinc150_intents.Product:
    """Return the classifier of CLINC150."""
    return clinc150_intents.Product()


@cache
def crosswoz() -> crosswoz_intents.Product:
    """Return the classifier of CrossWOZ."""
    return crosswoz_intents.Product()


@cache
def english() -> Asked:
    """Return what was answered to CLINC150's test."""
    return asked("clinc150-oos-en", clinc())


@cache
def chinese() -> Asked:
    """Return what was answered to CrossWOZ's test."""
    return asked("crosswoz-intents-zh", crosswoz(), "dialogue")


def section() -> Iterator[str]:
    """Yield the section of the page."""
    sets = {
        "CLINC150 (English)": english(),
        "CrossWOZ (Chinese)": chinese(),
        "BANKING77 (English)": asked("banking77", banking77_intents.Product()),
    }
    lines = [
        (indicator.title.en, *(shown(found("dialogue.intent", indicator.name, of)) for of in sets.values()))
        for indicator in fields.find("dialogue.intent").indicators
        if indicator.name != "intent_accuracy_at_rate"
    ]
    lines.insert(
        1, ("the same, not seen before", *(shown(found("dialogue.intent", FIRST, unseen(of))) for of in sets.values()))
    )
    counts = [f"{len(of.outputs):,}, {of.samples.references.count('oos'):,}" for of in sets.values()]
    yield TEXT
    yield markdown(("%", *sets), [("queries, of them out of scope", *counts), *lines])


PICTURES: dict[str, Callable[[str], str]] = {}
