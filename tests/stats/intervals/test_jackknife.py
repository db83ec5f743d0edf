"""Bounds over clusters: against a plain delete-one loop, and against simulated test sets."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import t

from steelyard.stats.folds.pooled import PooledSums
from steelyard.stats.intervals.jackknife import effective_units, jackknife_log, largest_share


def folded(events: Sequence[float], sizes: Sequence[float]) -> PooledSums:
    keys = np.arange(len(events))[:, None]
    return PooledSums(len(events), keys, np.array(events, dtype=float), np.array(sizes, dtype=float))


def ratio(events: Sequence[float], sizes: Sequence[float]) -> float:
    return sum(events) / sum(sizes)


@pytest.mark.parametrize(
    ("sizes", "count", "effective"),
    [
        ([5, 5, 5, 5], 4, 4.0),  # equal clusters count in full
        ([5, 0, 5, 0], 2, 2.0),  # those without data not at all
        ([1, 3], 2, 16 / 10),
        ([1000, 1, 1], 3, 1002**2 / (1000**2 + 2)),  # as good as one
        ([0, 0], 0, 0.0),
    ],
)
def test_effective_units(sizes: list[float], count: int, effective: float) -> None:
    assert effective_units(folded([0] * len(sizes), sizes)) == (count, pytest.approx(effective))


CLUSTERS = st.lists(st.tuples(st.integers(1, 50), st.integers(50, 400)), min_size=3, max_size=30)


@given(CLUSTERS, st.sampled_from([0.9, 0.95, 0.99]))
def test_bounds_are_those_of_a_plain_loop(clusters: list[tuple[int, int]], confidence: float) -> None:
    events, sizes = zip(*clusters, strict=True)
    assume(len({event / size for event, size in clusters}) > 1)
    count = len(clusters)
    logs = []
    for left_out in range(count):
        kept = [cluster for place, cluster in enumerate(clusters) if place != left_out]
        logs.append(math.log(sum(event for event, _ in kept) / sum(size for _, size in kept)))
    mean = sum(logs) / count
    error = math.sqrt((count - 1) / count * sum((log - mean) ** 2 for log in logs))
    freedom = max(sum(sizes) ** 2 / sum(size**2 for size in sizes) - 1, 1)
    quantile = t.ppf(confidence, freedom)
    value = ratio(events, sizes)
    # Skewness of what clusters do to the logarithm, and the Edgeworth term of a studentised mean.
    moves = [mean - log for log in logs]
    spread = math.sqrt(sum(move**2 for move in moves) / count)
    shown = sum(move**3 for move in moves) / count / spread**3
    variation = error * math.sqrt(count)
    by_size = 2.25 * sum(sizes) * sum(size**3 for size in sizes) / sum(size**2 for size in sizes) ** 2
    above, below = (
        (skewness * (2 * quantile**2 + 1) / 6 - variation * quantile**2 / 2) / math.sqrt(count)
        for skewness in (max(shown, by_size * variation), min(shown, -0.5 * variation))
    )
    expected = (
        value * math.exp(-error * quantile) / (1 - error * min(below, 0.0)),
        value * math.exp(error * quantile) * (1 + error * max(above, 0.0)),
        error,
    )
    found = jackknife_log(folded(events, sizes), value, confidence)
    assert found is not None
    assert (found.lower, found.upper, found.log_error) == pytest.approx(expected)


UNSEEN_20 = 1 - 0.05 ** (1 / 20)
"""A kind of cluster as rare as this escapes 20 clusters with probability 5 %."""


@pytest.mark.parametrize(
    ("events", "sizes", "expected"),
    [
        ([0] * 20, [9] * 20, (0.0, UNSEEN_20)),  # no error at all
        ([9] * 20, [9] * 20, (1 - UNSEEN_20, 1 / (1 - UNSEEN_20))),  # nothing but errors: worse in proportion
        ([3] * 20, [9] * 20, (1 / 3 * (1 - UNSEEN_20), 1 / 3 * (1 - UNSEEN_20) + UNSEEN_20)),  # no spread
    ],
)
def test_without_spread_the_bounds_are_what_may_hide(
    events: list[float], sizes: list[float], expected: tuple[float, float]
) -> None:
    found = jackknife_log(folded(events, sizes), ratio(events, sizes), 0.95)
    assert found is not None
    assert found[:2] == pytest.approx(expected)
    assert found.log_error is None


def test_without_spread_unequal_clusters_hide_more() -> None:
    sizes = [3.0, 6.0, 9.0] * 7
    unseen = 1 - 0.05 ** (sum(size**2 for size in sizes) / sum(sizes) ** 2)
    found = jackknife_log(folded([size / 3 for size in sizes], sizes), 1 / 3, 0.95)
    assert found is not None
    assert found[:2] == pytest.approx((1 / 3 * (1 - unseen), 1 / 3 * (1 - unseen) + unseen))


@pytest.mark.parametrize(
    ("events", "sizes"),
    [([], []), ([0], [9]), ([3, 0], [9, 0])],  # the jackknife needs two clusters with data
)
def test_too_few_clusters_give_no_bounds(events: list[float], sizes: list[float]) -> None:
    assert jackknife_log(folded(events, sizes), 0.0, 0.95) is None


@pytest.mark.parametrize(
    ("events", "sizes"),
    [
        ([1] + [0] * 19, [9] * 20),
        ([9] + [0] * 19, [9] * 20),
        ([280] + [0] * 49, [280] + [14] * 49),  # the one cluster that fails is the one that is large
    ],
)
def test_one_cluster_that_holds_all_errors_leaves_room_on_both_sides(events: list[float], sizes: list[float]) -> None:
    value = ratio(events, sizes)
    found = jackknife_log(folded(events, sizes), value, 0.95)
    assert found is not None
    # A bound at the value itself would be an upper bound of 50 %, not of 95 %.
    assert found[0] < value < found[1]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20)), min_size=2, max_size=25))
def test_bounds_enclose_the_ratio_and_are_never_a_point(clusters: list[tuple[int, int]]) -> None:
    """Sums over sums may exceed one: insertions against few characters, seconds against seconds."""
    events, sizes = zip(*clusters, strict=True)
    assume(sum(sizes) > 0)
    value = ratio(events, sizes)
    found = jackknife_log(folded(events, sizes), value, 0.95)
    if found is not None:
        assert found[0] <= value <= found[1]
        assert found[0] < found[1]


def false_verdicts(
    clusters: int, rate: float, variation: float, unequal: float, runs: int, *, seed: int
) -> tuple[float, float]:
    """Shares of runs that accept, and that reject, a product that lies just at the limit.

    Clusters' own rates are beta-distributed with a coefficient of variation, and their sizes log-normal with another.
    """
    generator = np.random.Generator(np.random.Philox(seed))
    alike = variation**2 * rate / (1 - rate)
    alpha, beta = rate * (1 - alike) / alike, (1 - rate) * (1 - alike) / alike
    spread = math.sqrt(math.log1p(unequal**2))
    accepted = rejected = 0
    for _ in range(runs):
        sizes = np.ceil(500 * np.exp(generator.normal(-(spread**2) / 2, spread, clusters)))
        events = generator.binomial(sizes.astype(int), generator.beta(alpha, beta, clusters)).astype(float)
        found = jackknife_log(folded(events.tolist(), sizes.tolist()), events.sum() / sizes.sum(), 0.95)
        assert found is not None
        accepted += found[1] < rate
        rejected += found[0] > rate
    return accepted / runs, rejected / runs


RUNS = 2000
SIMULATION_ERROR = 3 * math.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize(
    ("clusters", "rate", "variation", "unequal"),
    [
        (20, 0.06, 0.3, 0.0),  # as the speakers of AISHELL-1
        (10, 0.05, 1.0, 0.0),
        (20, 0.05, 1.0, 0.5),
        (50, 0.05, 1.0, 1.0),
        (20, 0.5, 0.5, 0.5),  # rates that lean to neither side
    ],
)
def test_a_product_at_the_limit_is_falsely_judged_in_one_of_twenty_runs(
    clusters: int, rate: float, variation: float, unequal: float
) -> None:
    """docs/statistics.md has the whole grid, with more runs."""
    accepted, rejected = false_verdicts(clusters, rate, variation, unequal, RUNS, seed=20260)
    assert accepted <= 0.05 + SIMULATION_ERROR
    assert rejected <= 0.05 + SIMULATION_ERROR


@pytest.mark.parametrize(
    ("events", "share"),
    [([9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2], True), ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], False)],
)
def test_one_cluster_that_makes_most_of_the_spread_is_said(events: list[float], share: bool) -> None:
    sizes = [100.0] * 12
    found = jackknife_log(folded(events, sizes), ratio(events, sizes), 0.95)
    assert found is not None
    assert any("of the spread" in flag.en and "离散" in flag.zh for flag in found.flags) is share
    part = largest_share(folded(events, sizes))
    assert part is not None
    assert (part > 0.5) is share


@pytest.mark.parametrize(("events", "sizes"), [([], []), ([1], [9]), ([1] * 5, [9] * 5), ([0] * 5, [9] * 5)])
def test_without_spread_no_cluster_has_a_share_of_it(events: list[float], sizes: list[float]) -> None:
    assert largest_share(folded(events, sizes)) is None


@given(CLUSTERS)
def test_more_confidence_is_farther_out(clusters: list[tuple[int, int]]) -> None:
    events, sizes = zip(*clusters, strict=True)
    bounds = [jackknife_log(folded(events, sizes), ratio(events, sizes), level) for level in (0.9, 0.95, 0.99)]
    lower = [found.lower for found in bounds if found is not None]
    upper = [found.upper for found in bounds if found is not None]
    assert lower == sorted(lower, reverse=True)
    assert upper == sorted(upper)


def test_bounds_that_nothing_holds_stay_numbers() -> None:
    # Two clusters a thousandfold apart: a standard error near 7 on the log scale, with one degree of freedom.
    found = jackknife_log(folded([1, 1000], [1000, 1000]), 0.5005, 0.95)
    assert found is not None
    assert 0.0 <= found.lower < 0.5005 < found.upper < math.inf
