"""A requirement that is watched: it settles as the test does, whatever comes after, and its bounds say the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steelyard.core.errors import EvidenceError
from steelyard.core.method import Indicator
from steelyard.core.plan import Declared
from steelyard.core.sample import Rows
from steelyard.core.specification import Limit
from steelyard.core.verdict import Verdict
from steelyard.stats.decision import decide
from steelyard.stats.intervals.betting import SequentialTest, Settled
from steelyard.stats.sequential import Watched, conforming_side, watched

MakeIndicator = Callable[..., Indicator]
DECLARED = Declared("r", 20.0)


def rows(rate: float, clusters: int, seed: int) -> Rows:
    generator = np.random.default_rng(seed)
    size = generator.integers(1, 21, clusters)
    errors = generator.binomial(size, rate)
    return Rows(np.column_stack([errors, size]).astype(float), np.arange(clusters), np.arange(clusters)[:, None])


LIMITS = {False: Limit("<", 0.3, "1", "< 30 %"), True: Limit(">=", 0.7, "1", "≥ 70 %")}


def found(made: Indicator, drawn: Rows, order: NDArray[np.int64], complement: bool, failing: float = 0.95) -> Watched:
    return watched(made, drawn, order, LIMITS[complement], DECLARED, confidence=0.95, failing=failing)


@given(rate=st.floats(0, 1), seed=st.integers(0, 999), complement=st.booleans(), cut=st.integers(1, 300))
def test_what_is_shown_stays_shown_and_its_bound_says_so(
    rate: float, seed: int, complement: bool, cut: int, indicator: MakeIndicator
) -> None:
    made, asked = indicator(complement=complement), LIMITS[complement]
    order = np.random.default_rng(seed + 1).permutation(300)
    drawn = rows(rate, 300, seed)
    early, late = found(made, drawn, order[:cut], complement), found(made, drawn, order, complement)
    # Had one stopped earlier, what was shown then would have been shown at the same cluster.
    for before, after in ((early.holds_at, late.holds_at), (early.fails_at, late.fails_at)):
        assert before == after or (before is None and (after is None or after > cut))
    for seen in (early, late):
        verdict = decide(seen.estimate, asked)[0]
        if seen.holds_at is not None and seen.fails_at is None:
            assert verdict is Verdict.CONFORMS
        if seen.fails_at is not None and seen.holds_at is None:
            assert verdict is Verdict.DOES_NOT_CONFORM
        if seen.holds_at is None and seen.fails_at is None:
            assert verdict is Verdict.UNDETERMINED
        assert seen.estimate.units <= cut or seen is late


@given(rate=st.floats(0, 1), seed=st.integers(0, 99))
def test_each_side_settles_where_the_test_of_both_does(rate: float, seed: int, indicator: MakeIndicator) -> None:
    drawn, order = rows(rate, 200, seed), np.arange(200)
    events, sizes = drawn.values.T
    test = SequentialTest(0.3, DECLARED.most, 0.95).fed(events, sizes)
    seen = found(indicator(), drawn, order, complement=False)
    first = [at for at in (seen.holds_at, seen.fails_at) if at is not None]
    assert (min(first) if first else None) == (test.clusters if test.settled else None)


def test_failing_may_ask_for_more_than_holding(indicator: MakeIndicator) -> None:
    """Two misses at once refute a small limit by themselves; among many requirements they may be chance."""
    values = np.column_stack([np.arange(2000) < 2, np.ones(2000)]).astype(float)
    drawn = Rows(values, np.arange(2000), np.arange(2000)[:, None])
    asked, one = Limit("<", 0.02, "1", "< 2 %"), Declared("r", 1.0)
    seen = [
        watched(indicator(), drawn, np.arange(2000), asked, one, confidence=0.95, failing=level)
        for level in (0.95, 0.9995)
    ]
    assert [each.fails_at is None for each in seen] == [False, True]
    assert seen[0].holds_at == seen[1].holds_at
    assert seen[1].holds_at is not None, "what came later shows that it holds"


def test_errors_where_nothing_counts_are_not_dropped(indicator: MakeIndicator) -> None:
    values = np.array([[0.0, 10.0], [3.0, 0.0], [0.0, 10.0]])  # the second cluster: errors, and nothing to have them in
    drawn = Rows(values, np.arange(3), np.arange(3)[:, None])
    with pytest.raises(EvidenceError, match="cluster 2: 3 events among 0 opportunities"):
        found(indicator(), drawn, np.arange(3), complement=False)


def test_without_an_opportunity_there_is_nothing(indicator: MakeIndicator) -> None:
    nothing = Rows(np.zeros((3, 2)), np.arange(3), np.arange(3)[:, None])
    seen = found(indicator(), nothing, np.arange(3), complement=False)
    assert (seen.estimate.value, seen.holds_at, seen.fails_at) == (None, None, None)


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
