"""What the columns of a method's rows are, and how indicators are made of them: of more methods than the file knows.

Formulas are written as in the file, which then judges by them too. A column has what its last character says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import verify_report

Array = np.ndarray[Any, Any]
SPANS = {"?": (0.0, 1.0, True), "!": (1.0, 1.0, True), "%": (0.0, 1.0, False), "~": (-1.0, 2.0, False)}
"""Least and most that a sample can have in such a column, and whether it is whole: yes or no, always one, a share, a
score."""
SPANS |= {"#": (-1.0, 2.0**48, True), "": (0.0, math.inf, True)}
"""A code, and a count."""
FORMULAS = {
    "dialogue.intent": "in_scope_intent_accuracy = 1 - 1 / 0, intent_accuracy = 1 - 6 / 5, out_of_scope_recall = 1 - 4"
    " / 3, in_scope_refusal_rate = 2 / 0",
    "dialogue.slots": "slot_f1 = 1 - 2 + 3 in 0 + 1, slot_precision = 1 - 3 in 1, slot_recall = 1 - 2 in 0,"
    " utterance_accuracy = 1 - 6 / 5",
    "dialogue.state": "joint_goal_accuracy = 1 - 6 / 5, state_f1 = 1 - 2 + 3 in 0 + 1",
    "speech.activity": "miss_rate = 1 in 0, false_alarm_rate = 3 in 2",
    "speech.commands": "command_accuracy = 1 - 1 / 0, command_error_rate = 1 / 0, command_miss_rate = 3 / 2,"
    " false_acceptance_rate = 5 / 4",
    "speech.diarisation": "diarisation_error_rate = 1 + 2 + 3 + 4 in 0 + 4, missed_speech_rate = 1 in 0,"
    " false_alarm_share = 7 in 6",
    "speech.words": "word_error_rate = 0 + 1 + 2 in 4 + 5, word_accuracy = 1 - 0 + 1 + 2 in 4 + 5,"
    " words_correct = 1 - 0 + 1 in 4, sentence_error_rate = 7 / 6, real_time_factor = 0 per 2",
}
AREAS = {
    "dialogue.intent": "out_of_scope_area_under_curve = 7 ranks 3",
    "medical.probability": "area_under_curve = 0 ranks 1",
}
"""Areas under the curve of a score, which the file does not compute."""
_FOUND = "wanted said missed made_up made_up_beyond"
COLUMNS = {
    "dialogue.intent": "in_scope? wrong_in_scope? refused_in_scope? out_of_scope? accepted_out_of_scope? queries!"
    " wrong? score~ intent# answer#",
    "dialogue.slots": f"{_FOUND} utterances! wrong_utterances?",
    "dialogue.state": f"{_FOUND} turns! wrong_turns?",
    "medical.diagnosis": "diseased? missed? disease_free? false_alarms? diseased_graded? missed_graded?"
    " disease_free_graded? false_alarms_graded? patients! not_graded?",
    "medical.probability": "probability~ diseased? squared_error% patients!",
    "speech.activity": "speech missed silence false_alarms",
    "speech.commands": "recordings! wrong? commands? missed? others? false_acceptances?",
    "speech.diarisation": "speech missed confused false_alarms heard_in_silence false_alarms_beyond recordings!"
    " false_alarm_share%",
    "speech.recognition": "substitutions deletions insertions insertions_beyond characters sentences! wrong_sentences?",
    "speech.words": "substitutions deletions insertions insertions_beyond words heard_in_silence? sentences!"
    " wrong_sentences?",
}
TIMED = {"real_time_factor": "processing processing_beyond audio"}
"""Indicators with columns of their own."""


class Measure(NamedTuple):
    """How an indicator is made of columns: sums over sums, or (``area``) the area under the curve."""

    columns: Sequence[str]
    spans: Sequence[tuple[float, float, bool]]
    events: Sequence[str]
    of: Sequence[str]
    complement: bool
    kind: str
    """As formulas have it: a share of yes and no (/), a part of a whole (in), a rate (per), or an area (ranks)."""

    @property
    def summed(self) -> list[str]:
        """The columns whose sums a report shows: all but codes."""
        return [column for column, span in zip(self.columns, self.spans, strict=True) if span != SPANS["#"]]

    @property
    def range(self) -> tuple[float, float]:
        """The least and the most that it can be."""
        if self.kind != "per":
            return 0.0, 1.0
        return (-math.inf, 1.0) if self.complement else (0.0, math.inf)

    def possible(self, values: Array) -> bool:
        """Tell whether a sample can have such rows, so that none counts for more than one."""
        low, high, whole = (np.array(each) for each in zip(*self.spans, strict=True))
        inside = np.isfinite(values) & (values >= low) & (values <= high)
        return bool(inside.all() and (values == np.floor(values))[:, whole].all())


def _measures(method: str) -> dict[str, Measure]:
    found = {}
    formulas = f"{verify_report.METHODS.get(method, '')}, {AREAS.get(method, '')}"
    for name, one, events, kind, of in re.findall(r"(\w+) = (1 - )?([\d +]+) (/|in|per|ranks) ([\d +]+)", formulas):
        written = TIMED.get(name, COLUMNS[method]).split()
        columns = [each.rstrip("?!%~#") for each in written]
        spans = [SPANS[each.removeprefix(column)] for each, column in zip(written, columns, strict=True)]
        parts = ([columns[int(place)] for place in places.split("+")] for places in (events, of))
        found[name] = Measure(columns, spans, *parts, complement=bool(one), kind=kind)
    return found


verify_report.METHODS |= FORMULAS
verify_report.METHODS["speech.recognition"] += ", real_time_factor = 0 per 2"
METHODS: Mapping[str, Mapping[str, Measure]] = {method: _measures(method) for method in COLUMNS}
