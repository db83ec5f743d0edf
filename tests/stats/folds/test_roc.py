"""Areas under the curve: against scikit-learn, all pairs written out, and DeLong's own patients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from steelyard.core.sample import Rows
from steelyard.stats.folds.roc import AreaUnderCurve, RankedClasses, area_bounds
from steelyard.stats.intervals import resampling

COLUMNS = ("score", "positive")
FOLD = AreaUnderCurve(*COLUMNS)


def folded(scores: object, positive: object, units: object = None, count: int | None = None) -> RankedClasses:
    scores, positive = np.asarray(scores, dtype=float), np.asarray(positive, dtype=float)
    codes = np.arange(len(scores)) if units is None else np.asarray(units, dtype=np.int64)
    codes = codes[:, None] if codes.ndim == 1 else codes
    rows = Rows(np.column_stack([scores, positive]), np.arange(len(scores)), codes)
    return FOLD(rows, COLUMNS, int(codes.max(initial=-1)) + 1 if count is None else count)


def at_one(fold: RankedClasses) -> float:
    return float(fold.value(np.ones((1, fold.units)))[0])


def kernel(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Whether each positive is above each negative, ties half: all pairs."""
    above, below = scores[positive][:, None], scores[~positive][None, :]
    return (above > below) + 0.5 * (above == below)


SCORES = st.integers(0, 6)  # few values: many ties


@st.composite
def some(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    count = draw(st.integers(0, 14))
    scores, positive, units = (
        draw(st.lists(each, min_size=count, max_size=count)) for each in (SCORES, st.booleans(), st.integers(0, 5))
    )
    return np.array(scores, dtype=float), np.array(positive, dtype=bool), np.array(units, dtype=np.int64)


WEIGHTS = st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), max_size=3)


@given(some(), WEIGHTS)
def test_value_is_that_of_scikit_learn_with_weights(data: tuple[NDArray, ...], weights: list[list[int]]) -> None:
    scores, positive, units = data
    each = np.array(weights, dtype=float).reshape(-1, 6)
    for found, row in zip(folded(scores, positive, units, 6).value(each), each[:, units], strict=True):
        if row[positive].sum() > 0 and row[~positive].sum() > 0:
            assert found == pytest.approx(roc_auc_score(positive, scores, sample_weight=row))
        else:
            assert np.isnan(found)  # one class alone has no area


@given(some())
def test_leaving_out_is_weighing_nothing(data: tuple[NDArray, ...]) -> None:
    fold = folded(*data, 6)
    assert fold.leave_one_out() == pytest.approx(resampling.leave_one_out(fold, 6), nan_ok=True)


@given(some())
def test_influence_is_the_derivative(data: tuple[NDArray, ...]) -> None:
    fold = folded(*data, 6)
    assume(not np.isnan(at_one(fold)))
    step = 1e-5
    slope = (fold.value(1 + step * np.eye(6)) - fold.value(1 - step * np.eye(6))) / (2 * step)
    assert fold.influence() == pytest.approx(slope, abs=1e-8)
    assert fold.influence().sum() == pytest.approx(0.0, abs=1e-12)


def test_rows_of_two_units_weigh_the_product_over_distinct_ones() -> None:
    fold = folded([1, 2, 3, 4], [0, 1, 0, 1], [[0, 0], [0, 1], [1, 1], [1, 0]])
    weights = np.array([[2.0, 3.0]])
    expected = roc_auc_score([0, 1, 0, 1], [1, 2, 3, 4], sample_weight=[2, 6, 3, 6])
    assert fold.value(weights) == pytest.approx(expected)
    step = 1e-6
    slope = (fold.value(1 + step * np.eye(2)) - fold.value(1 - step * np.eye(2))) / (2 * step)
    assert fold.influence() == pytest.approx(slope, abs=1e-8)


