"""A requirement that is watched: it settles as the test does, whatever comes after, and its bounds say the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.method import Indicator
from steelyard.core.plan import Declared
from steelyard.core.sample import Rows
from steelyard.core.specification import Limit
from steelyard.core.verdict import Verdict
from steelyard.stats.decision import decide
from steelyard.stats.intervals.betting import Settled
from steelyard.stats.sequential import conforming_side, watched

MakeIndicator = Callable[..., Indicator]
DECLARED = Declared("r", 20.0)


def rows(rate: float, clusters: int, seed: int) -> Rows:
    generator = np.random.default_rng(seed)
    size = generator.integers(1, 21, clusters)
    errors = generator.binomial(size, rate)
    return Rows(np.column_stack([errors, size]).astype(float), np.arange(clusters), np.arange(clusters)[:, None])


@given(rate=st.floats(0, 1), seed=st.integers(0, 999), complement=st.booleans(), cut=st.integers(1, 300))
def test_bounds_and_side_say_the_same(
    rate: float, seed: int, complement: bool, cut: int, indicator: MakeIndicator
) -> None:
    made = indicator(complement=complement)
    asked = Limit(">=", 0.7, "1", "≥ 70 %") if complement else Limit("<", 0.3, "1", "< 30 %")
    order = np.random.default_rng(seed + 1).permutation(300)
    drawn = rows(rate, 300, seed)
    found, settled = watched(made, drawn, order, asked, DECLARED, 0.95)
    verdict = decide(found, asked)[0]
    conforming = conforming_side(made, asked)
    assert verdict is (
        Verdict.UNDETERMINED
        if settled is None
        else Verdict.CONFORMS
        if settled is conforming
        else Verdict.DOES_NOT_CONFORM
    )
    # Had one stopped at any later cluster, or gone on, nothing would be different.
    early, at = watched(made, drawn, order[:cut], asked, DECLARED, 0.95)
    if at is not None:
        assert (early, at) == (found, settled)


def test_without_an_opportunity_there_is_nothing(indicator: MakeIndicator) -> None:
    nothing = Rows(np.zeros((3, 2)), np.arange(3), np.arange(3)[:, None])
    found, settled = watched(indicator(), nothing, np.arange(3), Limit("<", 0.3, "1", "< 30 %"), DECLARED, 0.95)
    assert (found.value, settled) == (None, None)


@pytest.mark.parametrize(
    ("operator", "complement", "side"),
    [
        ("<", False, Settled.BELOW),  # an error rate
        (">=", True, Settled.BELOW),  # an accuracy, from its errors
        (">", False, Settled.ABOVE),  # a share of successes
    ],
)
def test_which_side_conforms(operator: str, complement: bool, side: Settled, indicator: MakeIndicator) -> None:
    assert conforming_side(indicator(complement=complement), Limit(operator, 0.5, "1", "")) is side
