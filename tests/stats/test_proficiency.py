"""Scores between laboratories against published results, statsmodels, and what must hold for any of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.robust.scale import Huber

from steelyard.stats.proficiency import (
    Standing,
    algorithm_a,
    normalised_error,
    standing_of_normalised_error,
    standing_of_z,
    z_prime,
    z_score,
    zeta,
)

# Copper in wholemeal flour, 24 determinations: Analytical Methods Committee, Analyst 114 (1989) 1693.
COPPER = [2.90, 3.10, 3.40, 3.40, 3.70, 3.70, 2.80, 2.50, 2.40, 2.40, 2.70, 2.20]
COPPER += [5.28, 3.37, 3.03, 3.03, 28.95, 3.77, 3.40, 2.20, 3.50, 3.60, 3.70, 3.70]

RESULTS = st.lists(st.floats(-1e3, 1e3).map(lambda value: round(value, 4)), min_size=3, max_size=12)


def test_algorithm_a_finds_what_is_published_for_copper_in_flour() -> None:
    """R's ``MASS::hubers`` gives 3.20549 and 0.67365, with 1.13365 where the standard has 1.134."""
    found = algorithm_a(COPPER)
    assert found.mean == pytest.approx(3.20549, abs=2e-4)
    assert found.deviation == pytest.approx(0.67365, abs=6e-4)
    assert found.uncertainty == pytest.approx(1.25 * found.deviation / math.sqrt(24))


@pytest.mark.parametrize("seed", range(4))
def test_algorithm_a_is_statsmodels_huber(seed: int) -> None:
    results = np.random.default_rng(seed).standard_t(3, 15) + 10.0
    location, scale = Huber(c=1.5, tol=1e-10, maxiter=1000)(results)
    found = algorithm_a(results.tolist())
    assert found.mean == pytest.approx(float(location), abs=2e-3)
    assert found.deviation == pytest.approx(float(scale), rel=3e-3)


@given(RESULTS, st.randoms(use_true_random=False), st.floats(0.1, 100.0), st.floats(-100.0, 100.0))
def test_algorithm_a_knows_no_order_and_no_unit(
    results: list[float], chance: object, scale: float, shift: float
) -> None:
    found = algorithm_a(results)
    shuffled = list(results)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert algorithm_a(shuffled) == found
    other = algorithm_a([scale * each + shift for each in results])
    size = max(1.0, *(abs(each) for each in results)) * scale + abs(shift)
    if found.steps < 200 and other.steps < 200:  # else it creeps, and stops where rounding lets it
        assert other.mean == pytest.approx(scale * found.mean + shift, abs=1e-6 * size)
        assert other.deviation == pytest.approx(scale * found.deviation, abs=1e-6 * size)


def test_algorithm_a_of_results_most_of_which_are_equal_still_sees_the_others() -> None:
    found = algorithm_a([1.0, 1.0, 1.0, 1.0, 2.0])
    assert 1.0 < found.mean < 1.2
    assert found.deviation > 0.0
    assert algorithm_a([0.5, 0.5, 0.5]) == (0.5, 0.0, 0.0, 1)
    with pytest.raises(ValueError, match="two"):
        algorithm_a([1.0])


@given(st.floats(-10, 10), st.floats(-10, 10), st.floats(0.01, 5), st.floats(0.01, 5), st.floats(0.01, 100))
def test_scores_know_no_unit(result: float, assigned: float, own: float, other: float, unit: float) -> None:
    for score in (z_prime, zeta, normalised_error):
        here, there = (
            score(result, assigned, own, other),
            score(unit * result, unit * assigned, unit * own, unit * other),
        )
        assert here is not None
        assert there == pytest.approx(here, rel=1e-9, abs=1e-9)
        back = score(assigned, result, other, own)
        assert back is not None
        assert back == pytest.approx(-here), "whose is the assigned value changes the sign alone"
    plain = z_score(result, assigned, own)
    assert plain is not None
    smaller = z_prime(result, assigned, own, other)
    assert smaller is not None
    assert abs(smaller) <= abs(plain), "an uncertain assigned value blames nobody more"


def test_expanded_and_standard_uncertainties_say_the_same() -> None:
    assert zeta(10.6, 10.0, 0.2, 0.1) == pytest.approx(2.0 * normalised_error(10.6, 10.0, 0.4, 0.2))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("score", "of_z", "of_normalised_error"),
    [
        (0.0, Standing.SATISFACTORY, Standing.SATISFACTORY),
        (-1.0, Standing.SATISFACTORY, Standing.SATISFACTORY),
        (1.0001, Standing.SATISFACTORY, Standing.UNSATISFACTORY),
        (-2.0, Standing.SATISFACTORY, Standing.UNSATISFACTORY),
        (2.0001, Standing.QUESTIONABLE, Standing.UNSATISFACTORY),
        (-2.9999, Standing.QUESTIONABLE, Standing.UNSATISFACTORY),
        (3.0, Standing.UNSATISFACTORY, Standing.UNSATISFACTORY),
        (math.nan, Standing.UNSATISFACTORY, Standing.UNSATISFACTORY),
        (None, Standing.UNSATISFACTORY, Standing.UNSATISFACTORY),  # a difference between two who know no doubt
    ],
)
def test_scores_become_words(score: float | None, of_z: Standing, of_normalised_error: Standing) -> None:
    assert standing_of_z(score) is of_z
    assert standing_of_normalised_error(score) is of_normalised_error


def test_equal_results_score_zero_and_different_ones_without_doubt_are_infinitely_far() -> None:
    assert normalised_error(0.1, 0.1, 0.0, 0.0) == 0.0
    assert normalised_error(0.1, 0.2, 0.0, 0.0) is None
