"""Sizes do what they promise: runs of that size settle it as often as was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, binom

from steelyard.stats.folds.pooled import PooledSums
from steelyard.stats.intervals.betting import SequentialTest
from steelyard.stats.intervals.binomial import clopper_pearson
from steelyard.stats.intervals.bounds import TOO_FEW_UNITS
from steelyard.stats.intervals.jackknife import jackknife_log
from steelyard.stats.planning import (
    clusters_to_settle,
    joint,
    rows_without_event_in_sequence,
    size_of_rows,
    spread_of_shares,
)


@pytest.mark.parametrize(
    ("limit", "least"),
    [(0.01, 299), (0.05, 59), (0.1, 29)],  # the rule of three, exactly: the least n with (1 − limit)ⁿ ≤ 5 %
)
def test_the_fewest_that_could_show_it(limit: float, least: int) -> None:
    size = size_of_rows(limit / 2, limit, 0.95, 0.8)
    assert size.least == least
    assert (1 - limit) ** least <= 0.05 < (1 - limit) ** (least - 1)
    assert size.chance == pytest.approx(binom.pmf(0, least, limit / 2))


@settings(max_examples=30)
@given(
    limit=st.floats(0.01, 0.2), good=st.floats(0.2, 0.6), power=st.sampled_from([0.5, 0.8, 0.95]), worse=st.booleans()
)
def test_so_many_rows_settle_it_as_often_as_asked(limit: float, good: float, power: float, worse: bool) -> None:
    expected = limit / good if worse else limit * good
    n = size_of_rows(expected, limit, 0.95, power).settles
    assert n is not None
    counts = np.arange(n + 1)
    likely = counts[binom.pmf(counts, n, expected) > 1e-9]
    shown = [
        clopper_pearson(int(count), n, 0.95)[0] >= limit if worse else clopper_pearson(int(count), n, 0.95)[1] < limit
        for count in likely[:: max(1, len(likely) // 200)]
    ]
    if len(likely) <= 200:  # each count was looked at: the power is exact
        assert binom.pmf(likely, n, expected)[shown].sum() >= power - 1e-6


def test_expected_at_the_limit_nothing_settles_it() -> None:
    assert size_of_rows(0.01, 0.01, 0.95, 0.8).settles is None
    assert clusters_to_settle(0.01, 0.01, 0.95, 0.8, 0.5) is None
    assert clusters_to_settle(0.0, 0.01, 0.95, 0.8, 0.5) is None


@pytest.mark.parametrize(("expected", "variation"), [(0.03, 0.6), (0.03, 0.3), (0.025, 0.8), (0.055, 0.5)])
def test_so_many_clusters_settle_it_about_as_often_as_asked(expected: float, variation: float) -> None:
    """Sizes over clusters are an approximation (t on the log scale); the bounds themselves are the program's own."""
    limit = 0.04
    clusters = clusters_to_settle(expected, limit, 0.95, 0.8, variation)
    assert clusters is not None
    generator, runs, settled = np.random.default_rng(5), 400, 0
    for _ in range(runs):
        rates = generator.gamma(variation**-2, expected * variation**2, clusters)
        events = generator.poisson(rates * 1e5).astype(float)
        folded = PooledSums(clusters, np.arange(clusters)[:, None], events, np.full(clusters, 1e5))
        bounds = jackknife_log(folded, events.sum() / (1e5 * clusters), 0.95)
        assert bounds is not None
        settled += bounds.upper < limit if expected < limit else bounds.lower >= limit
    assert settled / runs > 0.66
    assert clusters == TOO_FEW_UNITS or settled / runs < 0.92


@given(st.integers(1, 200), st.floats(0.5, 0.99))
def test_joint_power(requirements: int, power: float) -> None:
    assert joint(power, requirements) ** requirements == pytest.approx(power)
    assert joint(power, requirements) >= power or requirements == 1


@pytest.mark.parametrize(("expected", "variation", "rows"), [(0.05, 0.5, 20), (0.3, 0.2, 5), (0.02, 1.5, 50)])
def test_the_spread_of_shares_is_that_of_a_beta_binomial(expected: float, variation: float, rows: int) -> None:
    alike = variation**2 * expected / (1 - expected)
    alpha, beta = expected * (1 - alike) / alike, (1 - expected) * (1 - alike) / alike
    published = betabinom.std(rows, alpha, beta) / (rows * expected)
    assert spread_of_shares(expected, variation, rows) == pytest.approx(published)


def test_one_row_of_a_cluster_knows_nothing_of_clusters() -> None:
    luck = np.sqrt(0.95 / 0.05)
    assert spread_of_shares(0.05, 0.5, 1) == pytest.approx(luck) == spread_of_shares(0.05, 9.0, 20)


@pytest.mark.parametrize("limit", [0.001, 0.01, 0.05, 0.5, 0.99])
def test_the_first_stop_is_that_of_the_sequential_test(limit: float) -> None:
    rows = rows_without_event_in_sequence(limit, 0.95)
    test = SequentialTest(limit, 1, 0.95).fed([0.0] * (rows + 5), [1.0] * (rows + 5))
    assert test.clusters == rows
