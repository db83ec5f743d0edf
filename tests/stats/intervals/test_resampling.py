"""Bounds by resampling units: against a plain bootstrap, and what they must do at the edge."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.sample import Rows
from steelyard.stats.folds.pooled import Pooled, PooledSums
from steelyard.stats.intervals.influence import share_bounds, tempered
from steelyard.stats.intervals.philox import multinomial_weights
from steelyard.stats.intervals.resampling import BLOCK, blocks, leave_one_out, resampled, row_weights, unit_sums

UNITS = st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), max_size=8)


@given(UNITS, st.lists(st.integers(0, 4), min_size=4, max_size=4))
def test_a_rows_weight_is_the_product_over_its_distinct_units(units: list[list[int]], weights: list[int]) -> None:
    expected = [math.prod(weights[unit] for unit in set(row)) for row in units]
    rows = np.array(units, dtype=np.int64).reshape(-1, 3)
    assert row_weights(np.array([weights], dtype=float), rows)[0].tolist() == expected


@given(UNITS)
def test_sums_over_units_count_each_distinct_one(units: list[list[int]]) -> None:
    amounts = np.arange(1.0, len(units) + 1)
    expected = [sum(a for a, row in zip(amounts, units, strict=True) if unit in row) for unit in range(4)]
    assert unit_sums(amounts, np.array(units, dtype=np.int64).reshape(-1, 3), 4).tolist() == expected


@given(st.integers(0, 50), st.sampled_from([0, 1, BLOCK // 3, BLOCK, 10 * BLOCK]))
def test_blocks_cover_everything_once(resamples: int, columns: int) -> None:
    found = [number for block in blocks(resamples, columns) for number in range(resamples)[block]]
    assert found == list(range(resamples))
    assert all((block.stop - block.start) * columns <= max(BLOCK, columns) for block in blocks(resamples, columns))


def shares(events: list[float], sizes: list[float]) -> PooledSums:
    return PooledSums(len(events), np.arange(len(events))[:, None], np.array(events), np.array(sizes))


def test_bounds_are_those_of_a_plain_bootstrap() -> None:
    generator = np.random.Generator(np.random.Philox(8))
    sizes = generator.integers(5, 30, 40).astype(float)
    events = generator.binomial(sizes.astype(int), generator.beta(4, 16, 40)).astype(float)
    folded = shares(events.tolist(), sizes.tolist())
    values = []
    for drawn in multinomial_weights(40, 500, 7):
        units = np.repeat(np.arange(40), drawn.astype(int))
        values.append(events[units].sum() / sizes[units].sum())
    value = events.sum() / sizes.sum()
    effective = sizes.sum() ** 2 / (sizes**2).sum()
    variance = tempered(value, np.var(values, ddof=1) * 40 / 39, effective, 2 * effective * value)
    found = resampled(folded, 0.95, seed=7, resamples=500)
    assert found is not None
    assert found[:2] == pytest.approx(share_bounds(value, variance, effective - 1, effective, 0.95)[:2])
    assert found.method == "resampled-share/1"


def test_only_units_with_data_are_drawn() -> None:
    held = shares([1.0, 3.0, 2.0] * 8, [9.0, 9.0, 9.0] * 8)
    among_others = shares([*[1.0, 3.0, 2.0] * 8, *[0.0] * 500], [*[9.0] * 24, *[0.0] * 500])
    assert resampled(held, 0.95, seed=1) == resampled(among_others, 0.95, seed=1)


def test_the_seed_decides_and_decides_alone() -> None:
    folded = shares([1.0, 3.0, 2.0, 5.0] * 8, [9.0] * 32)
    assert resampled(folded, 0.95, seed=1) == resampled(folded, 0.95, seed=1)
    assert resampled(folded, 0.95, seed=1) != resampled(folded, 0.95, seed=2)


@pytest.mark.parametrize(("events", "lower", "upper"), [(9.0, 0.05 ** (1 / 30), 1.0), (0.0, 0.0, 1 - 0.05 ** (1 / 30))])
def test_without_spread_the_bounds_are_what_may_hide(events: float, lower: float, upper: float) -> None:
    found = resampled(shares([events] * 30, [9.0] * 30), 0.95, seed=1)
    assert found is not None
    assert found[:2] == pytest.approx((lower, upper))
    assert found.method == "unseen-unit/1"


@pytest.mark.parametrize(("events", "sizes"), [([], []), ([1.0], [2.0]), ([0.0, 0.0], [0.0, 0.0])])
def test_too_little_gives_no_bounds(events: list[float], sizes: list[float]) -> None:
    assert resampled(shares(events, sizes), 0.95, seed=1) is None


@pytest.mark.parametrize(("units", "decisive", "flags"), [(9, False, 1), (10, True, 1), (19, True, 1), (20, True, 0)])
def test_few_units_are_flagged_and_fewer_decide_nothing(units: int, decisive: bool, flags: int) -> None:
    found = resampled(shares([1.0, *[0.5] * (units - 1)], [1.0] * units), 0.95, seed=1)
    assert found is not None
    assert (found.decisive, len(found.flags)) == (decisive, flags)


def test_leaving_out_is_weighing_nothing() -> None:
    rows = Rows(np.array([[1.0, 2], [0, 3], [2, 2]]), np.arange(3), np.array([[0], [1], [1]]))
    folded = Pooled(("a",), ("b",))(rows, ("a", "b"), 3)
    assert leave_one_out(folded, 3) == pytest.approx(folded.leave_one_out(), nan_ok=True)
