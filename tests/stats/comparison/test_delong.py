"""The difference of two areas: against DeLong's structural components pair by pair, and against simulated readers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import t
from sklearn.metrics import roc_auc_score

from steelyard.core.sample import Rows
from steelyard.stats.comparison.delong import paired_delong, paired_variance
from steelyard.stats.folds.roc import AreaUnderCurve, RankedClasses

COLUMNS = ("score", "ill")


def folded(
    scores: NDArray[np.float64], ill: NDArray[np.int64], units: NDArray[np.int64] | None = None
) -> RankedClasses:
    codes = np.arange(len(ill)) if units is None else units
    rows = Rows(np.column_stack([scores, ill]).astype(float), np.arange(len(ill)), codes[:, None])
    return AreaUnderCurve(*COLUMNS)(rows, COLUMNS, int(codes.max()) + 1 if len(codes) else 0)


def two_readers(
    count: int, seed: int, apart: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Scores of two products that see the same thing, each with noise of its own, in steps, so that there are ties."""
    generator = np.random.Generator(np.random.Philox(seed))
    ill = (generator.random(count) < 0.4).astype(np.int64)
    ill[:4] = [0, 1, 0, 1]
    seen = ill * 1.2 + generator.normal(size=count)
    first, second = (np.round(seen + generator.normal(size=count) * noise, 1) for noise in (0.7, 0.7 + apart))
    return first, second, ill


def covariance_pair_by_pair(scores: list[NDArray[np.float64]], ill: NDArray[np.int64]) -> NDArray[np.float64]:
    """DeLong, DeLong and Clarke-Pearson (1988), equations 4 to 6, as written: every pair is compared."""
    over_negatives, over_positives = [], []
    for score in scores:
        up, down = score[ill == 1], score[ill == 0]
        kernel = (up[:, None] > down).astype(float) + 0.5 * (up[:, None] == down)
        over_negatives.append(kernel.mean(axis=1))
        over_positives.append(kernel.mean(axis=0))
    positives, negatives = (ill == 1).sum(), (ill == 0).sum()
    return np.cov(over_negatives) / positives + np.cov(over_positives) / negatives


@pytest.mark.parametrize("count", [12, 60, 400])
def test_variance_is_delong_s(count: int) -> None:
    first, second, ill = two_readers(count, seed=count)
    covariance = covariance_pair_by_pair([first, second], ill)
    expected = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    one, other = folded(first, ill), folded(second, ill)
    moves = one.influence() - other.influence()
    assert paired_variance(moves, ill) == pytest.approx(expected)
    # Without classes each unit counts alike: the same but for n/(n − 1).
    assert paired_variance(moves) == pytest.approx(expected, rel=2.5 / (ill == 1).sum())

    found = paired_delong(one, other, 0.95, ill)
    assert found is not None
    difference = roc_auc_score(ill, first) - roc_auc_score(ill, second)
    assert (found.lower + found.upper) / 2 == pytest.approx(difference)
    squares = moves**2
    freedom = 2 / ((squares**2).sum() / squares.sum() ** 2 - 1 / count)
    assert found.upper - difference == pytest.approx(t.ppf(0.95, freedom) * math.sqrt(expected))


def test_pairing_makes_bounds_closer() -> None:
    first, second, ill = two_readers(300, seed=5)
    covariance = covariance_pair_by_pair([first, second], ill)
    found = paired_delong(folded(first, ill), folded(second, ill), 0.95, ill)
    assert found is not None
    apart = 1.645 * math.sqrt(covariance[0, 0] + covariance[1, 1])
    assert (found.upper - found.lower) / 2 < 0.75 * apart


@given(
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans(), st.integers(0, 5)), max_size=25),
    with_classes=st.booleans(),
)
def test_bounds_enclose_the_difference_and_mirror(rows: list[tuple[int, int, bool, int]], with_classes: bool) -> None:
    """Ties, constant scores, one class, one unit, perfect separation, equal products."""
    first, second, ill, units = (np.array([row[place] for row in rows], dtype=np.int64) for place in range(4))
    codes = None if with_classes else units
    one, other = folded(first.astype(float), ill, codes), folded(second.astype(float), ill, codes)
    classes = ill if with_classes else None
    found = paired_delong(one, other, 0.95, classes)
    if found is None:
        counts = np.bincount(ill, minlength=2)
        assert counts.min() < 2 or len(set(units)) < 2
        return
    difference = roc_auc_score(ill, first) - roc_auc_score(ill, second)
    assert found.lower - 1e-9 <= difference <= found.upper + 1e-9
    assert found.lower < found.upper
    assert found.lower >= -1.0 - 1e-9
    assert found.upper <= 1.0 + 1e-9
    mirrored = paired_delong(other, one, 0.95, classes)
    assert mirrored is not None
    assert (-mirrored.upper, -mirrored.lower) == pytest.approx(found[:2])


def test_products_that_do_the_same_leave_room_for_what_was_not_seen() -> None:
    first, _, ill = two_readers(100, seed=2)
    found = paired_delong(folded(first, ill), folded(2 * first + 1, ill), 0.95, ill)
    assert found is not None
    unseen = 1 - 0.05 ** (1 / min(np.bincount(ill)))
    assert found[:2] == pytest.approx((-unseen, unseen))
    assert found.method == "unseen-unit/1"


def test_few_units_of_a_class_decide_nothing() -> None:
    first, second, ill = two_readers(200, seed=3)
    kept = np.concatenate([np.flatnonzero(ill == 1)[:9], np.flatnonzero(ill == 0)])
    found = paired_delong(folded(first[kept], ill[kept]), folded(second[kept], ill[kept]), 0.95, ill[kept])
    assert found is not None
    assert (found.decisive, len(found.flags)) == (False, 1)


RUNS = 800


@pytest.mark.parametrize("count", [60, 200])
def test_equal_readers_are_told_apart_in_one_of_twenty_runs_on_either_side(count: int) -> None:
    above = below = 0
    for run in range(RUNS):
        first, second, ill = two_readers(count, seed=10_000 + run)
        found = paired_delong(folded(first, ill), folded(second, ill), 0.95, ill)
        assert found is not None
        above += found.lower > 0
        below += found.upper < 0
    error = 3 * math.sqrt(0.05 * 0.95 / RUNS)
    assert above / RUNS <= 0.05 + error
    assert below / RUNS <= 0.05 + error
