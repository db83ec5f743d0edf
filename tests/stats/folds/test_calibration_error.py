"""Calibration errors against a plain loop, their bounds against simulated products, calibrated and not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import foldnorm
from sklearn.calibration import calibration_curve

from steelyard.core.sample import Rows
from steelyard.stats.folds.calibration import bin_edges, classwise
from steelyard.stats.folds.calibration_error import BinnedRows, CalibrationError

COLUMNS = ("score", "outcome", "class")


def fold(
    scores: NDArray[np.float64],
    outcomes: NDArray[np.float64],
    units: NDArray[np.int64] | None = None,
    classes: NDArray[np.int64] | None = None,
    **changes: object,
) -> BinnedRows:
    codes = np.arange(len(scores)) if units is None else units
    columns = np.zeros(len(scores)) if classes is None else classes
    rows = Rows(
        np.column_stack((scores, outcomes, columns)),
        np.arange(len(scores)),
        codes if codes.ndim > 1 else codes[:, None],
    )
    made = CalibrationError("score", "outcome", **changes)  # type: ignore[arg-type]
    return made(rows, COLUMNS, int(codes.max(initial=-1)) + 1)


def value(folded: BinnedRows) -> float:
    return float(folded.value(np.ones((1, folded.units)))[0])


def made(n: int, seed: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    generator = np.random.default_rng(seed)
    scores = generator.random(n)
    return scores, (generator.random(n) < scores**1.5).astype(np.float64)


@pytest.mark.parametrize(("equal_mass", "strategy"), [(True, "quantile"), (False, "uniform")])
@pytest.mark.parametrize("bins", [1, 10, 15])
def test_plain_error_is_that_of_scikit_learn_s_curve(bins: int, equal_mass: bool, strategy: str) -> None:
    scores, outcomes = made(1200)
    observed, predicted = calibration_curve(outcomes, scores, n_bins=bins, strategy=strategy)
    counts = np.bincount(np.searchsorted(bin_edges(scores, bins, equal_mass=equal_mass), scores))
    expected = (counts[counts > 0] * np.abs(observed - predicted)).sum() / 1200
    assert value(fold(scores, outcomes, bins=bins, equal_mass=equal_mass, debiased=False)) == pytest.approx(expected)


def test_bias_is_that_of_folded_normal_distributions() -> None:
    scores, outcomes = made(900)
    apart, place = outcomes - scores, np.searchsorted(bin_edges(scores, 15), scores)
    expected = 0.0
    for number in range(15):
        each = np.where(place == number, apart, 0.0)
        error = np.std(each, ddof=1) / math.sqrt(900)
        mean = abs(each.mean())
        expected += 2 * mean - foldnorm.mean(mean / error, scale=error)
    assert value(fold(scores, outcomes)) == pytest.approx(expected)


@given(
    st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.integers(0, 5)), max_size=40),
    st.booleans(),
    st.booleans(),
)
def test_leaving_one_out_is_a_weight_of_none(
    rows: list[tuple[int, bool, int]], debiased: bool, equal_mass: bool
) -> None:
    scores = np.array([row[0] / 8 for row in rows])
    outcomes = np.array([float(row[1]) for row in rows])
    units = np.array([row[2] for row in rows] or [], dtype=np.int64)
    folded = fold(scores, outcomes, units, bins=4, debiased=debiased, equal_mass=equal_mass)
    np.testing.assert_allclose(folded.leave_one_out(), folded.value(1.0 - np.eye(folded.units)), atol=1e-12)


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.integers(0, 12)), max_size=40))
def test_bounds_enclose_the_error_and_are_never_a_point(rows: list[tuple[int, bool, int]]) -> None:
    scores = np.array([row[0] / 8 for row in rows])
    outcomes = np.array([float(row[1]) for row in rows])
    for units in (np.arange(len(rows)), np.array([row[2] for row in rows] or [], dtype=np.int64)):
        folded = fold(scores, outcomes, units, bins=4)
        found = folded.bounds(0.95, 0)
        if found is None:
            assert len(np.unique(units)) < 2
        else:
            assert 0.0 <= found.lower <= value(folded) <= found.upper <= 1.0
            assert found.lower < found.upper


@pytest.mark.parametrize("score", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_constant_scores(score: float, outcome: float) -> None:
    folded = fold(np.full(100, score), np.full(100, outcome))
    assert value(folded) == pytest.approx(abs(score - outcome))
    found = folded.bounds(0.95, 0)
    assert found is not None
    # Without an event among 100 about three may hide.
    assert found.upper == pytest.approx(min(abs(score - outcome) + 0.03, 1.0), abs=0.002)


def test_no_rows_have_no_error() -> None:
    folded = fold(np.zeros(0), np.zeros(0))
    assert math.isnan(value(folded))
    assert folded.bounds(0.95, 0) is None


def test_merging_and_order_change_nothing() -> None:
    scores, outcomes = made(400)
    order = np.random.default_rng(3).permutation(400)
    first, second = fold(scores, outcomes), fold(scores[order], outcomes[order])
    assert value(second) == pytest.approx(value(first))
    one, two = first.bounds(0.95, 0), second.bounds(0.95, 0)
    assert one is not None
    assert two is not None
    assert two[:2] == pytest.approx(one[:2])


def test_weights_are_units_repeated_in_the_plain_error() -> None:
    scores, outcomes = made(30)
    weights = np.random.default_rng(4).integers(0, 4, 30)
    folded = fold(scores, outcomes, bins=5, equal_mass=False, debiased=False)
    again = fold(np.repeat(scores, weights), np.repeat(outcomes, weights), bins=5, equal_mass=False, debiased=False)
    assert folded.value(weights[None, :].astype(float))[0] == pytest.approx(value(again))


def test_classwise_error_is_the_mean_of_the_classes() -> None:
    generator = np.random.default_rng(5)
    probabilities = generator.dirichlet([1.0, 2.0, 3.0], 600)
    labels = generator.integers(0, 3, 600)
    scores, outcomes, classes = classwise(probabilities, labels)
    samples = np.repeat(np.arange(600), 3)
    together = fold(scores, outcomes, samples, classes, group="class", debiased=False)
    apart = [fold(scores[classes == each], outcomes[classes == each], debiased=False) for each in range(3)]
    assert value(together) == pytest.approx(np.mean([value(each) for each in apart]))
    # The classes of a sample hang together: samples are the units, not rows.
    found = together.bounds(0.95, 0)
    assert found is not None
    assert found.lower < value(together) < found.upper
    assert not found.decisive  # the plain error never is


def test_pairs_of_units_weigh_by_both() -> None:
    scores, outcomes = made(12)
    units = np.column_stack((np.arange(12) % 3, 3 + np.arange(12) % 4))
    folded = fold(scores, outcomes, units, bins=3, debiased=False)
    weights = np.random.default_rng(6).random(7)
    each = weights[units].prod(axis=1)
    place = np.searchsorted(bin_edges(scores, 3), scores)
    expected = np.abs(np.bincount(place, each * (outcomes - scores))).sum() / each.sum()
    assert folded.value(weights[None, :])[0] == pytest.approx(expected)


def test_a_calibrated_product_fails_by_its_plain_error_and_not_by_its_bounds() -> None:
    generator = np.random.default_rng(20270)
    runs, n, limit = 300, 1000, 0.03
    plain = failed = 0
    for _ in range(runs):
        scores = generator.random(n)
        outcomes = (generator.random(n) < scores).astype(np.float64)
        plain += value(fold(scores, outcomes, debiased=False)) > limit
        found = fold(scores, outcomes).bounds(0.95, 0)
        assert found is not None
        failed += found.lower > 0.0  # at no limit whatever
    assert plain / runs > 0.8
    assert failed / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


@pytest.mark.parametrize("power", [1.0, 1.3])
@pytest.mark.parametrize("clusters", [0, 50])
@pytest.mark.parametrize("bins", [1, 15])
def test_a_product_at_the_limit_is_judged_falsely_in_at_most_one_of_twenty_runs(
    power: float, clusters: int, bins: int
) -> None:
    generator = np.random.default_rng(20271)
    runs, n = 250, 2000
    big = generator.random(400_000)
    place = np.searchsorted(bin_edges(big, bins), big)
    truth = np.abs(np.bincount(place, big**power - big)).sum() / len(big)
    accepted = rejected = 0
    for _ in range(runs):
        scores = generator.random(n)
        draws = generator.random(n)
        units = np.arange(n)
        if clusters:  # whole clusters are luckier than others, and all together no more than said
            units = np.arange(n) % clusters
            draws = (draws + 0.1 * generator.standard_normal(clusters)[units]) % 1.0
        found = fold(scores, (draws < scores**power).astype(np.float64), units, bins=bins).bounds(0.95, 0)
        assert found is not None
        accepted += found.upper < truth
        rejected += found.lower > truth
    error = 3 * math.sqrt(0.05 * 0.95 / runs)
    assert accepted / runs <= 0.05 + error
    assert rejected / runs <= 0.05 + error
