"""Spoken commands, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, recall_score

from steelyard import fields
from steelyard.core.errors import CallError
from steelyard.core.sample import Records, Samples
from steelyard.stats.estimate import estimate

NAME = "speech.commands"
CLASSES = ["on", "off", "none"]


def value_of(name: str, references: list[str], outputs: list[str | None], words: str = "on off") -> float | None:
    positions = np.arange(len(references))
    samples = Samples(references, positions, positions[:, None])
    indicator = fields.find(NAME, {"words": words}).indicator(name)
    rows = indicator.rows(samples, Records(outputs, np.zeros(len(outputs)), [None] * len(outputs)))
    return estimate(indicator, [rows], len(references), 0.95).value


ANSWERS = st.sampled_from(CLASSES)


@given(st.lists(st.tuples(ANSWERS, ANSWERS), min_size=1, max_size=30))
def test_rates_are_scikit_learn_s(pairs: list[tuple[str, str]]) -> None:
    references, outputs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    accuracy = accuracy_score(references, outputs)
    assert value_of("command_accuracy", references, list(outputs)) == pytest.approx(accuracy)
    assert value_of("command_error_rate", references, list(outputs)) == pytest.approx(1 - accuracy)
    for word in {"on", "off"} & set(references):
        kept = [pair for pair in pairs if pair[0] == word]
        missed = value_of("command_miss_rate", [pair[0] for pair in kept], [pair[1] for pair in kept])
        recall = recall_score(references, outputs, labels=[word], average=None, zero_division=0)[0]
        assert missed == pytest.approx(1 - recall)
    alarms = value_of("false_acceptance_rate", references, list(outputs))
    if "none" in references:
        rejected = recall_score(references, outputs, labels=["none"], average=None, zero_division=0)[0]
        assert alarms == pytest.approx(1 - rejected)
    else:
        assert alarms is None


@pytest.mark.parametrize("reference", CLASSES)
def test_no_answer_is_wrong_whatever_was_said(reference: str) -> None:
    assert value_of("command_error_rate", [reference], [None]) == 1.0
    other = "false_acceptance_rate" if reference == "none" else "command_miss_rate"
    assert value_of(other, [reference], [None]) == 1.0


@pytest.mark.parametrize("words", ["", "  ", "on on", "on none"])
def test_what_is_no_vocabulary_is_refused(words: str) -> None:
    with pytest.raises(CallError, match="no words of a vocabulary") as caught:
        fields.find(NAME, {"words": words})
    assert caught.value.remedy is not None


def test_words_of_any_language_are_a_vocabulary() -> None:
    assert value_of("command_accuracy", ["打开", "关闭"], ["打开", "打开"], "打开 关闭") == 0.5
