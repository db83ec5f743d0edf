"""Average precision: against scikit-learn, with weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from steelyard.core.sample import Rows
from steelyard.stats.folds.average_precision import AveragePrecision, RankedRows, average_precision_bounds
from steelyard.stats.intervals.philox import exponential_weights

COLUMNS = ("score", "positive")
UNITS = 5
ROW = st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, UNITS - 1))


def rows_of(rows: list[tuple[int, bool, int]]) -> Rows:
    found = np.array(rows, dtype=float).reshape(-1, 3)
    return Rows(found[:, :2], np.arange(len(found)), found[:, 2:].astype(np.int64))


def folded(rows: list[tuple[int, bool, int]], units: int = UNITS) -> RankedRows:
    return AveragePrecision(*COLUMNS)(rows_of(rows), COLUMNS, units)


@given(st.lists(ROW, max_size=15), st.integers(0, 2**64))
def test_value_is_that_of_scikit_learn_with_weights(rows: list[tuple[int, bool, int]], seed: int) -> None:
    scores, positive, units = np.array(rows, dtype=float).reshape(-1, 3).T
    weights = np.concatenate([np.ones((1, UNITS)), exponential_weights(UNITS, 2, seed)])
    found = folded(rows).value(weights)
    if positive.any():
        each = weights[:, units.astype(int)]
        expected = [average_precision_score(positive, scores, sample_weight=weight) for weight in each]
        assert found == pytest.approx(expected)
    else:
        assert np.isnan(found).all()


@given(st.lists(ROW, min_size=1, max_size=15), st.lists(st.integers(0, 3), min_size=UNITS, max_size=UNITS))
def test_whole_weights_are_copies(rows: list[tuple[int, bool, int]], weights: list[int]) -> None:
    copies = [row for row in rows for _ in range(weights[row[2]])]
    found = folded(rows).value(np.array([weights], dtype=float))
    assert found == pytest.approx(folded(copies).value(np.ones((1, UNITS))), nan_ok=True)


@given(st.lists(ROW, max_size=15))
def test_leaving_out_is_valuing_the_rest(rows: list[tuple[int, bool, int]]) -> None:
    expected = [folded([row for row in rows if row[2] != unit]).value(np.ones((1, UNITS)))[0] for unit in range(UNITS)]
    assert folded(rows).leave_one_out() == pytest.approx(expected, nan_ok=True)


@given(st.lists(ROW, min_size=1, max_size=15), st.randoms(use_true_random=False))
def test_order_and_monotone_transformations_change_nothing(rows: list[tuple[int, bool, int]], random: object) -> None:
    assume(any(positive for _, positive, _ in rows))
    other = [(2**score, positive, unit) for score, positive, unit in rows]
    random.shuffle(other)  # type: ignore[attr-defined]
    weights = np.array([[1.0] * UNITS, [2, 0, 1, 3, 1]])
    assert folded(rows).value(weights) == pytest.approx(folded(other).value(weights), nan_ok=True)


def made(count: int, apart: float) -> RankedRows:
    generator = np.random.Generator(np.random.Philox(6))
    positive = np.arange(count) % 3 == 0
    scores = generator.normal(size=count) + apart * positive
    rows = Rows(np.column_stack([scores, positive]).astype(float), np.arange(count), np.arange(count)[:, None])
    return AveragePrecision(*COLUMNS)(rows, COLUMNS, count)


def test_bounds_are_found_again_and_enclose_the_value() -> None:
    fold = made(300, 1.5)
    found = average_precision_bounds(fold, 0.95, seed=2, resamples=500)
    assert found is not None
    assert found == average_precision_bounds(fold, 0.95, seed=2, resamples=500)
    assert found.lower < fold.value(np.ones((1, 300)))[0] < found.upper
    assert found.decisive
    assert fold.bounds(0.95, 2) == average_precision_bounds(fold, 0.95, 2)


@pytest.mark.parametrize(("count", "apart"), [(60, 100.0), (9, 1.0)])
def test_perfect_order_and_few_rows_leave_room(count: int, apart: float) -> None:
    found = average_precision_bounds(made(count, apart), 0.95, seed=2, resamples=100)
    assert found is not None
    assert found.lower < found.upper
    assert found.decisive is (count > 30)


@pytest.mark.parametrize("rows", [[], [(1, True, 0)], [(1, False, 0), (2, False, 1)]])
def test_too_little_gives_no_bounds(rows: list[tuple[int, bool, int]]) -> None:
    assert average_precision_bounds(folded(rows), 0.95, seed=1, resamples=20) is None