@given(some())
def test_variance_of_independent_rows_is_delongs(data: tuple[NDArray, ...]) -> None:
    """Written out over all pairs, as E. R. DeLong et al., Biometrics 44 (1988), equations 4 and 5, define it."""
    scores, positive, _ = data
    assume(2 <= positive.sum() <= len(positive) - 2)
    pairs = kernel(scores, positive)
    expected = np.var(pairs.mean(axis=1), ddof=1) / len(pairs) + np.var(pairs.mean(axis=0), ddof=1) / pairs.shape[1]
    assert folded(scores, positive).variance() == pytest.approx(expected, abs=1e-15)


@given(some())
def test_variance_over_clusters_is_obuchowskis(data: tuple[NDArray, ...]) -> None:
    """Written out as N. A. Obuchowski, Biometrics 53 (1997), defines S10, S01 and S11."""
    scores, positive, units = data
    first, second = units[positive], units[~positive]
    kinds = [len(set(each.tolist())) for each in (first, second, units)]
    assume(min(kinds[:2]) >= 2)
    pairs = kernel(scores, positive)
    m, n = pairs.shape
    own = np.array([(pairs[first == unit].mean(axis=1) - pairs.mean()).sum() for unit in range(6)])
    other = np.array([(pairs[:, second == unit].mean(axis=0) - pairs.mean()).sum() for unit in range(6)])
    s10, s01, s11 = (
        k / (k - 1) * float(products.sum())
        for k, products in zip(kinds, (own**2 / m, other**2 / n, own * other), strict=True)
    )
    expected = max(s10 / m + s01 / n + 2 * s11 / (m * n), 0.0)
    assert folded(scores, positive, units, 6).variance() == pytest.approx(expected, abs=1e-12)


PATIENTS = """
3.0 5.8 10 0   3.2 6.3  5 1   3.9 6.8  3 1   2.8 4.8  6 0   3.2 5.8  3 1   0.9 4.0  5 0   2.5 5.7  8 0   1.6 5.6  5 1
3.8 5.7  5 1   3.7 6.7  6 1   3.2 5.4  4 1   3.8 6.6  6 1   4.1 6.6  5 1   3.6 5.7  5 1   4.3 7.0  4 1   3.6 6.7  4 0
2.3 4.4  6 1   4.2 7.6  4 0   4.0 6.6  6 0   3.5 5.8  6 1   3.8 6.8  7 1   3.0 4.7  8 0   4.5 7.4  5 1   3.7 7.4  5 1
3.1 6.6  6 1   4.1 8.2  6 1   4.3 7.0  5 1   4.3 6.5  4 1   3.2 5.1  5 1   2.6 4.7  6 1   3.3 6.8  6 0   1.7 4.0  7 0
3.7 6.1  5 1   3.3 6.3  7 1   4.2 7.7  6 1   3.5 6.2  5 1   2.9 5.7  9 0   2.1 4.8  7 1   2.8 6.2  8 0   4.0 7.0  7 1
3.3 5.7  6 1   3.7 6.9  5 1   3.6 6.6  5 1
"""
"""DeLong's patients with ovarian cancer: albumin, total protein, K-G score (10 − totscore), whether surgery helped.

As the SAS/STAT User's Guide prints them, The LOGISTIC Procedure, Comparing Receiver Operating Characteristic Curves.
"""


@pytest.mark.parametrize(("column", "sign"), [(0, 1), (1, 1), (2, -1)])
def test_delongs_own_patients(column: int, sign: int) -> None:
    patients = np.array(PATIENTS.split(), dtype=float).reshape(-1, 4)
    scores, positive = sign * patients[:, column], patients[:, 3] > 0
    pairs = kernel(scores, positive)
    fold = folded(scores, positive)
    assert at_one(fold) == pytest.approx(roc_auc_score(positive, scores))
    expected = np.var(pairs.mean(axis=1), ddof=1) / 31 + np.var(pairs.mean(axis=0), ddof=1) / 12
    assert fold.variance() == pytest.approx(expected)
    found = area_bounds(fold, 0.95)
    assert found is not None
    assert found.lower < at_one(fold) < found.upper
    assert found == fold.bounds(0.95, seed=1)
    assert found.decisive  # twelve negatives: flagged
    assert len(found.flags) == 1


