"""Sums over sums, against loops over rows that take nothing for granted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steelyard.core.sample import Rows
from steelyard.stats.pooled import MeanOf, Pooled

COLUMNS = ("errors", "characters")
FOLD = Pooled(("errors",), ("characters",))
UNITS = 5


def rows_of(values: Sequence[Sequence[float]], units: Sequence[Sequence[int]], width: int) -> Rows:
    return Rows(
        np.array(values, dtype=np.float64).reshape(-1, 2),
        np.arange(len(values)),
        np.array(units, dtype=np.int64).reshape(-1, width),
    )


@st.composite
def some_rows(draw: st.DrawFn, width: int) -> Rows:
    unit = st.integers(0, UNITS - 1)
    count = draw(st.integers(0, 12))
    values = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=count, max_size=count))
    units = draw(st.lists(st.lists(unit, min_size=width, max_size=width), min_size=count, max_size=count))
    return rows_of(values, units, width)


def ratio(rows: Rows, weights: NDArray[np.float64]) -> float:
    """One value, row by row: a row's weight is the product over its distinct units."""
    events = opportunities = 0.0
    for (event, opportunity), units in zip(rows.values, rows.units, strict=True):
        weight = math.prod(weights[unit] for unit in set(units))
        events += weight * event
        opportunities += weight * opportunity
    return events / opportunities if opportunities > 0 else math.nan


def without(unit: int) -> NDArray[np.float64]:
    weights = np.ones(UNITS)
    weights[unit] = 0.0
    return weights


@pytest.mark.parametrize("width", [1, 2, 3])
@given(data=st.data())
def test_value_and_jackknife_are_those_of_the_loop(width: int, data: st.DataObject) -> None:
    rows = data.draw(some_rows(width))
    weights = np.array(data.draw(st.lists(st.lists(st.integers(0, 4), min_size=UNITS, max_size=UNITS), max_size=4)))
    weights = weights.reshape(-1, UNITS).astype(float)
    folded = FOLD(rows, COLUMNS, UNITS)
    assert folded.value(weights) == pytest.approx([ratio(rows, each) for each in weights], nan_ok=True)
    leave = [ratio(rows, without(unit)) for unit in range(UNITS)]
    assert folded.leave_one_out() == pytest.approx(leave, nan_ok=True)


def test_a_pair_within_one_unit_weighs_once() -> None:
    rows = rows_of([(1, 1), (0, 1)], [(0, 0), (0, 1)], 2)
    # Weight 2 for unit 0: the pair within it counts twice, not four times; the pair across counts 2 · 3.
    value = FOLD(rows, COLUMNS, 2).value(np.array([[2.0, 3.0]]))
    assert value == pytest.approx([2 / (2 + 6)])


@pytest.mark.parametrize("width", [1, 2])
@given(data=st.data())
def test_size_is_a_share(width: int, data: st.DataObject) -> None:
    rows = data.draw(some_rows(width))
    size = FOLD(rows, COLUMNS, UNITS).size()
    brought = [
        sum(row[1] * list(units).count(unit) for row, units in zip(rows.values, rows.units, strict=True))
        for unit in range(UNITS)
    ]
    assert size == pytest.approx(np.array(brought) / (sum(brought) or 1))


def test_counts_add_the_columns_that_are_named() -> None:
    rows = Rows(np.array([[1.0, 2.0, 4.0, 10.0]]), np.zeros(1, np.int64), np.zeros((1, 1), np.int64))
    fold = Pooled(("a", "c"), ("d",))
    events, opportunities = fold.counts(rows, ("a", "b", "c", "d"))
    assert (events.tolist(), opportunities.tolist()) == ([5.0], [10.0])
    assert fold(rows, ("a", "b", "c", "d"), 1).value(np.ones((1, 1))).tolist() == [0.5]


@given(data=st.data())
def test_mean_of_groups_is_one_joint_draw(data: st.DataObject) -> None:
    parts = data.draw(st.lists(some_rows(1), min_size=1, max_size=3))
    mean = MeanOf([FOLD(rows, COLUMNS, UNITS) for rows in parts])

    def value(weights: NDArray[np.float64]) -> float:
        return sum(ratio(rows, weights) for rows in parts) / len(parts)

    everyone = np.ones(UNITS)
    assert mean.value(everyone[None]) == pytest.approx([value(everyone)], nan_ok=True)
    assert mean.leave_one_out() == pytest.approx([value(without(unit)) for unit in range(UNITS)], nan_ok=True)
    opportunities = np.array(
        [[rows.values[rows.units[:, 0] == unit, 1].sum() for unit in range(UNITS)] for rows in parts]
    )
    totals = opportunities.sum(axis=1, keepdims=True)
    shares = np.divide(opportunities, totals, out=np.zeros_like(opportunities), where=totals > 0)
    assert mean.size() == pytest.approx(shares.mean(axis=0))


def test_a_mean_over_groups_has_no_value_where_one_group_has_none() -> None:
    full, empty = rows_of([(1, 4)], [(0,)], 1), rows_of([(0, 0)], [(1,)], 1)
    mean = MeanOf([FOLD(full, COLUMNS, 2), FOLD(empty, COLUMNS, 2)])
    assert np.isnan(mean.value(np.ones((1, 2)))).all()
