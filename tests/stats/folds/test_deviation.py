"""Spreads over records: weights are repeated records, bounds hold for one record and for many."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steelyard.core.sample import Rows
from steelyard.stats.folds.deviation import Deviation, RecordSpread
from steelyard.stats.intervals.bounds import SelfBounded
from steelyard.stats.intervals.equivalent_freedom import allan_bounds, overlapping_allan, root_mean_square


def fold(records: list[NDArray[np.float64]], factor: int = 0, resolution: float = 0.0) -> RecordSpread:
    values = np.concatenate([np.zeros(0), *records])
    units = np.repeat(np.arange(len(records)), [len(record) for record in records])
    rows = Rows(values[:, None], np.arange(len(values)), units[:, None])
    return Deviation("rate", factor, resolution)(rows, ("rate",), len(records))


def value(folded: RecordSpread) -> float:
    return float(folded.value(np.ones((1, len(folded.records))))[0])


def test_one_record_is_bounded_as_it_is() -> None:
    record = np.random.default_rng(1).standard_normal(500)
    for factor, plain in ((0, root_mean_square(record, 0.95)), (8, allan_bounds(record, 8, 0.95))):
        folded = fold([record], factor)
        assert isinstance(folded, SelfBounded)
        assert value(folded) == pytest.approx(plain.value)
        assert folded.bounds(0.95, 0) == plain.bounds


def test_mean_squares_are_pooled_by_what_each_record_brings() -> None:
    generator = np.random.default_rng(2)
    records = [generator.standard_normal(length) for length in (40, 3, 100)]
    pooled = np.concatenate(records)
    assert value(fold(records)) == pytest.approx(math.sqrt(np.mean(pooled**2)))
    terms = np.array([40 - 9, 0, 100 - 9])  # the record of three readings is too short for pairs of five
    squares = [overlapping_allan(record, 5) ** 2 for record in (records[0], records[2])]
    assert value(fold(records, 5)) == pytest.approx(math.sqrt(terms[[0, 2]] @ squares / terms.sum()))
    np.testing.assert_allclose(fold(records, 5).size(), terms / terms.sum())


@given(st.lists(st.lists(st.sampled_from([-1.0, 0.0, 0.0, 2.0]), max_size=12), min_size=1, max_size=14))
def test_degenerate_records(records: list[list[float]]) -> None:
    for factor in (0, 2):
        folded = fold([np.array(record) for record in records], factor, resolution=0.5)
        weights = np.vstack((1.0 - np.eye(len(records)), np.zeros(len(records))))
        np.testing.assert_array_equal(folded.leave_one_out(), folded.value(weights)[:-1])
        assert math.isnan(folded.value(weights)[-1])
        found = folded.bounds(0.95, 0)
        if found is None:
            assert math.isnan(value(folded))
        else:
            assert found.lower <= value(folded) <= found.upper
            assert found.lower < found.upper


@pytest.mark.parametrize("count", [1, 4, 20])
@pytest.mark.parametrize("factor", [0, 10])
def test_a_product_at_the_limit_is_judged_falsely_in_one_of_twenty_runs(count: int, factor: int) -> None:
    generator = np.random.default_rng(20274)
    runs, length = 250, 400
    truth = 1.0 if factor == 0 else math.sqrt(0.1)  # of white noise the Allan variance is that of a mean
    accepted = rejected = 0
    for _ in range(runs):
        found = fold(list(generator.standard_normal((count, length))), factor).bounds(0.95, 0)
        assert found is not None
        accepted += found.upper < truth
        rejected += found.lower > truth
    error = 3 * math.sqrt(0.05 * 0.95 / runs)
    assert accepted / runs <= 0.05 + error
    assert rejected / runs <= 0.05 + error
