"""Coverage of conformal sets against SciPy's distributions and against split-conformal products that are simulated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, betabinom, binomtest

from steelyard.stats.intervals.conformal import (
    calibrated_coverage,
    calibration_needed,
    coverage_bounds,
    interval_rows,
    observed_coverage,
    promise_refuted,
    set_rows,
    split_rank,
)


@pytest.mark.parametrize(("covered", "n"), [(0, 10), (10, 10), (93, 100), (899, 1000)])
def test_bounds_are_scipy_s(covered: int, n: int) -> None:
    exact = binomtest(covered, n).proportion_ci(0.9, "exact")
    assert coverage_bounds(covered, n, 0.95)[:2] == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_no_samples_have_no_bounds() -> None:
    found = coverage_bounds(0, 0, 0.95)
    assert math.isnan(found.lower)
    assert not found.decisive


@pytest.mark.parametrize("calibration", [9, 19, 100, 1000])
@pytest.mark.parametrize("level", [0.8, 0.9])
def test_range_of_true_coverages_is_scipy_s_beta(calibration: int, level: float) -> None:
    rank = math.ceil(round((calibration + 1) * level, 9))
    exact = beta(rank, calibration + 1 - rank)
    found = calibrated_coverage(calibration, level, 0.95)
    assert found == pytest.approx((exact.mean(), exact.ppf(0.05), exact.ppf(0.95)))


@pytest.mark.parametrize("calibration", [19, 500])
@pytest.mark.parametrize("test", [1, 30, 1000])
def test_range_of_observed_coverages_is_scipy_s_beta_binomial(calibration: int, test: int) -> None:
    rank = math.ceil(round((calibration + 1) * 0.9, 9))
    exact = betabinom(test, rank, calibration + 1 - rank)
    found = observed_coverage(calibration, 0.9, test, 0.95)
    assert exact.cdf(found.lower * test - 1) <= 0.05 < exact.cdf(found.lower * test)
    assert exact.sf(found.upper * test) <= 0.05 < exact.sf(found.upper * test - 1)
    for covered in {0, test // 2, test}:
        assert promise_refuted(covered, test, calibration, 0.9) == pytest.approx(exact.cdf(covered))


@pytest.mark.parametrize("calibration", [50, 500])
def test_a_simulated_product_covers_as_the_theory_says(calibration: int) -> None:
    generator = np.random.default_rng(20272)
    runs, test, level = 3000, 400, 0.9
    rank = split_rank(calibration, level)
    assert rank is not None
    thresholds = np.sort(generator.standard_normal((runs, calibration)) ** 2, axis=1)[:, rank - 1]
    covered = (generator.standard_normal((runs, test)) ** 2 <= thresholds[:, None]).mean(axis=1)
    found = observed_coverage(calibration, level, test, 0.95)
    error = 3 * math.sqrt(0.05 * 0.95 / runs)
    assert covered.mean() == pytest.approx(found.mean, abs=0.005)
    assert (covered < found.lower).mean() <= 0.05 + error
    assert (covered > found.upper).mean() <= 0.05 + error
    # An honest product is refuted at 5 % in at most one of twenty runs.
    refuted = [promise_refuted(round(each * test), test, calibration, level) <= 0.05 for each in covered[:400]]
    assert np.mean(refuted) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)


@pytest.mark.parametrize("calibration", [0, 1, 8])
def test_too_small_a_calibration_must_cover_all(calibration: int) -> None:
    assert split_rank(calibration, 0.9) is None
    assert calibrated_coverage(calibration, 0.9, 0.95) == (1.0, 1.0, 1.0)
    assert observed_coverage(calibration, 0.9, 20, 0.95) == (1.0, 1.0, 1.0)
    assert promise_refuted(19, 20, calibration, 0.9) == 0.0
    assert promise_refuted(20, 20, calibration, 0.9) == 1.0


@pytest.mark.parametrize(("level", "least"), [(0.9, 0.85), (0.9, 0.88), (0.8, 0.7), (0.95, 0.94)])
def test_calibration_needed_is_enough_from_there_on(level: float, least: float) -> None:
    size = calibration_needed(level, least, 0.95)
    rank = [split_rank(more, level) for more in range(size, size + 300)]
    short = [beta.cdf(least, each, size + at + 1 - each) for at, each in enumerate(rank) if each is not None]
    assert max(short) <= 0.05 + 1e-9
    before = split_rank(size - 1, level)
    assert before is not None
    assert beta.cdf(least, before, size - before) > 0.05


@pytest.mark.parametrize(("level", "least"), [(0.9, 0.9), (0.9, 0.95), (1.0, 0.9)])
def test_a_coverage_that_no_calibration_keeps_is_refused(level: float, least: float) -> None:
    with pytest.raises(ValueError, match="must be below"):
        calibration_needed(level, least, 0.95)


@given(st.integers(1, 400), st.floats(0.05, 0.99), st.integers(1, 200))
def test_ranges_are_in_order(calibration: int, level: float, test: int) -> None:
    for found in (calibrated_coverage(calibration, level, 0.95), observed_coverage(calibration, level, test, 0.95)):
        assert 0.0 <= found.lower <= found.upper <= 1.0
        assert level <= found.mean + 1e-9  # a split-conformal product covers at least what it promises, on average


def test_rows_of_sets_and_intervals() -> None:
    covered, size, empty = set_rows(np.array([[True, False], [True, True], [False, False]]), np.array([1, 1, 0]))
    assert covered.tolist() == [0.0, 1.0, 0.0]
    assert size.tolist() == [1.0, 2.0, 0.0]
    assert empty.tolist() == [0.0, 0.0, 1.0]
    covered, width = interval_rows(np.array([0.0, 2.0]), np.array([1.0, 1.0]), np.array([1.0, 1.5]))
    assert covered.tolist() == [1.0, 0.0]
    assert width.tolist() == [1.0, 0.0]
