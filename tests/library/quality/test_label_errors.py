"""Labels that are probably wrong: found where scores tell, and not judged where they do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from steelyard.core.card import Card
from steelyard.core.words import Words
from steelyard.library.quality import examine
from steelyard.library.quality._scores import Scores
from steelyard.library.quality.label_errors import suspects
from steelyard.library.stored_set import StoredSet
from steelyard.library.writing import write_set

FEATURES = pa.list_(pa.float64())


def test_planted_errors_are_the_suspects() -> None:
    generator = np.random.Generator(np.random.Philox(8))
    truth = generator.integers(0, 3, 600)
    scores = 0.02 + generator.random((600, 3)) * 0.1
    scores[np.arange(600), truth] += 0.8
    wrong = generator.permutation(600)[:30]
    labels = truth.copy()
    labels[wrong] = (labels[wrong] + 1) % 3
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    words = Words("made", "虚构")
    found = suspects(Scores(np.arange(600), labels, ("a", "b", "c"), probabilities, words))
    assert set(found.tolist()) <= set(wrong.tolist())
    assert len(found) >= 28, "both ways of pruning must agree, which costs a few"


def test_a_model_that_knows_nothing_judges_nothing(made: Callable[..., StoredSet]) -> None:
    generator = np.random.Generator(np.random.Philox(8))
    stored = made(
        {
            "input": pa.array(generator.random((60, 2)).tolist(), FEATURES),
            "reference": pa.array(generator.choice(["a", "b", "c"], 60).tolist()),
        },
        input={"type": "features", "size": 2},
    )
    outcome = examine(stored, only=["label_errors"]).outcomes["label_errors"]
    assert outcome.not_applicable is not None
    assert "knows too little" in outcome.not_applicable.en


def test_features_with_two_labels_swapped(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    generator = np.random.Generator(np.random.Philox(9))
    rows = np.concatenate((generator.normal(0, 1, (60, 3)), generator.normal(6, 1, (60, 3))))
    labels = ["low"] * 60 + ["high"] * 60
    labels[5], labels[80] = "high", "low"
    stored = made(
        {
            "input": pa.array(rows.tolist(), FEATURES),
            "reference": labels,
            "patient": [f"p{row // 2}" for row in range(120)],
        },
        input={"type": "features", "size": 3},
        units={"patient": Words("patients", "受检者")},
        reference_error=0.5,
    )
    finding = found(stored, "label_errors")["suspected"]
    assert {group.ids[0] for group in finding.samples} == {"s5", "s80"}
    assert "given high, suggested low" in next(group for group in finding.samples if group.ids == ("s5",)).said.en
    assert finding.severity.value == "note", "the card states more"


def test_votes_of_recorded_products(tmp_path: Path, make_card: Callable[..., Card], found: Callable[..., Any]) -> None:
    truth = ["cat", "dog"] * 40
    given = [*truth]
    given[10] = "dog"
    ids = [f"s{row}" for row in range(80)]
    products = {f"model-{number}": pa.table({"id": ids, "output": truth}) for number in range(6)}
    card = replace(make_card(), answers={name: Words(name, "模型") for name in products})
    stored = write_set(tmp_path / "voted", card, pa.table({"id": ids, "reference": given}), products)
    finding = found(stored, "label_errors")["suspected"]
    assert [group.ids for group in finding.samples] == [("s10",)]


@pytest.mark.parametrize("references", [[f"free text {row}" for row in range(20)], ["same"] * 20])
def test_what_has_no_classes_is_said(references: list[str], made: Callable[..., StoredSet]) -> None:
    outcome = examine(made({"reference": references}), only=["label_errors"]).outcomes["label_errors"]
    assert outcome.not_applicable is not None
