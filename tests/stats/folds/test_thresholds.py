"""Thresholds under weights: against a loop over distinct scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.stats.folds.thresholds import running_sums, tail

ROWS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=60)


@given(
    ROWS,
    st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=3),
    st.lists(st.integers(0, 80), min_size=1, max_size=3),
    st.sampled_from([0.0, 5.0, 100.0]),
)
def test_admitted_scores_are_those_of_a_loop(
    rows: list[tuple[int, int]], weights: list[list[int]], limits: list[int], needed: float
) -> None:
    scores, units = np.array(rows, dtype=float).reshape(-1, 2).T
    sorted_ = tail(scores, units.astype(np.int64)[:, None])
    distinct = sorted(set(scores.tolist()), reverse=True)
    expected = [
        [
            sum(sum(each[unit] for score, unit in rows if score >= threshold) <= limit for threshold in distinct)
            for limit in limits
        ]
        for each in weights
    ]
    admitted = np.tile(np.array(limits, dtype=float), (len(weights), 1))
    assert sorted_.admitted(np.array(weights, dtype=float), admitted, needed).tolist() == expected


@given(ROWS, st.lists(st.one_of(st.integers(0, 9), st.just(-np.inf)), max_size=9))
def test_above_counts_what_is_strictly_above_and_minus_infinity_nowhere(
    rows: list[tuple[int, int]], others: list[float]
) -> None:
    scores = np.array([score for score, _ in rows], dtype=float)
    descending = np.array(sorted(others, reverse=True), dtype=float)
    found = tail(scores, np.zeros((len(rows), 1), dtype=np.int64)).above(descending)
    distinct = sorted(set(scores.tolist()), reverse=True)
    assert found.tolist() == [sum(other > each for other in others) for each in [*distinct, -np.inf]]


def test_a_resample_that_asks_for_more_than_the_tail_gets_it() -> None:
    scores = np.arange(10_000.0)
    sorted_ = tail(scores, np.arange(10_000)[:, None])
    weights = np.ones((2, 10_000))
    weights[1, 200:] = 0.0  # only the lowest scores have weight: the tail must grow to its end
    assert sorted_.admitted(weights, np.array([[10.0], [10.0]]), needed=10.0).tolist() == [[10], [9_810]]


def test_running_sums() -> None:
    assert running_sums(np.array([[1.0, 2.0]])) == pytest.approx(np.array([[0.0, 1.0, 3.0]]))
