"""Asks the reference products of dialogue all test queries and writes ``docs/dialogue-results.md``: ``make dialogue``.

Sets come from ``STEELYARD_MIRROR``; nothing is drawn but the resamples of bounds, by a seed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from steelyard import fields
from steelyard.core.sample import Records, Samples
from steelyard.core.verdict import Estimate
from steelyard.library.store import open_set
from steelyard.references import banking77_intents, clinc150_intents, crosswoz_intents, nlupp_slots
from steelyard.stats.estimate import estimate

PAGE = Path(__file__).parents[2] / "docs" / "dialogue-results.md"
RATES = (0.0, 0.01, 0.1, 0.5)
SEED = 0
FIRST = "in_scope_intent_accuracy"

HEAD = """\
# What products that talk come to

Reference products asked all test samples of real sets; values with their lower and upper one-sided 95 % bounds.
[dialogue.md](dialogue.md) says what is counted, and why. `make dialogue` asks and counts everything anew from the sets
of `STEELYARD_MIRROR`, and writes this page; nothing here is a verdict.

Products are TF-IDF with a linear classifier, trained on the part of the set that is named: those that
`reference:clinc150_intents`, `reference:banking77_intents`, `reference:crosswoz_intents` and `reference:nlupp_slots`
run.
"""
INTENTS = """\
## Intents

