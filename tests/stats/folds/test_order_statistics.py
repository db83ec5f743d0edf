"""Quantiles against SciPy's and NumPy's, LoadGen's minima, an enumeration, and simulated sessions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import binom, quantile_test

from steelyard.core.method import Folded
from steelyard.core.sample import Rows
from steelyard.stats.folds.order_statistics import (
    Quantile,
    failures_allowed,
    quantile_bounds,
    queries_needed,
    session_quantile_bounds,
)
from steelyard.stats.intervals.bounds import SelfBounded


@pytest.mark.parametrize(
    ("probability", "failures", "confidence", "queries"),
    [
        # MLPerf LoadGen, loadgen/early_stopping.cc at 51a4a7e: h queries in time and t over it, with t = 1, d = 0 and a
        # confidence of 0.99. Its logs say "Processed at least 64 queries"; 662 is its minimum at p99.
        (0.90, 1, 0.99, 64),
        (0.99, 1, 0.99, 662),
        # h_min(t = 0): 44 and 459 in the tests of mlcommons/endpoints pull request 417, which ports it.
        (0.90, 0, 0.99, 44),
        (0.99, 0, 0.99, 459),
        (0.99, 0, 0.95, 299),  # rule of three
        (0.5, 0, 0.95, 5),
    ],
)
def test_published_minima(probability: float, failures: int, confidence: float, queries: int) -> None:
    assert queries_needed(probability, failures, confidence) == queries


@given(st.floats(0.01, 0.995), st.integers(0, 40), st.floats(0.6, 0.999))
def test_queries_needed_is_the_least(probability: float, failures: int, confidence: float) -> None:
    n = queries_needed(probability, failures, confidence)
    assert binom.cdf(failures, n, 1 - probability) <= (1 - confidence) * (1 + 1e-9)
    assert n == failures + 1 or binom.cdf(failures, n - 1, 1 - probability) > (1 - confidence) * (1 - 1e-9)


@pytest.mark.parametrize("n", [1, 43, 44, 63, 64, 100, 661, 662, 5000])
@pytest.mark.parametrize("probability", [0.9, 0.99])
def test_failures_allowed_is_the_other_side_of_queries_needed(n: int, probability: float) -> None:
    allowed = failures_allowed(n, probability, 0.99)
    if allowed is None:
        assert n < queries_needed(probability, 0, 0.99)
    else:
        assert queries_needed(probability, allowed, 0.99) <= n < queries_needed(probability, allowed + 1, 0.99)


@pytest.mark.parametrize("n", [30, 64, 299, 1000])
@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9, 0.99])
def test_bounds_are_those_of_scipy(n: int, probability: float) -> None:
    values = np.random.default_rng(7).lognormal(size=n)
    found = quantile_bounds(values, probability, 0.95)
    # SciPy names the alternative by the side that its interval leaves open.
    upper = quantile_test(values, q=0, p=probability, alternative="less").confidence_interval(0.95).high
    lower = quantile_test(values, q=0, p=probability, alternative="greater").confidence_interval(0.95).low
    assert found.upper == (math.inf if np.isnan(upper) else upper)
    assert found.lower == (-math.inf if np.isnan(lower) else lower)


@pytest.mark.parametrize(("n", "probability"), [(20, 0.5), (70, 0.9), (400, 0.99)])
def test_each_bound_errs_in_at_most_one_of_twenty_runs(n: int, probability: float) -> None:
    ranks = quantile_bounds(np.arange(1.0, n + 1), probability, 0.95)
    # The r-th of n is above the quantile when fewer than r of n are below it: an enumeration, no simulation.
    below = np.arange(n + 1)
    chance = binom.pmf(below, n, probability)
    assert chance[below < ranks.lower].sum() <= 0.05
    assert chance[below >= ranks.upper].sum() <= 0.05
    assert chance[below < ranks.lower + 1].sum() > 0.05  # and no wider than need be
    assert chance[below >= ranks.upper - 1].sum() > 0.05


def test_too_few_rows_have_no_bound_and_say_how_many_would() -> None:
    found = quantile_bounds(np.arange(298.0), 0.99, 0.95)
    assert found.upper == math.inf
    assert "299 at least" in found.flags[0].en
    assert math.isfinite(quantile_bounds(np.arange(299.0), 0.99, 0.95).upper)


def test_no_answer_is_an_infinite_latency() -> None:
    values = np.append(np.full(500, 0.1), np.full(20, np.inf))
    found = quantile_bounds(values, 0.99, 0.95)
    assert found.upper == math.inf
    assert found.lower < math.inf
    assert quantile_bounds(values, 0.9, 0.95).upper == pytest.approx(0.1)


VALUES = st.lists(st.integers(-3, 12), min_size=0, max_size=80)


@given(VALUES, st.sampled_from([0.1, 0.5, 0.9, 0.99]), st.integers(1, 6))
def test_bounds_enclose_the_quantile_and_are_never_a_point(
    values: list[int], probability: float, sessions: int
) -> None:
    array = np.array(values, dtype=np.float64)
    codes = np.arange(len(values)) % sessions
    for found in (
        quantile_bounds(array, probability, 0.95),
        session_quantile_bounds(array, codes, probability, 0.95),
    ):
        if not values:
            assert math.isnan(found.lower)
            assert math.isnan(found.upper)
            continue
        assert found.lower <= np.quantile(array, probability, method="inverted_cdf") <= found.upper
        assert found.lower < found.upper


@given(VALUES.filter(len))
def test_order_of_rows_does_not_matter(values: list[int]) -> None:
    array = np.array(values, dtype=np.float64)
    codes = np.arange(len(values)) % 5
    shuffled = np.random.default_rng(len(values)).permutation(len(values))
    first = session_quantile_bounds(array, codes, 0.8, 0.95)
    second = session_quantile_bounds(array[shuffled], codes[shuffled], 0.8, 0.95)
    assert first == second


def fold(values: list[float], units: list[list[int]] | NDArray[np.int64], count: int, probability: float) -> Folded:
    rows = Rows(np.array(values, dtype=np.float64)[:, None], np.arange(len(values)), np.asarray(units))
    return Quantile("seconds", probability)(rows, ("seconds",), count)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), min_size=1, max_size=30),
    st.lists(st.integers(0, 3), min_size=5, max_size=5),
    st.sampled_from([0.07, 0.5, 0.9, 0.99]),
)
def test_whole_weights_are_repeated_rows(rows: list[tuple[int, int]], weights: list[int], probability: float) -> None:
    values, units = zip(*rows, strict=True)
    repeated = np.repeat(np.array(values, dtype=float), [weights[unit] for unit in units])
    found = fold(list(values), np.array(units)[:, None], 5, probability).value(np.array([weights], dtype=float))
    expected = np.quantile(repeated, probability, method="inverted_cdf") if len(repeated) else np.nan
    np.testing.assert_array_equal(found, [expected])


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6)), min_size=0, max_size=40),
    st.sampled_from([0.07, 0.5, 0.9, 0.99]),
)
def test_leaving_one_out_is_a_weight_of_none(rows: list[tuple[int, int]], probability: float) -> None:
    folded = fold([row[0] for row in rows], np.array([row[1] for row in rows], dtype=int)[:, None], 7, probability)
    np.testing.assert_array_equal(folded.leave_one_out(), folded.value(1.0 - np.eye(7)))


def test_a_pair_weighs_by_its_distinct_units() -> None:
    folded = fold([1.0, 2.0, 3.0], [[0, 1], [1, 1], [2, 0]], 3, 0.5)
    # Weights 6, 3, 10: half of all weight is reached at the third value, or at the second without unit 0.
    np.testing.assert_array_equal(folded.value(np.array([[2.0, 3.0, 5.0], [0.0, 1.0, 1.0]])), [3.0, 2.0])
    np.testing.assert_allclose(folded.size(), [2 / 6, 3 / 6, 1 / 6])


def test_many_resamples_are_valued_in_blocks() -> None:
    generator = np.random.default_rng(3)
    folded = fold(list(generator.random(20_000)), np.arange(20_000)[:, None] % 50, 50, 0.9)
    weights = generator.integers(0, 3, (450, 50)).astype(float)
    whole = folded.value(weights)
    np.testing.assert_array_equal(whole[-3:], folded.value(weights[-3:]))


def autocorrelated(runs: int, sessions: int, length: int, correlation: float) -> NDArray[np.float64]:
    """Normal values of first-order autocorrelation; every session begins anew."""
    generator = np.random.default_rng(20264)
    noise = generator.standard_normal((length, runs, sessions))
    values = np.empty_like(noise)
    values[0] = noise[0]
    for place in range(1, length):
        values[place] = correlation * values[place - 1] + math.sqrt(1 - correlation**2) * noise[place]
    return values.transpose(1, 2, 0)


def test_a_product_at_the_limit_is_accepted_falsely_where_autocorrelation_is_ignored() -> None:
    runs, sessions, length, probability = 200, 50, 100, 0.9
    values = autocorrelated(runs, sessions, length, 0.9).reshape(runs, -1)
    codes = np.repeat(np.arange(sessions), length)
    limit = ndtri(probability)
    ignored = np.mean([quantile_bounds(each, probability, 0.95).upper < limit for each in values])
    heeded = [session_quantile_bounds(each, codes, probability, 0.95) for each in values]
    assert ignored > 0.2
    assert np.mean([found.upper < limit for found in heeded]) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
    assert np.mean([found.lower > limit for found in heeded]) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
    assert all(found.decisive for found in heeded)


def test_a_tail_from_few_sessions_decides_nothing() -> None:
    values = np.random.default_rng(11).random((30, 100))
    values[:4] *= 10.0  # four sessions hold all slow queries
    codes = np.repeat(np.arange(30), 100)
    found = session_quantile_bounds(values.ravel(), codes, 0.9, 0.95)
    assert not found.decisive
    assert "4.0 effective sessions" in found.flags[-1].en


def test_one_session_has_no_bounds() -> None:
    found = session_quantile_bounds(np.arange(1000.0), np.zeros(1000, dtype=np.int64), 0.9, 0.95)
    assert found[:2] == (-math.inf, math.inf)
    assert not found.decisive


def test_rows_of_their_own_are_independent_and_shared_units_are_sessions() -> None:
    values = np.random.default_rng(13).random(3000)
    alone = fold(list(values), np.arange(3000)[:, None], 3000, 0.9)
    shared = fold(list(values), np.arange(3000)[:, None] % 30, 30, 0.9)
    assert isinstance(alone, SelfBounded)
    assert isinstance(shared, SelfBounded)
    assert alone.bounds(0.95, 0) == quantile_bounds(values, 0.9, 0.95)
    assert shared.bounds(0.95, 0) == session_quantile_bounds(values, np.arange(3000) % 30, 0.9, 0.95)
    none = fold([], np.zeros((0, 1), dtype=np.int64), 3, 0.9)
    assert isinstance(none, SelfBounded)
    assert none.bounds(0.95, 0) is None
