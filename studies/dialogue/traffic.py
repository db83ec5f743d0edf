"""The same products where another share of the queries is out of scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from studies.dialogue.answers import Asked, asked, found
from studies.dialogue.intents import chinese, clinc, crosswoz, english
from studies.dialogue.markdown import markdown, shown
from studies.pictures.curves import Curve, curves

from steelyard.core.words import Words

RATES = (0.0, 0.01, 0.1, 0.5)
ALONG = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Rates that the picture is drawn through: values lie on a straight line, bounds do not."""
TEXT = """\
## Out-of-scope traffic

What the same products come to where another share of the queries is out of scope. Only the mixture changes:
in-scope accuracy and out-of-scope recall are those above, and accuracy over all queries is their mean, weighted by the
share (`intent_accuracy_at_rate`, option `rate`). *Never refusing* is the same classifier without its threshold, or with
*out of scope* struck from its classes. *Refusals that are right* is the share of the queries answered "out of scope"
that are.
"""
READ = """
Three things follow. A product that never refuses is the best where nothing is out of scope, and loses as much as is:
the clause's reading over in-scope queries alone prefers it, so the in-scope loss and the out-of-scope recall must stand
beside it. Accuracy over all queries says nothing without the share: the same product stands on either side of a limit.
And at 1 % of out-of-scope queries most refusals of a product that refuses 4 % of what it could serve are wrong,
whatever its recall. CrossWOZ shows the opposite case: its queries out of scope name metro or taxi and are easy to tell.
"""


def unrefusing(product: Any) -> Callable[[str], dict[str, Any]]:
    """Return a classifier of intents that never answers ``oos``."""
    model = product._model  # the study looks inside, as its maker would
    inside = np.flatnonzero(model.classes_ != "oos")

    def answer(query: str) -> dict[str, Any]:
        best = inside[np.argmax(model.decision_function([query])[0][inside])]
        return {"intent": str(model.classes_[best]), "out_of_scope": 0.0}

    return answer


@cache
def english_unrefusing() -> Asked:
    """Return what the classifier of CLINC150 answers where it must name an intent."""
    return asked("clinc150-oos-en", unrefusing(clinc()))


def section() -> Iterator[str]:
    """Yield the section of the page."""
    mixed = {
        "CLINC150": english(),
        "CLINC150, never refusing": english_unrefusing(),
        "CrossWOZ": chinese(),
        "CrossWOZ, never refusing": asked("crosswoz-intents-zh", unrefusing(crosswoz()), "dialogue"),
    }
    lines = []
    for name, of in mixed.items():
        recall, loss = (
            found("dialogue.intent", each, of).value for each in ("out_of_scope_recall", "in_scope_refusal_rate")
        )
        assert recall is not None
        assert loss is not None
        accuracies = [shown(found("dialogue.intent", "intent_accuracy_at_rate", of, rate=rate)) for rate in RATES]
        lines.append((name, "accuracy over all", *accuracies))
        refused = [(rate * recall, rate * recall + (1 - rate) * loss) for rate in RATES]
        right = [
            f"{100 * each / every:.1f}" if every and rate else "–"
            for rate, (each, every) in zip(RATES, refused, strict=True)
        ]
        lines.append(("", "refusals that are right", *right))
    yield TEXT
    yield markdown(("%", "", *(f"{100 * rate:g} % out of scope" for rate in RATES)), lines)
    yield READ


@cache
def points(refusing: bool) -> tuple[tuple[float, float, float, float], ...]:
    """Return CLINC150's accuracy over all queries with its bounds, along the share out of scope."""
    of, made = english() if refusing else english_unrefusing(), []
    for rate in ALONG:
        at = found("dialogue.intent", "intent_accuracy_at_rate", of, rate=rate)
        assert at.value is not None
        assert at.lower is not None
        assert at.upper is not None
        made.append((rate, at.value, at.lower, at.upper))
    return tuple(made)


def drawn(language: str) -> str:
    """Return the picture: accuracy over all queries along the share that is out of scope."""
    rows = [
        Curve(Words("refuses at its threshold", "按阈值拒答"), "good", points(refusing=True)),
        Curve(Words("never refuses", "从不拒答"), "bad", points(refusing=False)),
    ]
    title = Words("CLINC150: accuracy, by share out of scope", "CLINC150：域外比例与准确率")
    along = Words("share of queries out of scope", "域外查询占比")
    return curves(title, along, rows, (0.9, Words("limit: 90 %", "限值：90 %")), 0.3, language)


PICTURES = {"dialogue.intent": drawn}
