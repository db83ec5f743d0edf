"""Bounds from a variance: against Clopper–Pearson, the jackknife, and what they must do at the edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steelyard.stats.intervals.binomial import clopper_pearson
from steelyard.stats.intervals.influence import by_influence, freedom_of, share_bounds, tempered


@given(st.integers(1, 500), st.integers(0, 500), st.sampled_from([0.9, 0.95, 0.99]))
def test_a_share_of_independent_trials_has_the_bounds_of_clopper_and_pearson(n: int, x: int, confidence: float) -> None:
    share = min(x, n) / n
    found = share_bounds(share, share * (1 - share) / n, 1e12, n, confidence)
    assert found[:2] == pytest.approx(clopper_pearson(min(x, n), n, confidence), abs=1e-6)


@given(
    st.floats(0, 1),
    st.floats(0, 0.3),
    st.floats(0, 1e4),
    st.floats(0, 1e4),
    st.sampled_from([0.8, 0.95, 0.99]),
    st.floats(0, 1e3),
)
def test_bounds_enclose_the_value_and_are_never_a_point(
    value: float, variance: float, freedom: float, units: float, confidence: float, least: float
) -> None:
    found = share_bounds(value, variance, freedom, units, confidence, least)
    assert 0.0 <= found.lower <= value <= found.upper <= 1.0
    assert found.lower < found.upper


@given(st.floats(0.01, 0.99), st.floats(1e-6, 0.1), st.floats(1, 1e3), st.floats(2, 1e3))
def test_more_variance_fewer_degrees_and_more_confidence_widen(
    value: float, variance: float, freedom: float, units: float
) -> None:
    narrow = share_bounds(value, variance, freedom, units, 0.9)
    for wider in (
        share_bounds(value, 1.5 * variance, freedom, units, 0.9),
        share_bounds(value, variance, max(freedom / 2, 1.0), units, 0.9),
        share_bounds(value, variance, freedom, units, 0.95),
    ):
        assert wider.lower <= narrow.lower + 1e-9
        assert wider.upper >= narrow.upper - 1e-9


@pytest.mark.parametrize(("value", "lower", "upper"), [(1.0, 0.05 ** (1 / 30), 1.0), (0.0, 0.0, 1 - 0.05 ** (1 / 30))])
def test_without_spread_the_bounds_are_what_may_hide(value: float, lower: float, upper: float) -> None:
    assert share_bounds(value, 0.0, 29, 30, 0.95)[:2] == pytest.approx((lower, upper))


def test_a_constant_between_the_edges_leaves_room_on_both_sides() -> None:
    unseen = 1 - 0.05 ** (1 / 30)
    assert share_bounds(0.5, 0.0, 29, 30, 0.95)[:2] == pytest.approx((0.5 * (1 - unseen), 0.5 * (1 - unseen) + unseen))


def test_degrees_of_freedom_of_normal_influences_are_the_number_of_units() -> None:
    normal = np.random.Generator(np.random.Philox(3)).normal(size=200_000)
    assert freedom_of(normal) == pytest.approx(len(normal), rel=0.02)  # 2 / (3/n − 1/n)


@pytest.mark.parametrize(
    ("influence", "freedom"),
    [
        ([], 1.0),
        ([0.0, 0.0], 1.0),
        ([5.0], 1.0),
        ([1.0, -1.0, 1.0, -1.0], 3.0),  # no spread among squares: as many as units less one
        ([1.0] + [0.0] * 9999, 2.0002),  # one unit tells all
    ],
)
def test_degrees_of_freedom(influence: list[float], freedom: float) -> None:
    assert freedom_of(np.array(influence)) == pytest.approx(freedom)


@given(st.floats(0, 1), st.floats(0, 0.25), st.floats(1, 1e3), st.floats(0, 1e3))
def test_a_variance_is_never_lowered_and_none_stays_none(
    value: float, variance: float, units: float, freedom: float
) -> None:
    assert tempered(value, variance, units, freedom) >= variance
    assert tempered(value, 0.0, units, freedom) == 0.0


class MeanOfUnits:
    """The plain mean of one number for each unit."""

    def __init__(self, values: list[float]) -> None:
        self.values = np.array(values)

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return (weights @ self.values) / weights.sum(axis=1)

    def leave_one_out(self) -> NDArray[np.float64]:
        return (self.values.sum() - self.values) / (len(self.values) - 1)

    def size(self) -> NDArray[np.float64]:
        return np.full(len(self.values), 1 / len(self.values))

    def influence(self) -> NDArray[np.float64]:
        return (self.values - self.values.mean()) / len(self.values)


def test_influence_of_a_mean_gives_its_textbook_variance() -> None:
    values = [0.2, 0.4, 0.3, 0.8, 0.9, 0.5, 0.6, 0.35, 0.55, 0.45, 0.65, 0.7]
    found = by_influence(MeanOfUnits(values), 0.95)
    mean, variance = np.mean(values), np.var(values, ddof=1) / len(values)
    freedom = freedom_of(np.array(values) - mean)
    variance = tempered(float(mean), variance, len(values), freedom)
    assert found is not None
    assert found[:2] == share_bounds(float(mean), variance, freedom, len(values), 0.95)[:2]
    assert found.method == "influence-share/1"
    assert found.decisive
    assert len(found.flags) == 1  # twelve units


def test_one_unit_gives_no_bounds_and_nine_decide_nothing() -> None:
    assert by_influence(MeanOfUnits([0.5]), 0.95) is None
    found = by_influence(MeanOfUnits([0.1 * each for each in range(1, 10)]), 0.95)
    assert found is not None
    assert not found.decisive
