"""Reliability diagrams and Brier scores against scikit-learn's, their parts against identities and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from steelyard.stats.folds.calibration import bin_edges, brier_decomposition, classwise, reliability_diagram, top_label


def made(n: int, seed: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    generator = np.random.default_rng(seed)
    scores = generator.beta(2.0, 3.0, n)
    return scores, (generator.random(n) < scores**1.3).astype(np.float64)


@pytest.mark.parametrize("bins", [1, 2, 7, 15])
@pytest.mark.parametrize(("equal_mass", "strategy"), [(True, "quantile"), (False, "uniform")])
def test_diagram_is_that_of_scikit_learn(bins: int, equal_mass: bool, strategy: str) -> None:
    # A multiple of the bins: else scikit-learn's interpolated quantiles put single rows elsewhere.
    scores, outcomes = made(1050)
    found = reliability_diagram(scores, outcomes, 0.95, bins, equal_mass=equal_mass)
    observed, predicted = calibration_curve(outcomes, scores, n_bins=bins, strategy=strategy)
    np.testing.assert_allclose(found.observed, observed)
    np.testing.assert_allclose(found.predicted, predicted)
    assert found.counts.sum() == 1050


def test_bounds_of_each_bin_are_clopper_and_pearson_s() -> None:
    scores, outcomes = made(60)
    scores[:5], outcomes[:5] = 0.01, 0.0  # a bin where nothing came true
    found = reliability_diagram(scores, outcomes, 0.95, bins=12)
    for count, observed, lower, upper in zip(found.counts, found.observed, found.lower, found.upper, strict=True):
        exact = binomtest(round(count * observed), int(count)).proportion_ci(0.9, "exact")
        assert (lower, upper) == pytest.approx((exact.low, exact.high), abs=1e-9)
        assert lower < upper


@pytest.mark.parametrize("scores", [[], [0.3], [0.5] * 40, [0.0, 1.0] * 9])
@pytest.mark.parametrize("outcome", [0.0, 1.0])
@pytest.mark.parametrize("equal_mass", [True, False])
def test_degenerate_scores_have_a_diagram(scores: list[float], outcome: float, equal_mass: bool) -> None:
    found = reliability_diagram(np.array(scores), np.full(len(scores), outcome), 0.95, equal_mass=equal_mass)
    assert found.counts.sum() == len(scores)
    assert (found.lower < found.upper).all()
    parts = brier_decomposition(np.array(scores), np.full(len(scores), outcome), equal_mass=equal_mass)
    assert math.isnan(parts.score) == (not scores)


def test_bins_of_equal_mass_hold_as_many_rows() -> None:
    scores, _ = made(1500)
    counts = np.bincount(np.searchsorted(bin_edges(scores, 15), scores))
    assert counts.tolist() == [100] * 15


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.integers(1, 12), st.booleans())
def test_brier_score_is_the_sum_of_its_parts(rows: list[tuple[float, bool]], bins: int, equal_mass: bool) -> None:
    scores, outcomes = np.array([row[0] for row in rows]), np.array([float(row[1]) for row in rows])
    found = brier_decomposition(scores, outcomes, bins, equal_mass=equal_mass)
    assert found.score == pytest.approx(np.mean((scores - outcomes) ** 2))
    # Stephenson et al. (2008).
    parts = found.reliability - found.resolution + found.uncertainty + found.within_variance - found.within_covariance
    assert parts == pytest.approx(found.score, abs=1e-12)
    if len(rows) > 1 and not math.isnan(found.corrected_reliability):
        # Ferro and Fricker (2012) move parts about and leave their sum as it was.
        corrected = found.corrected_reliability - found.corrected_resolution + found.corrected_uncertainty
        assert corrected == pytest.approx(found.reliability - found.resolution + found.uncertainty, abs=1e-12)


def test_brier_score_is_scikit_learn_s() -> None:
    scores, outcomes = made(500)
    assert brier_decomposition(scores, outcomes).score == pytest.approx(brier_score_loss(outcomes, scores))


def test_murphy_s_three_parts_are_exact_where_scores_are_the_bins() -> None:
    generator = np.random.default_rng(2)
    scores = generator.integers(0, 11, 700) / 10
    outcomes = (generator.random(700) < scores).astype(np.float64)
    found = brier_decomposition(scores, outcomes, bins=10_000, equal_mass=False)
    base = outcomes.mean()
    groups = [(scores == score, score) for score in np.unique(scores)]
    assert found.reliability == pytest.approx(
        sum(chosen.mean() * (score - outcomes[chosen].mean()) ** 2 for chosen, score in groups)
    )
    assert found.resolution == pytest.approx(
        sum(chosen.mean() * (outcomes[chosen].mean() - base) ** 2 for chosen, _ in groups)
    )
    assert found.uncertainty == pytest.approx(base * (1 - base))
    assert found.within_variance == pytest.approx(0.0, abs=1e-12)


def test_corrected_parts_are_without_bias() -> None:
    generator = np.random.default_rng(20269)
    runs, n = 1500, 120
    scores = generator.integers(1, 6, (runs, n)) / 6
    outcomes = (generator.random((runs, n)) < scores).astype(np.float64)
    found = [brier_decomposition(one, two, 5, equal_mass=False) for one, two in zip(scores, outcomes, strict=True)]
    mean = {name: np.mean([getattr(each, name) for each in found]) for name in found[0]._fields}
    spread = np.std([each.corrected_reliability for each in found]) / math.sqrt(runs)
    # A calibrated product's reliability is zero; what comes out without correction is bias alone.
    assert abs(mean["corrected_reliability"]) < 4 * spread
    assert mean["reliability"] > 20 * spread
    levels = np.arange(1, 6) / 6
    assert mean["corrected_resolution"] == pytest.approx(np.var(levels), rel=0.01)
    assert mean["corrected_uncertainty"] == pytest.approx(0.25, rel=0.005)


def test_top_label_and_classwise() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]])
    labels = np.array([0, 1])
    scores, outcomes = top_label(probabilities, labels)
    assert scores.tolist() == [0.7, 0.4]
    assert outcomes.tolist() == [1.0, 0.0]
    scores, outcomes, classes = classwise(probabilities, labels)
    assert scores.tolist() == [0.7, 0.2, 0.1, 0.3, 0.3, 0.4]
    assert outcomes.tolist() == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    assert classes.tolist() == [0, 1, 2, 0, 1, 2]
