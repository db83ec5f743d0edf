"""Two classifiers on the same images: against statsmodels, SciPy and an enumeration of all outcomes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom, binomtest, multinomial
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from steelyard.stats.comparison.mcnemar import mcnemar, paired_share_bounds

PAIRS = [(0, 1), (1, 0), (3, 0), (5, 5), (10, 2), (59, 20), (20, 59), (400, 350), (3000, 2800)]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_probabilities_are_scipy_s_and_statsmodels_s(first: int, second: int) -> None:
    found = mcnemar(first, second)
    n = first + second
    assert found.first_better == pytest.approx(binomtest(first, n, alternative="greater").pvalue)
    assert found.second_better == pytest.approx(binomtest(first, n, alternative="less").pvalue)
    exact = statsmodels_mcnemar([[0, first], [second, 0]], exact=True)
    assert found.two_sided == pytest.approx(min(exact.pvalue, 1.0))


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_mid_p_counts_half_of_what_was_seen(first: int, second: int) -> None:
    n = first + second
    side = binomtest(min(first, second), n, alternative="less").pvalue - binom.pmf(first, n, 0.5) / 2.0
    assert mcnemar(first, second).mid_p == pytest.approx(2.0 * side)


def test_without_discordant_samples_nothing_is_shown() -> None:
    assert mcnemar(0, 0) == (1.0, 1.0, 1.0, 1.0)


def least_chances(first: int, second: int, n: int, difference: float) -> float:
    """Variance of the difference at the most likely probabilities with that difference: by search, not by formula."""

    def unlikely(other: float) -> float:
        one, neither = other + difference, 1.0 - 2.0 * other - difference
        logs = [many * np.log(max(chance, 1e-300)) for many, chance in ((first, one), (second, other))]
        return -float(sum(logs) + (n - first - second) * np.log(max(neither, 1e-300)))

    room = (max(0.0, -difference), (1.0 - difference) / 2.0)
    other = minimize_scalar(unlikely, bounds=room, method="bounded", options={"xatol": 1e-12}).x
    return float((2.0 * other + difference - difference**2) / n)


@pytest.mark.parametrize(("first", "second", "n"), [(59, 20, 1000), (3, 2, 30), (12, 1, 40), (1, 6, 50)])
def test_bounds_are_where_the_score_test_stops_refuting(first: int, second: int, n: int) -> None:
    found = paired_share_bounds(first, second, n, 0.95)
    assert found is not None
    for bound, off in ((found.lower, first - second - 1), (found.upper, first - second + 1)):
        score = (off / n - bound) / np.sqrt(least_chances(first, second, n, bound))
        assert abs(score) == pytest.approx(1.6448536, abs=2e-4)


def test_bounds_hold_and_agree_with_the_exact_test_over_all_outcomes() -> None:
    n = 30
    outcomes = [(first, second) for first in range(n + 1) for second in range(n + 1 - first)]
    bounds = [paired_share_bounds(*outcome, n, 0.95) for outcome in outcomes]
    lower = np.array([bound.lower for bound in bounds if bound is not None])
    exact = np.array([mcnemar(*outcome).first_better for outcome in outcomes])
    assert exact[lower > 0].max() <= 0.05
    assert exact[lower <= 0].min() > 0.049
    table = np.array([(*outcome, n - sum(outcome)) for outcome in outcomes])
    for one in np.linspace(0.0, 1.0, 21):
        for other in np.linspace(0.0, 1.0 - one, 9):
            chance = multinomial.pmf(table, n, [one, other, max(0.0, 1.0 - one - other)])
            # Without the correction 0.92. The least is where nearly all samples are discordant, and all one way.
            held = chance[lower <= one - other + 1e-12].sum()
            assert held >= (0.949 if one + other < 0.9 else 0.936)


@given(
    counts=st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 4000)),
    confidence=st.sampled_from([0.9, 0.95, 0.99]),
)
def test_bounds_enclose_the_difference_and_mirror(counts: tuple[int, int, int], confidence: float) -> None:
    first, second, _ = counts
    n = sum(counts)
    found = paired_share_bounds(first, second, n, confidence)
    if n == 0:
        assert found is None
        return
    assert found is not None
    assert -1.0 <= found.lower <= (first - second) / n <= found.upper <= 1.0
    assert found.lower < found.upper
    mirrored = paired_share_bounds(second, first, n, confidence)
    assert mirrored is not None
    assert (-mirrored.upper, -mirrored.lower) == pytest.approx(found[:2])
    wider = paired_share_bounds(first, second, n, 0.995)
    assert wider is not None
    assert wider.lower <= found.lower <= found.upper <= wider.upper


def test_two_real_classifiers_on_the_same_images(mirror: Path) -> None:
    folder = mirror / "robustness" / "cifar10-1-predictions"
    labels = np.load(folder / "cifar10.1_v6_labels.npy")

    def right(name: str) -> np.ndarray:
        path = folder / "v6_predictions" / f"{name}_predictions.json"
        return np.array(json.loads(path.read_text("utf-8"))) == labels

    wide, vgg = right("wrn_28_10"), right("vgg_15_BN_64")
    first, second = int((wide & ~vgg).sum()), int((vgg & ~wide).sum())
    table = [[int((wide & vgg).sum()), first], [second, int((~wide & ~vgg).sum())]]
    assert mcnemar(first, second).two_sided == pytest.approx(statsmodels_mcnemar(table, exact=True).pvalue)
    found = paired_share_bounds(first, second, len(labels), 0.95)
    assert found is not None
    assert found.lower > 0.0, "a wide residual network is right more often than VGG"
    assert found.lower < wide.mean() - vgg.mean() < found.upper

    # Two of the same family: nothing is shown.
    cutout = right("wrn_28_10_cutout16")
    first, second = int((cutout & ~wide).sum()), int((wide & ~cutout).sum())
    found = paired_share_bounds(first, second, len(labels), 0.95)
    assert found is not None
    assert (found.lower > 0.0) == (mcnemar(first, second).first_better <= 0.05)
