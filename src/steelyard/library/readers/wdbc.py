"""Wisconsin Diagnostic Breast Cancer, as it ships inside scikit-learn."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

SPLIT_SEED = 2017
"""Year of the clause that the set was split for; fixed before any product was trained."""


def read(files: Mapping[str, Path]) -> Contents:  # noqa: ARG001 - it ships inside scikit-learn
    """Return 569 patients, a third of each class in the split ``test``, the rest in ``training``."""
    import pyarrow as pa
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    ids = [f"wdbc-{number:03d}" for number in range(len(bunch.target))]
    reference = ["negative" if benign else "positive" for benign in bunch.target]
    test = _test_part(dict(zip(ids, reference, strict=True)))
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array(bunch.data.tolist(), pa.list_(pa.float64())),
                "reference": pa.array(reference),
                "split": pa.array(["test" if name in test else "training" for name in ids]),
                "disease": pa.array(["breast cancer"] * len(ids)),
                "patient": pa.array(ids),
            }
        )
    )


def _test_part(classes: Mapping[str, str]) -> set[str]:
    """Return a third of each class, in the order of SHA-256 of seed and id: the same on any machine."""
    order = sorted(classes, key=lambda name: hashlib.sha256(f"{SPLIT_SEED}|{name}".encode()).hexdigest())
    part: set[str] = set()
    for kind in set(classes.values()):
        members = [name for name in order if classes[name] == kind]
        part |= set(members[: len(members) // 3])
    return part
