"""Risk–coverage curves against a plain loop over coverages, their bounds against simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steelyard.core.sample import Rows
from steelyard.stats.folds import selective
from steelyard.stats.folds.selective import RankedRows, RiskCoverageArea, risk_coverage

COLUMNS = ("sure", "wrong")


def fold(
    sure: NDArray[np.float64], wrong: NDArray[np.float64], units: NDArray[np.int64] | None = None, excess: bool = False
) -> RankedRows:
    codes = np.arange(len(sure)) if units is None else units
    rows = Rows(np.column_stack((sure, wrong)), np.arange(len(sure)), codes[:, None])
    return RiskCoverageArea("sure", "wrong", excess)(rows, COLUMNS, int(codes.max(initial=-1)) + 1)


def value(folded: RankedRows) -> float:
    return float(folded.value(np.ones((1, folded.units)))[0])


def area(losses: list[float]) -> float:
    """The mean of the risks at coverages 1/n, 2/n … 1."""
    return float(np.mean(np.cumsum(losses) / np.arange(1, len(losses) + 1)))


def made(n: int, seed: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    generator = np.random.default_rng(seed)
    sure = generator.beta(4.0, 1.0, n)
    return sure, (generator.random(n) < 0.4 * (1 - sure)).astype(np.float64)


def test_area_is_the_mean_of_the_risks() -> None:
    sure, wrong = made(300)
    order = np.argsort(-sure)
    assert value(fold(sure, wrong)) == pytest.approx(area(list(wrong[order])))
    best = area(sorted(wrong))
    assert value(fold(sure, wrong, excess=True)) == pytest.approx(area(list(wrong[order])) - best)


def test_excess_is_near_the_published_form() -> None:
    # Geifman, Uziel, El-Yaniv (2019): the best area is about r + (1 − r) ln(1 − r) for a share r of errors.
    sure, wrong = made(20_000)
    share = wrong.mean()
    best = value(fold(sure, wrong)) - value(fold(sure, wrong, excess=True))
    assert best == pytest.approx(share + (1 - share) * math.log1p(-share), rel=0.01)


def test_ties_are_taken_in_every_order_on_average() -> None:
    sure, wrong = np.array([0.9, 0.5, 0.5, 0.5, 0.2]), [0.0, 1.0, 0.0, 0.5, 1.0]
    orders = [area([0.0, *middle, 1.0]) for middle in itertools.permutations(wrong[1:4])]
    assert value(fold(sure, np.array(wrong))) == pytest.approx(np.mean(orders))


def test_curve_is_a_plain_loop_over_thresholds() -> None:
    sure, wrong = made(80)
    sure = sure.round(1)
    found = risk_coverage(sure, wrong)
    for threshold, coverage, risk in zip(*found, strict=True):
        kept = sure >= threshold
        assert coverage == pytest.approx(kept.mean())
        assert risk == pytest.approx(wrong[kept].mean())
    assert found.coverage[-1] == 1.0
    assert found.threshold.tolist() == sorted(set(sure), reverse=True)


def test_no_answers_have_no_curve_and_no_area() -> None:
    assert len(risk_coverage(np.zeros(0), np.zeros(0)).risk) == 0
    folded = fold(np.zeros(0), np.zeros(0))
    assert math.isnan(value(folded))
    assert folded.bounds(0.95, 0) is None


ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([0.0, 0.0, 1.0, 0.5]), st.integers(0, 4)), min_size=1, max_size=25
)


@given(ROWS, st.lists(st.integers(0, 3), min_size=5, max_size=5), st.booleans())
def test_whole_weights_are_repeated_rows(rows: list[tuple[int, float, int]], weights: list[int], excess: bool) -> None:
    sure, wrong, units = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    codes = units.astype(np.int64)
    times = np.array(weights)[codes]
    rows_ = Rows(np.column_stack((sure, wrong)), np.arange(len(sure)), codes[:, None])
    folded = RiskCoverageArea("sure", "wrong", excess)(rows_, COLUMNS, 5)
    found = folded.value(np.array([weights], dtype=float))[0]
    if times.sum():
        assert found == pytest.approx(value(fold(sure.repeat(times), wrong.repeat(times), excess=excess)), abs=1e-12)
    else:
        assert math.isnan(found)


@given(ROWS, st.booleans())
def test_influence_is_the_derivative(rows: list[tuple[int, float, int]], excess: bool) -> None:
    sure, wrong, units = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    folded = fold(sure, wrong, units.astype(np.int64), excess)
    step = 1e-5 * np.eye(folded.units)
    slope = (folded.value(1.0 + step) - folded.value(1.0 - step)) / 2e-5
    np.testing.assert_allclose(folded.influence(), slope, atol=1e-8)


def test_leaving_one_of_very_many_out_is_near_the_derivative(monkeypatch: pytest.MonkeyPatch) -> None:
    folded = fold(*made(2000))
    exact = folded.leave_one_out()
    monkeypatch.setattr(selective, "EXACT", 0)
    np.testing.assert_allclose(folded.leave_one_out(), exact, atol=2e-5)
    np.testing.assert_allclose(exact[:3], folded.value(1.0 - np.eye(2000)[:3]))


@given(ROWS, st.booleans())
def test_bounds_enclose_the_area_and_are_never_a_point(rows: list[tuple[int, float, int]], excess: bool) -> None:
    sure, wrong, units = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    folded = fold(sure, wrong, units.astype(np.int64), excess)
    found = folded.bounds(0.95, 0)
    if found is not None:
        assert found.lower <= value(folded) + 1e-12
        assert value(folded) <= found.upper
        assert found.lower < found.upper
        assert not found.decisive


@pytest.mark.parametrize("excess", [False, True])
@pytest.mark.parametrize("clusters", [0, 40])
def test_a_product_at_the_limit_is_judged_falsely_in_at_most_one_of_twenty_runs(
    excess: bool, clusters: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selective, "EXACT", 100_000)  # one by one, 800 rows take a tenth of a second
    runs, n = 150, 800
    big = made(200_000, 2)
    truth = value(fold(*big, np.zeros(200_000, dtype=np.int64), excess))
    accepted = rejected = 0
    for run in range(runs):
        units = np.arange(n) % clusters if clusters else None
        found = fold(*made(n, 100 + run), units, excess).bounds(0.95, 0)
        assert found is not None
        assert found.decisive
        accepted += found.upper < truth
        rejected += found.lower > truth
    error = 3 * math.sqrt(0.05 * 0.95 / runs)
    assert accepted / runs <= 0.05 + error
    assert rejected / runs <= 0.05 + error
