"""How many wrong reference answers a verdict survives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from steelyard.core.method import Family, Indicator
from steelyard.core.sample import Rows
from steelyard.core.specification import Kind, Limit, Requirement, Rule
from steelyard.core.verdict import Estimate, Verdict
from steelyard.stats.decision import decide
from steelyard.stats.estimate import estimate
from steelyard.stats.intervals.binomial import clopper_pearson
from steelyard.stats.tipping import tipping_point

MakeIndicator = Callable[..., Indicator]


def requirement(operator: str, percent: float, kind: Kind = Kind.SAMPLE) -> Requirement:
    return Requirement("r", "error_rate", Limit(operator, percent / 100, "1", f"{operator} {percent:g} %"), kind)


def found(indicator: Indicator, wrong: int, n: int) -> Estimate:
    values = np.column_stack([np.arange(n) < wrong, np.ones(n)]).astype(float)
    return estimate(indicator, [Rows(values, np.arange(n), np.arange(n)[:, None])], n, 0.95)


@given(
    n=st.integers(20, 400),
    share=st.floats(0, 1),
    percent=st.floats(1, 60),
    complement=st.booleans(),
    rule=st.sampled_from(Rule),
)
def test_one_wrong_answer_fewer_changes_nothing(
    n: int, share: float, percent: float, complement: bool, rule: Rule, indicator: MakeIndicator
) -> None:
    """The law itself: counting the answers as they would be, k flips the verdict and k − 1 does not."""
    made = indicator(complement=complement, family=Family.PROPORTION)
    asked = requirement(">=" if complement else "<", 100 - percent if complement else percent)
    wrong = round(share * n)
    before = found(made, wrong, n)
    verdict = decide(before, asked.limit, asked.kind, rule)[0]
    tipping = tipping_point(made, before, asked, verdict, rule)
    sign = 1 if verdict is Verdict.CONFORMS else -1
    if tipping is None:
        assert verdict is Verdict.UNDETERMINED or (
            decide(found(made, n if sign > 0 else 0, n), asked.limit, asked.kind, rule)[0] is verdict
        )
        return
    assert tipping.of == n
    decided = [
        decide(found(made, wrong + sign * count, n), asked.limit, asked.kind, rule)[0]
        for count in (tipping.wrong - 1, tipping.wrong)
    ]
    assert decided[0] is verdict is not decided[1]


@pytest.mark.parametrize(
    ("wrong", "n", "kind", "verdict", "tips"),
    [
        (0, 299, Kind.SAMPLE, Verdict.CONFORMS, 1),  # the rule of three leaves no room for a single wrong label
        (0, 473, Kind.SAMPLE, Verdict.CONFORMS, 2),  # one event of 473 still shows < 1 %
        (3, 100, Kind.CENSUS, Verdict.DOES_NOT_CONFORM, 3),  # below 1 % of 100 is none
        (2, 100, Kind.ZERO_TOLERANCE, Verdict.DOES_NOT_CONFORM, 2),
        (0, 100, Kind.ZERO_TOLERANCE, Verdict.CONFORMS, 1),
    ],
)
def test_counts(wrong: int, n: int, kind: Kind, verdict: Verdict, tips: int, indicator: MakeIndicator) -> None:
    made, asked = indicator(family=Family.PROPORTION), requirement("<", 1, kind)
    before = found(made, wrong, n)
    assert decide(before, asked.limit, kind)[0] is verdict
    tipping = tipping_point(made, before, asked, verdict)
    assert tipping is not None
    assert tipping.wrong == tips


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.3])
def test_over_clusters_the_bounds_move_with_the_value(rate: float, indicator: MakeIndicator) -> None:
    made, units = indicator(), np.repeat(np.arange(30), 100)
    values = np.column_stack([np.random.default_rng(3).random(3000) < rate, np.ones(3000)]).astype(float)
    before = estimate(made, [Rows(values, np.arange(3000), units[:, None])], 30, 0.95)
    asked = requirement("<", 15)
    verdict = decide(before, asked.limit)[0]
    assert verdict is (Verdict.DOES_NOT_CONFORM if rate == 0.3 else Verdict.CONFORMS)
    tipping = tipping_point(made, before, asked, verdict, stated=0.01)
    assert tipping is not None
    assert tipping.stated == 30.0
    assert tipping.survives is (tipping.wrong > 30)
    assert 0 < tipping.wrong < 3000


def test_wrong_labels_fail_a_perfect_product(indicator: MakeIndicator) -> None:
    """0.5 % wrong labels among 1,000: a product without a miss shows < 1 % in 44 % of all runs."""
    passing = [wrong for wrong in range(30) if clopper_pearson(wrong, 1000, 0.95)[1] < 0.01]
    assert binom.cdf(passing[-1], 1000, 0.005) == pytest.approx(0.44, abs=0.005)
    asked, made = requirement("<", 1), indicator(family=Family.PROPORTION)
    tipping = tipping_point(made, found(made, 0, 1000), asked, Verdict.CONFORMS, stated=0.005)
    assert tipping is not None
    assert (tipping.wrong, tipping.stated, tipping.survives) == (passing[-1] + 1, 5.0, False)
