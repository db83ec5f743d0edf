"""Bounds that hold at every number of clusters: against confseq, against likelihoods, against simulated stopping."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import binom

from steelyard.core.errors import EvidenceError
from steelyard.stats.intervals.betting import BETS, SequentialTest, Settled, betting_bounds, log_capital, log_factors
from steelyard.stats.intervals.binomial import clopper_pearson

VALUES = [0.1, 0.0, 0.35, 0.2, 0.0, 0.05, 0.6, 0.0, 0.15, 0.1, 0.0, 0.25] * 5

# Made with confseq 0.0.11 (its Python files; NumPy 2 needs np.float_ = np.float64) and the bets of this module:
# diversified_betting_mart(x, m, fns, theta=1 or 0, trunc_scale=1) at the 12th and the 60th value, where fns are 32
# constant bets κ/m (or κ/(1 − m)), κ = (m^u − m)/(1 − m), u = 1/64, 3/64 …, and 1 − m in place of m for theta=0.
CONFSEQ_CAPITAL = {
    0.1: (1.2670075883353589, 9.729835528695155, 0.6778067967462226, 0.25820331984936856),
    0.2: (0.3471914818259077, 0.12029276519337236, 1.300343783154938, 4.218049107688813),
    0.3: (0.21999686589926604, 0.05764844776320214, 3.2948995668031738, 2398.739047932371),
    0.5: (0.14222939749134245, 0.03175428888164926, 67.68230436160047, 396890239630.5798),
    0.9: (0.09562185070337877, 0.018864527428632993, 3701051021.6070647, 4.3139703042632695e52),
}
# betting_lower_cs(x, fns, alpha=0.05, breaks=10000, trunc_scale=1) and one minus that of 1 − x; then
# hedged_cs(x, alpha=0.1, breaks=1000, running_intersection=False), its own bets, a half of alpha on either side.
CONFSEQ_BOUNDS = {12: (0.0489, 0.4327), 30: (0.0743, 0.2789), 60: (0.0952, 0.2294)}
CONFSEQ_HEDGED = {12: (0.026, 0.466), 30: (0.071, 0.301), 60: (0.095, 0.239)}


@pytest.mark.parametrize(("mean", "expected"), CONFSEQ_CAPITAL.items())
def test_capital_is_confseq_s(mean: float, expected: tuple[float, ...]) -> None:
    values, ones = np.array(VALUES), np.ones(60)
    above = np.cumsum(log_factors(values, ones, mean), axis=0)
    below = np.cumsum(log_factors(ones - values, ones, 1.0 - mean), axis=0)
    found = np.exp([*log_capital(above)[[11, 59]], *log_capital(below)[[11, 59]]])
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seen", CONFSEQ_BOUNDS)
def test_bounds_are_confseq_s_up_to_its_grid(seen: int) -> None:
    found = betting_bounds(VALUES[:seen], [1.0] * seen, 1.0, 0.95)
    assert found is not None
    assert found[:2] == pytest.approx(CONFSEQ_BOUNDS[seen], abs=2e-4)
    # confseq's own bets, which learn as they go, are wider here.
    lower, upper = CONFSEQ_HEDGED[seen]
    assert lower - 1e-3 < found.lower
    assert found.upper < upper + 1e-3


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.95])
def test_of_yes_and_no_capital_is_a_mixture_of_likelihood_ratios(share: float) -> None:
    for events, n in ((0, 1), (1, 1), (3, 40), (40, 40), (0, 300)):
        rows = np.repeat([1.0, 0.0], [events, n - events])
        alternatives = share ** ((np.arange(BETS) + 0.5) / BETS)
        ratios = binom.logpmf(events, n, alternatives) - binom.logpmf(events, n, share)
        capital = log_capital(log_factors(rows, np.ones(n), share).sum(axis=0))
        assert capital == pytest.approx(logsumexp(ratios) - math.log(BETS), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("share", [1e-6, 0.02, 0.3, 0.7, 0.999])
@given(
    clusters=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=6),
)
def test_no_bet_gains_on_average_where_the_ratio_is_the_limit(
    share: float, clusters: list[tuple[int, int, int]]
) -> None:
    """Clusters of any sizes, drawn with any weights; sizes are stretched until the ratio of means is the limit."""
    bad, extra, weight = (np.array(each, dtype=float) for each in zip(*clusters, strict=True))
    size = bad + extra
    weight /= weight.sum()
    assume(0 < weight @ bad < weight @ size)
    ratio = (weight @ bad) / (weight @ size)
    bad = bad * share / max(ratio, share)
    size = bad + extra * (weight @ bad) * (1 - share) / share / (weight @ extra)
    bad, size = bad / size.max(), size / size.max()
    assert (weight @ bad) / (weight @ size) == pytest.approx(share)
    with np.errstate(under="ignore"):
        mean = weight @ np.exp(log_factors(bad, size, share))
    assert mean == pytest.approx(np.ones(BETS))


ROWS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted), max_size=40)


@settings(max_examples=30)
@given(rows=ROWS, confidence=st.sampled_from([0.9, 0.95, 0.99]), data=st.data())
def test_bounds_enclose_the_rate_and_hang_on_no_order(
    rows: list[list[int]], confidence: float, data: st.DataObject
) -> None:
    bad, size = ([row[place] for row in rows] for place in (0, 1))
    found = betting_bounds(bad, size, 20, confidence)
    if not sum(size):
        assert found is None
        return
    assert found is not None
    rate = sum(bad) / sum(size)
    assert 0.0 <= found.lower <= rate <= found.upper <= 1.0
    assert found.lower < found.upper
    assert found.lower < rate or rate == 0.0
    assert rate < found.upper or rate == 1.0
    order = data.draw(st.permutations(range(len(rows))))
    again = betting_bounds([bad[place] for place in order], [size[place] for place in order], 20, confidence)
    assert again == found
    # What is not an event is one for the complement.
    right = betting_bounds([of - many for many, of in rows], size, 20, confidence)
    assert right is not None
    assert (1.0 - right.upper, 1.0 - right.lower) == pytest.approx(found[:2], abs=1e-9)
    # Surer bounds are wider, and so are those for a worse worst case.
    for other in (betting_bounds(bad, size, 20, 0.995), betting_bounds(bad, size, 40, confidence)):
        assert other is not None
        assert other.lower <= found.lower + 1e-9
        assert found.upper <= other.upper + 1e-9


@settings(max_examples=30)
@given(rows=ROWS.filter(len), limit=st.floats(0.01, 0.99), data=st.data())
def test_the_test_settles_where_the_bounds_exclude_the_limit(
    rows: list[list[int]], limit: float, data: st.DataObject
) -> None:
    bad, size = (np.array([row[place] for row in rows], dtype=float) for place in (0, 1))
    at_once = SequentialTest(limit, 20, 0.95).fed(bad, size)
    in_parts, place = SequentialTest(limit, 20, 0.95), 0
    while place < len(rows):
        more = data.draw(st.integers(1, 7))
        in_parts = in_parts.fed(bad[place : place + more], size[place : place + more])
        place += more
    assert (in_parts.settled, in_parts.clusters) == (at_once.settled, at_once.clusters)
    expected = None
    for seen in range(1, len(rows) + 1):
        found = betting_bounds(bad[:seen], size[:seen], 20, 0.95)
        if found is not None and min(abs(bound - limit) for bound in found[:2]) < 1e-9:
            return  # rounding decides
        if found is not None and not found.lower < limit < found.upper:
            expected = (Settled.BELOW if found.upper < limit else Settled.ABOVE, seen)
            break
    assert (at_once.settled, at_once.clusters) == (expected or (None, len(rows)))


@pytest.mark.parametrize(("limit", "rows"), [(0.05, 89), (0.01, 450)])
def test_rows_without_an_event(limit: float, rows: int) -> None:
    """A fixed plan needs 59 and 299; being free to stop anywhere costs half as many again."""
    test = SequentialTest(limit, 1, 0.95).fed(np.zeros(1000), np.ones(1000))
    assert (test.settled, test.clusters) == (Settled.BELOW, rows)


def test_bounds_are_wider_than_those_for_one_look() -> None:
    for events, n in ((0, 50), (3, 70), (50, 1000), (10, 10)):
        found = betting_bounds([1.0] * events + [0.0] * (n - events), [1.0] * n, 1, 0.95)
        assert found is not None
        lower, upper = clopper_pearson(events, n, 0.95)
        assert found.lower <= lower
        assert upper <= found.upper


def test_a_ceiling_scales_the_events() -> None:
    bad, size = [3.0, 0.0, 7.0, 12.0], [10.0, 5.0, 6.0, 10.0]
    double = betting_bounds(bad, size, 10, 0.95, ceiling=2.0)
    single = betting_bounds([many / 2 for many in bad], size, 10, 0.95)
    assert double is not None
    assert single is not None
    assert double[:2] == pytest.approx((2 * single.lower, 2 * single.upper))
    # What no cluster can do need not be feared: a low ceiling settles sooner.
    zeros, tens = np.zeros(500), np.full(500, 10.0)
    assert SequentialTest(0.05, 10, 0.95, 0.2).fed(zeros, tens).clusters < 30
    assert SequentialTest(0.05, 10, 0.95, 1.0).fed(zeros, tens).clusters == 89


@pytest.mark.parametrize(
    ("events", "opportunities", "ceiling"),
    [
        ([1.0, 2.0], [1.0, 1.0], 1.0),  # more events than opportunities
        ([1.0], [11.0], 1.0),  # a larger cluster than declared
        ([-1.0], [1.0], 1.0),
        ([math.nan], [1.0], 1.0),
        ([3.0], [10.0], 0.2),  # a worse cluster than declared
    ],
)
def test_what_breaks_the_declaration_is_no_evidence(
    events: list[float], opportunities: list[float], ceiling: float
) -> None:
    with pytest.raises(EvidenceError, match="declares"):
        betting_bounds(events, opportunities, 10, 0.95, ceiling)
    with pytest.raises(EvidenceError, match="declares"):
        SequentialTest(0.05, 10, 0.95, ceiling).fed(events, opportunities)


@pytest.mark.parametrize("limit", [0.0, 1.0, -0.1, 1.5])
def test_a_limit_that_no_bet_can_be_made_against(limit: float) -> None:
    with pytest.raises(ValueError, match="between zero and the ceiling"):
        SequentialTest(limit, 1, 0.95).fed([0.0], [1.0])


@pytest.mark.parametrize(("most", "ceiling"), [(0, 1.0), (-1, 1.0), (1, 0.0), (math.nan, 1.0)])
def test_a_declaration_is_above_zero(most: float, ceiling: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        betting_bounds([0.0], [1.0], most, 0.95, ceiling)


def test_clusters_after_it_has_settled_are_not_used() -> None:
    settled = SequentialTest(0.05, 1, 0.95).fed(np.ones(3), np.ones(3))
    assert settled.settled is Settled.ABOVE
    assert settled.fed(np.zeros(1000), np.ones(1000)).settled is Settled.ABOVE
    assert settled.fed(np.zeros(1000), np.ones(1000)).clusters == settled.clusters
    assert SequentialTest(0.05, 1, 0.95).fed([], []).settled is None


RUNS = 300
SIMULATION_ERROR = 3 * math.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_a_rate_at_the_limit_is_falsely_settled_in_one_of_twenty_runs_at_most(spread: float) -> None:
    generator = np.random.Generator(np.random.Philox(20261))
    rate, runs, clusters = 0.1, RUNS, 300
    own = np.full((runs, clusters), rate)
    if spread:
        alike = spread**2 * rate / (1 - rate)
        own = generator.beta(rate * (1 - alike) / alike, (1 - rate) * (1 - alike) / alike, own.shape)
    size = generator.integers(1, 9, own.shape).astype(float)
    bad = generator.binomial(size.astype(int), own).astype(float)
    ended = [SequentialTest(rate, 8, 0.95).fed(many, of).settled for many, of in zip(bad, size, strict=True)]
    for side in Settled:
        assert ended.count(side) / runs <= 0.05 + SIMULATION_ERROR
