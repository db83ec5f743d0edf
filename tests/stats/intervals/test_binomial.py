"""Exact bounds against SciPy's, and sizes against an enumeration of all outcomes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom, binomtest
from statsmodels.stats.proportion import proportion_confint

from steelyard.stats.intervals.binomial import clopper_pearson, jeffreys, rows_to_settle, rows_without_event, wilson

GRID = [
    (events, n, confidence)
    for n in (1, 2, 5, 10, 59, 70, 189, 299, 1000, 100_000)
    for events in sorted({0, 1, n // 3, n // 2, n - 1, n})
    for confidence in (0.9, 0.95, 0.99)
]


@pytest.mark.parametrize(("events", "n", "confidence"), GRID)
def test_bounds_are_scipy_s(events: int, n: int, confidence: float) -> None:
    # SciPy searches to 2e-12. Two one-sided bounds of 95 % each are SciPy's two-sided interval of 90 %.
    expected = binomtest(events, n).proportion_ci(confidence_level=2 * confidence - 1, method="exact")
    assert clopper_pearson(events, n, confidence) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-11)


@pytest.mark.parametrize(("events", "n", "confidence"), GRID)
def test_shown_bounds_are_those_of_statsmodels(events: int, n: int, confidence: float) -> None:
    alpha = 2 * (1 - confidence)
    expected = proportion_confint(events, n, alpha, "wilson")
    assert wilson(events, n, confidence) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    low, high = proportion_confint(events, n, alpha, "jeffreys")
    # Brown, Cai and DasGupta's modification: the whole of the end where nothing, or all, happened.
    expected = (0.0 if events == 0 else low, 1.0 if events == n else high)
    assert jeffreys(events, n, confidence) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("bounds", [wilson, jeffreys])
@given(n=st.integers(1, 10**6), data=st.data(), confidence=st.floats(0.6, 0.999))
def test_shown_bounds_enclose_and_are_never_a_point(
    bounds: Callable[[int, int, float], tuple[float, float]], n: int, data: st.DataObject, confidence: float
) -> None:
    events = data.draw(st.integers(0, n))
    lower, upper = bounds(events, n, confidence)
    assert 0.0 <= lower <= events / n <= upper <= 1.0
    assert lower < upper
    assert bounds(n - events, n, confidence) == pytest.approx((1.0 - upper, 1.0 - lower), abs=1e-9)


@given(n=st.integers(1, 10**6), data=st.data(), confidence=st.floats(0.51, 0.999))
def test_bounds_enclose_rise_and_are_never_a_point(n: int, data: st.DataObject, confidence: float) -> None:
    events = data.draw(st.integers(0, n))
    lower, upper = clopper_pearson(events, n, confidence)
    assert 0.0 <= lower <= events / n <= upper <= 1.0
    assert lower < upper
    assert lower < events / n or events == 0
    assert events / n < upper or events == n
    if events < n:
        more = clopper_pearson(events + 1, n, confidence)
        assert lower < more[0]
        assert upper < more[1] or more[1] == 1.0
    # What is not an event is one for the complement.
    assert clopper_pearson(n - events, n, confidence) == pytest.approx((1.0 - upper, 1.0 - lower), abs=1e-9)


@pytest.mark.parametrize(("limit", "size"), [(0.01, 299), (0.05, 59), (0.001, 2995), (0.1, 29), (0.5, 5)])
def test_rule_of_three(limit: float, size: int) -> None:
    assert rows_without_event(limit, 0.95) == size


@given(limit=st.floats(1e-5, 0.99), confidence=st.floats(0.6, 0.999))
def test_rows_without_event_is_just_enough(limit: float, confidence: float) -> None:
    size = rows_without_event(limit, confidence)
    assert clopper_pearson(0, size, confidence)[1] <= limit * (1 + 1e-9)
    if size > 1:
        assert clopper_pearson(0, size - 1, confidence)[1] > limit * (1 - 1e-9)


def power(n: int, expected: float, limit: float, confidence: float) -> float:
    """Probability that n rows settle the side of the limit: all outcomes are tried."""
    events = np.arange(n + 1)
    if expected < limit:
        upper = np.append(beta.ppf(confidence, events[:-1] + 1, n - events[:-1]), 1.0)
        settled = upper <= limit
    else:
        lower = np.append(0.0, beta.ppf(1 - confidence, events[1:], n - events[1:] + 1))
        settled = lower >= limit
    return float(binom.pmf(events, n, expected)[settled].sum())


@pytest.mark.parametrize("wanted", [0.8, 0.95])
@pytest.mark.parametrize(
    ("expected", "limit"),
    [
        (0.005, 0.01),
        (0.0, 0.01),
        (0.02, 0.01),  # it will fail
        (0.06, 0.05),
        (0.93, 0.95),
        (0.97, 0.95),
        (1.0, 0.99),
        (0.5, 0.4),
    ],
)
def test_rows_to_settle_is_enough_and_not_much_more(expected: float, limit: float, wanted: float) -> None:
    size = rows_to_settle(expected, limit, 0.95, wanted)
    assert size is not None
    assert power(size, expected, limit, 0.95) >= wanted - 1e-9
    assert power(int(size * 0.8), expected, limit, 0.95) < wanted


@pytest.mark.parametrize("limit", [0.01, 0.05, 0.3])
def test_rows_to_settle_without_events_is_the_rule_of_three(limit: float) -> None:
    assert rows_to_settle(0.0, limit, 0.95, 0.8) == rows_without_event(limit, 0.95)


@pytest.mark.parametrize(
    ("expected", "limit"),
    [
        (0.01, 0.01),  # on the limit: no number of rows tells
        (0.01, 0.01 + 1e-9),  # so near that 10⁹ rows do not tell
    ],
)
def test_rows_to_settle_gives_up(expected: float, limit: float) -> None:
    assert rows_to_settle(expected, limit, 0.95, 0.8) is None