@given(some(), st.randoms(use_true_random=False))
def test_order_and_monotone_transformations_change_nothing(data: tuple[NDArray, ...], random: object) -> None:
    scores, positive, units = data
    order = np.array(random.sample(range(len(scores)), len(scores)), dtype=int)  # type: ignore[attr-defined]
    one, other = folded(*data, 6), folded(np.exp(scores / 3)[order], positive[order], units[order], 6)
    weights = np.array([[1.0] * 6, [1, 2, 0, 3, 1, 1]])
    assert np.array_equal(one.value(weights), other.value(weights), equal_nan=True)
    bounds = [area_bounds(each, 0.95) for each in (one, other)]
    if None not in bounds:
        assert bounds[0][:2] == pytest.approx(bounds[1][:2])  # type: ignore[index]


@given(some())
def test_a_weight_of_two_is_the_unit_twice(data: tuple[NDArray, ...]) -> None:
    scores, positive, units = data
    twice = units == 3
    weights = np.ones((1, 6))
    weights[0, 3] = 2.0
    doubled = folded(*(np.concatenate([each, each[twice]]) for each in data), 6)
    assert folded(scores, positive, units, 6).value(weights)[0] == pytest.approx(at_one(doubled), nan_ok=True)


def test_perfect_separation_is_not_proof_of_perfection() -> None:
    fold = folded(range(60), [0] * 30 + [1] * 30)
    found = area_bounds(fold, 0.95)
    assert found is not None
    # The greatest probability that thirty pairs without a row in common are all in order is θ³⁰.
    assert found.lower == pytest.approx(0.05 ** (1 / 30))
    assert found.upper == 1.0
    assert found.method == "unseen-unit/1"


def test_one_pair_out_of_order_proves_no_more_than_none_by_much() -> None:
    scores = np.arange(60.0)
    scores[[29, 30]] = scores[[30, 29]]
    found = area_bounds(folded(scores, [0] * 30 + [1] * 30), 0.95)
    assert found is not None
    assert 0.95 < found.lower < 899 / 900 < found.upper


@pytest.mark.parametrize(
    ("scores", "positive"),
    [([], []), ([1], [1]), ([1, 2], [0, 1]), ([1, 2, 3], [0, 1, 1]), ([1, 2, 3], [1, 1, 1])],
)
def test_too_few_of_a_class_give_no_bounds(scores: list[int], positive: list[int]) -> None:
    assert area_bounds(folded(scores, positive), 0.95) is None


@pytest.mark.parametrize(
    ("scores", "positive"),
    [([1, 1, 1, 1], [0, 1, 0, 1]), ([1, 2, 3, 4], [1, 1, 0, 0]), ([1, 2, 3, 4], [0, 0, 1, 1])],
)
def test_degenerate_scores_give_bounds_of_some_width(scores: list[int], positive: list[int]) -> None:
    found = area_bounds(folded(scores, positive), 0.95)
    assert found is not None
    assert found.lower < found.upper
    assert not found.decisive


def test_rows_of_one_unit_alone_give_no_bounds() -> None:
    assert area_bounds(folded([1, 2, 3, 4], [0, 1, 0, 1], [0, 0, 0, 0]), 0.95) is None


RUNS = 1000
SIMULATION_ERROR = 3 * np.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize(("area", "positives", "negatives"), [(0.8, 50, 50), (0.97, 20, 200), (0.97, 200, 20)])
def test_a_product_at_the_limit_is_falsely_judged_in_one_of_twenty_runs(
    area: float, positives: int, negatives: int
) -> None:
    from scipy.stats import norm

    generator = np.random.Generator(np.random.Philox(44))
    accepted = rejected = 0
    labels = np.repeat([1, 0], [positives, negatives])
    for _ in range(RUNS):
        scores = generator.normal(size=positives + negatives) + np.sqrt(2) * norm.ppf(area) * labels
        found = area_bounds(folded(scores, labels), 0.95)
        assert found is not None
        accepted += found.lower > area
        rejected += found.upper < area
    assert accepted / RUNS <= 0.05 + SIMULATION_ERROR
    assert rejected / RUNS <= 0.05 + SIMULATION_ERROR
