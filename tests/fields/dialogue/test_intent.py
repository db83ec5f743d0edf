"""Intents: every indicator against scikit-learn, and the published figures of CLINC150."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import accuracy_score, f1_score, recall_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from steelyard import fields
from steelyard.core.errors import CallError
from steelyard.core.sample import Records, Samples
from steelyard.library import recipe
from steelyard.stats.estimate import estimate


def value(name: str, wanted: list[str], said: list[Any], **options: Any) -> float | None:
    indicator = fields.find("dialogue.intent", options).indicator(name)
    positions = np.arange(len(wanted))
    outputs = [{"intent": one, "out_of_scope": None} if isinstance(one, str) else one for one in said]
    rows = indicator.rows(
        Samples(wanted, positions, positions[:, None]), Records(outputs, np.zeros(len(said)), [None] * len(said))
    )
    return estimate(indicator, [rows], len(wanted), 0.95).value


def scored(intent: str, score: float) -> dict[str, Any]:
    return {"intent": intent, "out_of_scope": score}


# Reference, answers, options, indicator, value.
CASES: list[tuple[list[str], list[Any], dict[str, Any], str, float | None]] = [
    (["a", "b", "oos"], ["a", "oos", "oos"], {}, "in_scope_intent_accuracy", 0.5),
    (["a", "b", "oos"], ["a", "oos", "oos"], {}, "intent_accuracy", 2 / 3),
    (["a", "b", "oos"], ["a", "oos", "oos"], {}, "in_scope_refusal_rate", 0.5),
    (["a", "b", "oos", "oos"], ["a", "b", "oos", "a"], {}, "out_of_scope_recall", 0.5),
    (["a", "b"], ["a", "b"], {}, "out_of_scope_recall", None),  # nothing is out of scope: no value
    (["oos"], ["oos"], {}, "in_scope_intent_accuracy", None),
    (["a", "b"], ["a", None], {}, "in_scope_refusal_rate", 0.5),  # no answer refuses what is in scope
    (["a", "oos"], ["a", None], {}, "out_of_scope_recall", 0.0),  # and lets the rest pass
    # The plan's threshold: a score that reaches it is out of scope whatever the intent, a name remains a name.
    (["a", "oos"], [scored("a", 0.4), scored("a", 0.5)], {"threshold": 0.5}, "intent_accuracy", 1.0),
    (["a", "oos"], [scored("a", 0.6), scored("oos", 0.1)], {"threshold": 0.5}, "intent_accuracy", 0.5),
    (["a", "oos"], ["a", "oos"], {"threshold": 0.5}, "intent_accuracy", 1.0),
    # Without scores the name is one.
    (["a", "b", "oos", "oos"], ["a", "oos", "oos", "a"], {}, "out_of_scope_area_under_curve", 0.5),
    (["a", "none"], ["a", "none"], {"out_of_scope": "none"}, "out_of_scope_recall", 1.0),
    # Of two in scope one is right, of three out of scope two: at any rate it is their mean, weighted by the rate.
    (["a", "b", *["oos"] * 3], ["a", "c", "oos", "oos", "a"], {"rate": 0}, "intent_accuracy_at_rate", 0.5),
    (["a", "b", *["oos"] * 3], ["a", "c", "oos", "oos", "a"], {"rate": 0.25}, "intent_accuracy_at_rate", 13 / 24),
    (["a", "b", *["oos"] * 3], ["a", "c", "oos", "oos", "a"], {"rate": 1.0}, "intent_accuracy_at_rate", 2 / 3),
    (["a", "b"], ["a", "c"], {"rate": 0.5}, "intent_accuracy_at_rate", None),
    (["a", "b"], ["a", "c"], {"rate": 0}, "intent_accuracy_at_rate", 0.5),
]


@pytest.mark.parametrize(("wanted", "said", "options", "name", "expected"), CASES)
def test_cases(wanted: list[str], said: list[Any], options: dict[str, Any], name: str, expected: float | None) -> None:
    assert value(name, wanted, said, **options) == (None if expected is None else pytest.approx(expected))


def test_no_answer_is_below_every_score() -> None:
    wanted, said = ["a", "oos"], [scored("a", 1.0), scored("a", 0.0)]
    assert value("out_of_scope_area_under_curve", wanted, said) == 0.0
    assert value("out_of_scope_area_under_curve", ["a", "b", "oos"], [None, scored("a", 0.0), scored("a", 1.0)]) == 0.5


@pytest.mark.parametrize("threshold", [0.0, -0.1, 1.5])
def test_a_threshold_that_is_none_is_refused(threshold: float) -> None:
    with pytest.raises(CallError, match=r"threshold .* is not above 0 and up to 1"):
        fields.find("dialogue.intent", {"threshold": threshold})


@pytest.mark.parametrize("rate", [-0.1, 1.5])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(CallError, match=r"rate .* is no share"):
        fields.find("dialogue.intent", {"rate": rate})


def test_clinc150_as_scikit_learn_counts_and_as_published(mirror: Path) -> None:  # noqa: ARG001
    """A linear SVM on bags of words: 91.0 % in scope, 14.5 % recall out of scope (Larson et al. 2019, table 2)."""
    rows = recipe.contents(recipe.read("clinc150-oos-en")).samples.to_pylist()
    training, test = ([row for row in rows if row["split"] == split] for split in ("training", "test"))
    model = make_pipeline(CountVectorizer(token_pattern=r"\S+", binary=True), LinearSVC(random_state=0))
    model.fit([row["input"] for row in training], [row["reference"] for row in training])
    margins = model.decision_function([row["input"] for row in test])
    wanted, said = [row["reference"] for row in test], list(model.classes_[margins.argmax(axis=1)])
    outside = np.array([each == "oos" for each in wanted])
    ahead = 1.0 / (1.0 + np.exp(-margins[:, list(model.classes_).index("oos")]))
    outputs = [scored(intent, float(score)) for intent, score in zip(said, ahead, strict=True)]

    inside = [pair for pair in zip(wanted, said, strict=True) if pair[0] != "oos"]
    peers = {
        "in_scope_intent_accuracy": accuracy_score(*zip(*inside, strict=True)),
        "intent_accuracy": accuracy_score(wanted, said),
        "out_of_scope_recall": recall_score(wanted, said, labels=["oos"], average=None)[0],
        "in_scope_refusal_rate": np.mean([each == "oos" for _, each in inside]),
        "macro_f1": f1_score(wanted, said, average="macro"),
        "out_of_scope_area_under_curve": roc_auc_score(outside, ahead),
    }
    found = {name: value(name, wanted, outputs) for name in peers}
    assert found == pytest.approx(peers, abs=1e-12)
    assert found["in_scope_intent_accuracy"] == pytest.approx(0.910, abs=0.006)
    assert found["out_of_scope_recall"] == pytest.approx(0.145, abs=0.01)
