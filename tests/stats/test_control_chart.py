"""Control charts against the worked examples of the NIST/SEMATECH e-Handbook and published run lengths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from steelyard.stats.control_chart import (
    Limits,
    Rule,
    ewma,
    ewma_run_length,
    limits_of_bounds,
    limits_of_individuals,
    signals,
)

UNIT = Limits(0.0, 1.0, 20)
# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.4: data and weighted means as printed there.
EWMA_DATA = [52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5]
EWMA_DATA += [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
EWMA_PRINTED = [50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33]
EWMA_PRINTED += [50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99]
VALUES = st.lists(st.floats(-6, 6).map(lambda value: round(value, 3)), min_size=1, max_size=30)


def test_weighted_means_are_those_of_the_e_handbook() -> None:
    found = ewma(EWMA_DATA, Limits(50.0, 2.0539, 0), weight=0.3, width=3.0)
    assert [mean for mean, _, _ in found] == pytest.approx(EWMA_PRINTED, abs=0.0051)
    # It prints the limits of late, 52.5884 and 47.4115, from a rounded 0.4201 for the root.
    assert found[-1][1:] == pytest.approx((47.4115, 52.5884), abs=2e-3)


def test_weighted_means_are_a_filter_s() -> None:
    values = np.random.default_rng(1).normal(size=40)
    filtered = lfilter([0.2], [1.0, -0.8], values)
    assert [mean for mean, _, _ in ewma(values.tolist(), UNIT)] == pytest.approx(filtered.tolist())


def test_limits_of_single_values_are_those_of_the_e_handbook() -> None:
    """6.3.2.2: the mean moving range is 1.8778, the limits 45.8159 and 55.8041."""
    found = limits_of_individuals([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])
    assert (found.centre, found.lower, found.upper) == pytest.approx((50.81, 45.8159, 55.8041), abs=5e-4)


@pytest.mark.parametrize(("weight", "width"), [(0.05, 2.615), (0.1, 2.814), (0.2, 2.962), (0.25, 2.998), (0.4, 3.054)])
def test_run_lengths_are_those_of_lucas_and_saccucci(weight: float, width: float) -> None:
    """Technometrics 32 (1990), table 3: these give one false alarm in 500 values."""
    assert ewma_run_length(weight, width) == pytest.approx(500.0, rel=0.01)


def test_run_lengths_of_a_shift_are_those_of_lucas_and_saccucci() -> None:
    """Of a shift by one standard deviation: 10.5 with λ = 0.2, 10.3 with λ = 0.1."""
    assert ewma_run_length(0.2, 2.962, 1.0) == pytest.approx(10.5, abs=0.06)
    assert ewma_run_length(0.1, 2.814, 1.0) == pytest.approx(10.3, abs=0.06)
    assert ewma_run_length(1.0, 3.0) == pytest.approx(370.4, abs=0.5), "a Shewhart chart is the case of λ = 1"


@pytest.mark.parametrize(
    ("values", "rule", "places"),
    [
        ([0.0, 3.0, 3.1, -3.1], Rule.BEYOND_LIMITS, [2, 3]),  # on the limit is within it
        ([2.1, 0.0, 2.1], Rule.TWO_OF_THREE, [2]),
        ([2.1, 0.0, 0.0, 2.1], Rule.TWO_OF_THREE, []),
        ([2.1, -2.1, 0.0], Rule.TWO_OF_THREE, []),  # not on one side
        ([2.1, 2.1, 0.0], Rule.TWO_OF_THREE, [1]),  # the point that says it must be far itself
        ([1.1, 1.1, 0.0, 1.1, 1.1], Rule.FOUR_OF_FIVE, [4]),
        ([-1.1, -1.1, -1.1, -1.1], Rule.FOUR_OF_FIVE, [3]),
        ([0.1] * 7, Rule.EIGHT_IN_A_ROW, []),
        ([0.1] * 9, Rule.EIGHT_IN_A_ROW, [7, 8]),
        ([0.1] * 7 + [0.0], Rule.EIGHT_IN_A_ROW, []),  # on the line is on no side
        ([1.4] * 12, Rule.EWMA, [11]),
    ],
)
def test_rules_name_the_points_that_break_them(values: list[float], rule: Rule, places: list[int]) -> None:
    found = signals(values, UNIT, [rule])
    if rule is Rule.EWMA:
        assert found, "a lasting shift is found"
        assert found[0].place <= places[0]
    else:
        assert [each.place for each in found] == places
    assert {each.rule for each in found} <= {rule}


@given(VALUES, st.floats(0.01, 100.0), st.booleans())
def test_signals_know_no_unit_and_no_side(values: list[float], unit: float, mirrored: bool) -> None:
    sign = -1.0 if mirrored else 1.0
    near = [abs(abs(value) - edge) < 1e-6 for value in values for edge in (0.0, 1.0, 2.0, 3.0)]
    if any(near):  # on an edge rounding decides
        return
    here = signals(values, UNIT, list(Rule))
    there = signals([sign * unit * value + 7.0 for value in values], Limits(7.0, unit, 20), list(Rule))
    assert [each for each in there if each.rule is not Rule.EWMA] == [
        each for each in here if each.rule is not Rule.EWMA
    ]


@given(VALUES)
def test_what_was_said_of_the_past_stays_said(values: list[float]) -> None:
    whole = signals(values, UNIT, list(Rule))
    cut = len(values) // 2
    assert signals(values[:cut], UNIT, list(Rule)) == tuple(each for each in whole if each.place < cut)


def test_where_nothing_varied_anything_else_is_a_signal() -> None:
    limits = limits_of_individuals([0.0672] * 8)
    assert limits.deviation == 0.0
    assert signals([0.0672, 0.0672 * (1.0 + 1e-15)], limits) == (), "rounding is no change"
    assert [each.place for each in signals([0.0672, 0.0673], limits, [Rule.BEYOND_LIMITS])] == [1]


def test_limits_of_bounds_are_the_root_mean_square() -> None:
    assert limits_of_bounds([1.0, 3.0], [0.3, 0.4]) == pytest.approx((2.0, (0.125) ** 0.5, 2))
    with pytest.raises(ValueError, match="uncertainty"):
        limits_of_bounds([1.0, 3.0], [0.3])