Trained on: CLINC150, its training part in scope, the threshold set so that 5 % of the in-scope queries of its
validation part are refused; CrossWOZ, its validation part (the makers' training part is not among the files);
BANKING77, its training part. Bounds over dialogues for CrossWOZ, over queries for the others. *Not seen
before*: queries whose very words do not stand in another part of the set; thanks, goodbyes and short questions recur in
CrossWOZ. Macro-F1 of CrossWOZ is low because most of its intents are sets of acts that occur once or twice, and weigh
as much as the others.
"""
TRAFFIC = """\
## Out-of-scope traffic

What the same products come to where another share of the queries is out of scope. Only the mixture changes:
in-scope accuracy and out-of-scope recall are those above, and accuracy over all queries is their mean, weighted by the
share (`intent_accuracy_at_rate`, option `rate`). *Never refusing* is the same classifier without its threshold, or with
*out of scope* struck from its classes. *Refusals that are right* is the share of the queries answered "out of scope"
that are.
"""
READ = """\
Three things follow. A product that never refuses is the best where nothing is out of scope, and loses as much as is:
the clause's reading over in-scope queries alone prefers it, so the in-scope loss and the out-of-scope recall must stand
beside it. Accuracy over all queries says nothing without the share: the same product stands on either side of a limit.
And at 1 % of out-of-scope queries most refusals of a product that refuses 4 % of what it could serve are wrong,
whatever its recall. CrossWOZ shows the opposite case: its queries out of scope name metro or taxi and are easy to tell.
"""
SLOTS = """\
## Slots

Trained on the first two of 20 folds of each domain (304 utterances); tested on the others. Exact spans.
"""
STATES = """\
## States

CrossWOZ's own rule, which is told the acts of the user's turn as they are marked: the recorded answers
`outputs:crosswoz-states-zh`. Published: 71.33 % joint state accuracy, and by kind of goal 84.17 (single domain), 78.17
(several), 81.93 (several and traffic), 63.38 (linked) and 67.86 % (linked and traffic); Q. Zhu et al., TACL 2020.
Bounds over dialogues.
"""


class Asked(NamedTuple):
    """A set's test samples in columns, and what was answered."""

    samples: Samples
    outputs: list[Any]
    units: int
    groups: list[str]
    known: list[bool]
    """Whether the same input stands in another split."""


def asked(name: str, answer: Callable[[Any], Any] | None, unit: str = "", group: str = "") -> Asked:
    """Ask a product all test samples of a set; without one, take the recorded answers."""
    opened = open_set(name)
    codes = opened.codes(unit)[0] if unit else np.arange(opened.card.samples)
    wanted = ["id", "input", "reference", "split", *([group] if group else [])]
    rows = [row for batch in opened.batches(wanted) for row in batch.to_pylist()]
    positions = opened.positions("test")
    tested = [rows[place] for place in positions]
    learned = {row["input"] for row in rows if row["split"] != "test"}
    if answer is None:
        said = dict(zip(*opened.answers(next(iter(opened.card.answers))).to_pydict().values(), strict=True))
        outputs = [said[row["id"]] for row in tested]
    else:
        outputs = [answer(row["input"]) for row in tested]
    samples = Samples([row["reference"] for row in tested], positions, codes[positions][:, None])
    return Asked(
        samples,
        outputs,
        int(codes.max()) + 1,
        [row[group] if group else "" for row in tested],
        [row["input"] in learned for row in tested],
    )


def found(method: str, indicator: str, of: Asked, **options: Any) -> Estimate:
    """Return an indicator with its bounds."""
    made = fields.find(method, options)
    outputs = [made.output.decode(made.output.encode(each)) for each in of.outputs]
    records = Records(outputs, np.zeros(len(outputs)), [None] * len(outputs))
    rows = made.indicator(indicator).rows(of.samples, records)
    return estimate(made.indicator(indicator), [rows], of.units, 0.95, SEED, checked=False)


def shown(of: Estimate) -> str:
    """Return a value with its bounds, in %."""
    if of.value is None:
        return "–"
    if of.lower is None or of.upper is None:
        return f"{100 * of.value:.2f}"
    return f"{100 * of.value:.2f} ({100 * of.lower:.2f}–{100 * of.upper:.2f})"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; all columns but the first are aligned right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def intents(sets: dict[str, Asked]) -> str:
    """Return the section on intents."""
    head = ("%", *sets)
    method = fields.find("dialogue.intent")
    lines = [
        (indicator.title.en, *(shown(found("dialogue.intent", indicator.name, of)) for of in sets.values()))
        for indicator in method.indicators
        if indicator.name != "intent_accuracy_at_rate"
    ]
    lines.insert(
        1, ("the same, not seen before", *(shown(found("dialogue.intent", FIRST, unseen(of))) for of in sets.values()))
    )
    counts = [f"{len(of.outputs):,}, {of.samples.references.count('oos'):,}" for of in sets.values()]
    return "\n".join([INTENTS, markdown(head, [("queries, of them out of scope", *counts), *lines])])


def traffic(sets: dict[str, Asked]) -> str:
    """Return the section on mixtures."""
    lines = []
    for name, of in sets.items():
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
    head = ("%", "", *(f"{100 * rate:g} % out of scope" for rate in RATES))
    return "\n".join([TRAFFIC, markdown(head, lines), "", READ.rstrip()])


def unrefusing(product: Any) -> Callable[[str], dict[str, Any]]:
    """Return a classifier of intents that never answers ``oos``."""
    model = product._model  # the study looks inside, as its maker would
    inside = np.flatnonzero(model.classes_ != "oos")

    def answer(query: str) -> dict[str, Any]:
        best = inside[np.argmax(model.decision_function([query])[0][inside])]
        return {"intent": str(model.classes_[best]), "out_of_scope": 0.0}

    return answer


def simple(method: str, sets: dict[str, Asked], text: str) -> str:
    """Return a section with all indicators of a method."""
    lines = [
        (indicator.title.en, *(shown(found(method, indicator.name, of)) for of in sets.values()))
        for indicator in fields.find(method).indicators
    ]
    return "\n".join([text, markdown(("%", *sets), lines)])


def by_group(of: Asked) -> dict[str, Asked]:
    """Return all, and the samples of each group by themselves."""
    parts = {"all": of}
    for name in dict.fromkeys(of.groups):
        parts[name] = part(of, [place for place, group in enumerate(of.groups) if group == name])
    return parts


def unseen(of: Asked) -> Asked:
    """Return what does not stand in another split of the set too."""
    return part(of, [place for place, known in enumerate(of.known) if not known])


def part(of: Asked, places: list[int]) -> Asked:
    """Return some of the samples."""
    samples = Samples(
        [of.samples.references[place] for place in places], of.samples.positions[places], of.samples.units[places]
    )
    outputs, groups, known = ([column[place] for place in places] for column in (of.outputs, of.groups, of.known))
    return Asked(samples, outputs, of.units, groups, known)


def main() -> None:
    """Ask, count and write."""
    started = time.monotonic()
    clinc, crosswoz = clinc150_intents.Product(), crosswoz_intents.Product()
    english = asked("clinc150-oos-en", clinc)
    chinese = asked("crosswoz-intents-zh", crosswoz, "dialogue")
    banking = asked("banking77", banking77_intents.Product())
    mixed = {
        "CLINC150": english,
        "CLINC150, never refusing": asked("clinc150-oos-en", unrefusing(clinc)),
        "CrossWOZ": chinese,
        "CrossWOZ, never refusing": asked("crosswoz-intents-zh", unrefusing(crosswoz), "dialogue"),
    }
    sections = [
        intents({"CLINC150 (English)": english, "CrossWOZ (Chinese)": chinese, "BANKING77 (English)": banking}),
        traffic(mixed),
        simple("dialogue.slots", {"NLU++ (English)": asked("nlupp-slots-en", nlupp_slots.Product())}, SLOTS),
        simple("dialogue.state", by_group(asked("crosswoz-states-zh", None, "dialogue", "goal")), STATES),
    ]
    PAGE.write_text("\n\n".join(each.strip() for each in [HEAD, *sections]) + "\n", "utf-8")
    print(f"written: {PAGE.name}, {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
