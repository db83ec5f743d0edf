"""Every position of two bounds against zero and a margin; how often what is shown is false."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.weightstats import ttost_paired

from steelyard.stats.comparison.non_inferiority import Outcome, compare, logarithm, turned
from steelyard.stats.intervals.bounds import Bounds

B, E, N, W, U = Outcome.BETTER, Outcome.EQUAL, Outcome.NOT_WORSE, Outcome.WORSE, Outcome.UNKNOWN


def bounds(lower: float, upper: float) -> Bounds:
    return Bounds(lower, upper, "made up/1")


@pytest.mark.parametrize(
    ("lower", "upper", "outcome"),
    [  # of a margin of 1
        (2.0, 3.0, B),
        (0.5, 3.0, B),
        (0.5, 0.9, E),  # better, but by less than matters
        (0.0, 3.0, N),  # zero itself is not excluded
        (-0.5, 3.0, N),
        (-0.5, 1.0, N),  # the margin itself is no longer within it
        (-0.5, 0.9, E),
        (-0.9, -0.5, E),
        (-1.0, 0.9, U),
        (-3.0, 3.0, U),
        (-3.0, 0.5, U),  # not better by the margin, perhaps much worse
        (-3.0, -0.5, W),
        (-3.0, -2.0, W),
        (-math.inf, math.inf, U),
    ],
)
def test_positions(lower: float, upper: float, outcome: Outcome) -> None:
    found = compare(bounds(lower, upper), 1.0)
    assert found.outcome is outcome
    assert found.because.en
    assert found.because.zh
    # The second product's side of it, where that has a name.
    other = {B: W, W: B, E: E}.get(outcome)
    if other is not None:
        assert compare(turned(bounds(lower, upper)), 1.0).outcome is other


@pytest.mark.parametrize(("lower", "upper", "outcome"), [(0.1, 0.2, B), (-0.2, -0.1, W), (-0.1, 0.1, U), (0.0, 0.0, U)])
def test_without_a_margin_nothing_is_equal(lower: float, upper: float, outcome: Outcome) -> None:
    assert compare(bounds(lower, upper)).outcome is outcome


@pytest.mark.parametrize("advantage", [None, bounds(math.nan, 1.0), bounds(2.0, 3.0)._replace(decisive=False)])
def test_what_may_not_decide_shows_nothing(advantage: Bounds | None) -> None:
    assert compare(advantage, 1.0).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("margin", [-0.1, math.nan, math.inf])
def test_a_margin_is_a_number_of_zero_or_more(margin: float) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        compare(bounds(0.0, 1.0), margin)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_outcomes_have_names(outcome: Outcome) -> None:
    assert outcome.words.en == outcome.value
    assert outcome.words.zh


@given(
    ends=st.tuples(*[st.floats(-3, 3)] * 2).map(sorted),
    margins=st.tuples(*[st.floats(0, 3)] * 2).map(sorted),
)
def test_a_larger_margin_never_takes_away_that_it_is_not_worse(ends: list[float], margins: list[float]) -> None:
    one, other = (compare(bounds(*ends), margin).outcome for margin in margins)
    if one in (B, E, N):
        assert other in (B, E, N)
    if one is E:
        assert other is E


def test_a_ratio_is_compared_by_its_logarithm() -> None:
    # Ours errs at 0.93 to 0.99 of their rate; a tenth is the margin.
    ours_over_theirs = Bounds(0.93, 0.99, "made up/1")
    advantage = turned(logarithm(ours_over_theirs))
    assert advantage is not None
    assert compare(advantage).outcome is Outcome.BETTER
    assert compare(advantage, math.log(1.1)).outcome is Outcome.EQUAL
    assert logarithm(Bounds(0.0, 0.5, "made up/1"))[:2] == (-math.inf, math.log(0.5))  # type: ignore[index]
    assert turned(None) is None
    assert logarithm(None) is None


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.05, -0.05])
def test_equal_is_what_two_one_sided_tests_of_statsmodels_show(shift: float) -> None:
    generator = np.random.Generator(np.random.Philox(4))
    ours = generator.normal(0.9, 0.1, 200)
    theirs = ours + generator.normal(shift, 0.1, 200)
    apart = ours - theirs
    reach = 1.6525467 * apart.std(ddof=1) / math.sqrt(200)  # Student's t of 199 degrees of freedom at 95 %
    found = compare(bounds(apart.mean() - reach, apart.mean() + reach), 0.03)
    assert (found.outcome is Outcome.EQUAL) == (ttost_paired(ours, theirs, -0.03, 0.03)[0] < 0.05)


@pytest.mark.parametrize(
    ("truth", "false"),
    [
        (0.0, (B, W)),  # the same: neither is better
        (-0.3, (B, E, N)),  # worse by the margin
        (0.3, (W, E)),
    ],
)
def test_false_answers_are_as_rare_as_the_bounds_say(truth: float, false: tuple[Outcome, ...]) -> None:
    generator = np.random.Generator(np.random.Philox(20264))
    runs = 4000
    found = [
        compare(bounds(value - 1.6449 * 0.1, value + 1.6449 * 0.1), 0.3).outcome
        for value in generator.normal(truth, 0.1, runs)
    ]
    for each in (false,) if truth else ((B,), (W,)):
        share = sum(found.count(outcome) for outcome in each) / runs
        assert share <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
