"""The split of the patients, by its published rule."""

from __future__ import annotations

import hashlib
from collections import Counter

from sklearn.datasets import load_breast_cancer

from steelyard.library.readers.wdbc import read


def test_a_third_of_each_class_in_the_order_of_the_digests() -> None:
    rows = read({}).samples.to_pylist()
    assert len(rows) == 569
    assert Counter((row["reference"], row["split"]) for row in rows) == {
        ("negative", "training"): 238,
        ("negative", "test"): 119,
        ("positive", "training"): 142,
        ("positive", "test"): 70,
    }
    for kind in ("negative", "positive"):
        members = sorted(
            (row for row in rows if row["reference"] == kind),
            key=lambda row: hashlib.sha256(b"2017|" + row["id"].encode()).digest(),
        )
        splits = [row["split"] for row in members]
        assert splits == sorted(splits), "test stands before training"


def test_values_and_classes_are_scikit_learn_s() -> None:
    bunch = load_breast_cancer()
    rows = read({}).samples.to_pylist()
    assert [row["input"] for row in rows] == bunch.data.tolist()
    names = {"negative": "benign", "positive": "malignant"}
    assert [names[row["reference"]] for row in rows] == [str(bunch.target_names[each]) for each in bunch.target]
    assert len({row["patient"] for row in rows}) == 569
