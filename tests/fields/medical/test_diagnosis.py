"""Diagnosis of one disease, against scikit-learn's confusion matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from steelyard import fields
from steelyard.core.sample import Records, Samples
from steelyard.stats.estimate import estimate

METHOD = fields.find("medical.diagnosis")
POSITIVE, NEGATIVE, NOT_GRADABLE = "positive", "negative", "not gradable"


def values(references: list[str], calls: list[Any]) -> dict[str, float | None]:
    count = len(references)
    samples = Samples(references, np.arange(count), np.arange(count)[:, None])
    records = Records(calls, np.zeros(count), [None if call else "crash" for call in calls])
    return {
        indicator.name: estimate(indicator, [indicator.rows(samples, records)], count, 0.95).value
        for indicator in METHOD.indicators
    }


@given(st.lists(st.tuples(st.sampled_from([POSITIVE, NEGATIVE]), st.sampled_from([POSITIVE, NEGATIVE])), min_size=1))
def test_clear_calls_are_scikit_learn_s(pairs: list[tuple[str, str]]) -> None:
    references, calls = map(list, zip(*pairs, strict=True))
    (true_negative, false_positive), (false_negative, true_positive) = confusion_matrix(
        references, calls, labels=[NEGATIVE, POSITIVE]
    ).tolist()
    found = values(references, calls)
    diseased, healthy = true_positive + false_negative, true_negative + false_positive
    assert found["false_negative_rate"] == (pytest.approx(false_negative / diseased) if diseased else None)
    assert found["detection_rate"] == (pytest.approx(true_positive / diseased) if diseased else None)
    assert found["false_positive_rate"] == (pytest.approx(false_positive / healthy) if healthy else None)
    assert found["false_negative_rate_graded"] == found["false_negative_rate"]
    assert found["false_positive_rate_graded"] == found["false_positive_rate"]
    assert found["not_graded_rate"] == 0.0


@pytest.mark.parametrize(
    ("reference", "call", "missed", "alarmed", "missed_graded", "alarmed_graded", "not_graded"),
    [  # None: no such patient, so no value
        (POSITIVE, POSITIVE, 0, None, 0, None, 0),
        (POSITIVE, NEGATIVE, 1, None, 1, None, 0),
        (POSITIVE, NOT_GRADABLE, 1, None, None, None, 1),  # abstaining counts, and has a rate of its own
        (POSITIVE, None, 1, None, 1, None, 1),  # no call at all is nowhere the better answer
        (NEGATIVE, POSITIVE, None, 1, None, 1, 0),
        (NEGATIVE, NEGATIVE, None, 0, None, 0, 0),
        (NEGATIVE, NOT_GRADABLE, None, 1, None, None, 1),
        (NEGATIVE, None, None, 1, None, 1, 1),
    ],
)
def test_one_patient(
    reference: str,
    call: str | None,
    missed: int | None,
    alarmed: int | None,
    missed_graded: int | None,
    alarmed_graded: int | None,
    not_graded: int,
) -> None:
    assert values([reference], [call]) == {
        "detection_rate": None if missed is None else 1 - missed,
        "false_negative_rate": missed,
        "false_positive_rate": alarmed,
        "false_negative_rate_graded": missed_graded,
        "false_positive_rate_graded": alarmed_graded,
        "not_graded_rate": not_graded,
    }
