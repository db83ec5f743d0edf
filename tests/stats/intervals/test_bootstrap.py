"""Resampling: against SciPy's bootstrap, against all outcomes, and against loops."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chisquare, multinomial

from steelyard.stats.folds.pooled import MeanOf, PooledSums
from steelyard.stats.intervals.bootstrap import (
    Histogram,
    bootstrap_t_log,
    disagreement,
    histogram,
    merged,
    percentile,
    resampled_counts,
    resampled_sums,
)
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.jackknife import jackknife_log
from steelyard.stats.intervals.philox import multinomial_weights


def folded(events: Sequence[float], sizes: Sequence[float]) -> PooledSums:
    keys = np.arange(len(events))[:, None]
    return PooledSums(len(events), keys, np.array(events, dtype=float), np.array(sizes, dtype=float))


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30)


def array(rows: Sequence[tuple[int, int]]) -> np.ndarray:
    return np.array(rows, dtype=float).reshape(-1, 2)


@given(ROWS)
def test_a_histogram_counts(rows: list[tuple[int, int]]) -> None:
    found = histogram(array(rows))
    expected = Counter(rows)
    assert {
        tuple(row): count for row, count in zip(found.rows.tolist(), found.counts.tolist(), strict=True)
    } == expected
    assert found.rows.tolist() == sorted(found.rows.tolist())


@given(st.lists(ROWS, min_size=1, max_size=4))
def test_merging_parts_is_pooling(parts: list[list[tuple[int, int]]]) -> None:
    whole = histogram(array([row for part in parts for row in part]))
    together = merged(*(histogram(array(part)) for part in parts))
    assert (together.rows.tolist(), together.counts.tolist()) == (whole.rows.tolist(), whole.counts.tolist())
    assert resampled_sums(together, 5, 1).tolist() == resampled_sums(whole, 5, 1).tolist()


def test_many_columns_do_not_overflow() -> None:
    generator = np.random.Generator(np.random.Philox(4))
    rows = generator.normal(size=(2000, 12))
    assert len(histogram(np.concatenate([rows, rows])).counts) == 2000


@given(st.lists(st.integers(0, 10**6), max_size=12), st.integers(0, 2**64))
def test_each_resample_has_as_many_rows(counts: list[int], seed: int) -> None:
    found = Histogram(np.arange(float(len(counts)))[:, None], np.array(counts, dtype=np.int64))
    drawn = resampled_counts(found, 3, seed)
    assert drawn.shape == (3, len(counts))
    assert (drawn >= 0).all()
    assert (drawn.sum(axis=1) == sum(counts)).all()
    assert (drawn[:, np.array(counts, dtype=int) == 0] == 0).all()
    # What a resample is does not hang on how many are drawn.
    assert (resampled_counts(found, 1, seed, start=2)[0] == drawn[2]).all()


def test_counts_are_multinomial() -> None:
    """All 28 ways to draw six rows of three kinds, as often as SciPy's distribution has them."""
    found = Histogram(np.arange(3.0)[:, None], np.array([3, 1, 2]))
    drawn = Counter(map(tuple, resampled_counts(found, 20_000, 8).astype(int).tolist()))
    ways = [(one, two, 6 - one - two) for one in range(7) for two in range(7 - one)]
    expected = np.array([20_000 * multinomial.pmf(way, 6, [1 / 2, 1 / 6, 1 / 3]) for way in ways])
    often = expected > 5
    seen = np.array([drawn[way] for way in ways])
    pooled = [*seen[often], seen[~often].sum()], [*expected[often], expected[~often].sum()]
    assert chisquare(*pooled).pvalue > 0.001


@pytest.mark.parametrize(("n", "rare"), [(10**6, 1), (10**6, 5000), (10**9, 40), (50, 20)])
def test_counts_are_binomial(n: int, rare: int) -> None:
    drawn = resampled_counts(Histogram(np.zeros((2, 1)), np.array([n - rare, rare])), 4000, 9)[:, 1]
    for share in (0.05, 0.5, 0.95):
        expected = binom.cdf(binom.ppf(share, n, rare / n), n, rare / n)
        assert (drawn <= binom.ppf(share, n, rare / n)).mean() == pytest.approx(expected, abs=0.025)


def test_the_histogram_s_bootstrap_is_the_rows_() -> None:
    """The same distribution as by drawing the 400 rows themselves: standard errors agree within simulation error."""
    generator = np.random.Generator(np.random.Philox(3))
    rows = np.column_stack([generator.binomial(9, 0.1, 400), generator.integers(8, 11, 400)]).astype(float)
    sums = resampled_sums(histogram(rows), 4000, 1)
    short = sums[:, 0] / sums[:, 1]
    weights = multinomial_weights(400, 4000, 2)
    long = (weights @ rows[:, 0]) / (weights @ rows[:, 1])
    assert short.mean() == pytest.approx(long.mean(), rel=0.005)
    assert short.std() == pytest.approx(long.std(), rel=0.05)


def loop_pivots(events: np.ndarray, sizes: np.ndarray, weights: np.ndarray) -> list[float]:
    """Studentised logarithms, one resample and one drawn cluster at a time."""
    value = events.sum() / sizes.sum()
    found = []
    for row in weights:
        drawn = np.repeat(np.arange(len(events)), row.astype(int))
        some, of = events[drawn], sizes[drawn]
        ratio = some.sum() / of.sum()
        k = len(drawn)
        error = math.sqrt(k / (k - 1) * ((some - ratio * of) ** 2).sum()) / of.sum() / ratio
        found.append(math.log(ratio / value) / error)
    return sorted(found)


def test_bootstrap_t_is_that_of_a_plain_loop() -> None:
    generator = np.random.Generator(np.random.Philox(5))
    sizes = generator.integers(50, 150, 15).astype(float)
    events = generator.binomial(sizes.astype(int), 0.2).astype(float)
    value = events.sum() / sizes.sum()
    found = bootstrap_t_log(folded(events, sizes), value, 0.9, seed=6, resamples=199)
    assert found is not None
    pivots = loop_pivots(events, sizes, multinomial_weights(15, 199, 6))
    error = math.sqrt(15 / 14 * ((events - value * sizes) ** 2).sum()) / events.sum()
    expected = (value * math.exp(-pivots[179] * error), value * math.exp(-pivots[19] * error), error)
    assert (found.lower, found.upper, found.log_error) == pytest.approx(expected)
    assert (found.method, found.decisive) == ("bootstrap-t-log/1", False)


def test_units_without_data_take_no_part() -> None:
    events, sizes = [3.0, 5, 8, 2, 6, 4, 9, 5, 7, 3], [100.0] * 10
    alone = folded(events, sizes)
    among = folded([*events[:5], 0, *events[5:], 0, 0], [*sizes[:5], 0, *sizes[5:], 0, 0])
    assert bootstrap_t_log(among, 0.052, 0.95, seed=1) == bootstrap_t_log(alone, 0.052, 0.95, seed=1)
    assert percentile(among, 0.95, seed=1) == percentile(alone, 0.95, seed=1)


def test_percentile_bounds_are_scipy_s() -> None:
    """SciPy draws by itself: bounds agree within simulation error."""
    from scipy.stats import bootstrap

    generator = np.random.Generator(np.random.Philox(7))
    sizes = generator.integers(50, 150, 30).astype(float)
    events = generator.binomial(sizes.astype(int), generator.beta(2, 18, 30)).astype(float)
    theirs = bootstrap(
        (events, sizes),
        lambda e, n, axis: e.sum(axis=axis) / n.sum(axis=axis),
        paired=True,
        n_resamples=9999,
        confidence_level=0.9,
        method="percentile",
        rng=np.random.default_rng(np.random.Philox(8)),
    ).confidence_interval
    found = percentile(folded(events, sizes), 0.95, seed=9, resamples=9999)
    assert found is not None
    assert (found.lower, found.upper) == pytest.approx((theirs.low, theirs.high), rel=0.01)


def test_a_mean_over_groups_is_drawn_at_once() -> None:
    """Groups with the same speakers: the error of the mean is that of each, not less by the root of two."""
    generator = np.random.Generator(np.random.Philox(10))
    rates = generator.beta(4, 76, 25)
    parts = [folded(generator.binomial(4000, rates), [4000.0] * 25) for _ in range(2)]
    mean = MeanOf(parts)
    value = float(mean.value(np.ones((1, 25)))[0])
    together, check = jackknife_log(mean, value, 0.95), bootstrap_t_log(mean, value, 0.95, seed=11)
    single = jackknife_log(parts[0], float(parts[0].value(np.ones((1, 25)))[0]), 0.95)
    plain = percentile(mean, 0.95, seed=11)
    assert together is not None
    assert check is not None
    assert single is not None
    assert plain is not None
    assert together.log_error == pytest.approx(single.log_error, rel=0.05)
    assert check.log_error == pytest.approx(together.log_error, rel=0.05)
    assert math.log(plain.upper / plain.lower) == pytest.approx(2 * 1.645 * check.log_error, rel=0.1)


@pytest.mark.parametrize(
    ("events", "sizes"),
    [([], []), ([1], [5]), ([0] * 9, [5] * 9), ([5] * 9, [5] * 9), ([2] * 9, [5] * 9), ([2, 0], [5, 0])],
)
def test_without_spread_there_is_no_cross_check(events: list[float], sizes: list[float]) -> None:
    value = sum(events) / sum(sizes) if sizes else 0.0
    assert bootstrap_t_log(folded(events, sizes), value, 0.95, seed=1, resamples=99) is None


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=12))
def test_bounds_enclose_the_ratio_and_are_never_a_point(clusters: list[tuple[int, int]]) -> None:
    events, sizes = zip(*clusters, strict=True)
    if sum(sizes) == 0:
        return
    value = sum(events) / sum(sizes)
    found = bootstrap_t_log(folded(events, sizes), value, 0.95, seed=2, resamples=199)
    if found is not None:
        assert 0.0 <= found.lower < found.upper
        assert not math.isnan(found.lower)


def test_resamples_without_a_value_are_beyond_both_bounds() -> None:
    class Sometimes:
        def value(self, weights: np.ndarray) -> np.ndarray:
            return np.where(weights[:, 0] > 0, weights[:, 0], np.nan)

        def leave_one_out(self) -> np.ndarray:
            raise NotImplementedError

        def size(self) -> np.ndarray:
            return np.ones(10)

    # A given one of ten units is missing from 35 % of resamples.
    assert percentile(Sometimes(), 0.95, seed=1) == Bounds(-math.inf, math.inf, "percentile/1", decisive=False)


def test_too_few_resamples_bound_nothing() -> None:
    found = percentile(folded([1, 2, 3], [9, 9, 9]), 0.95, seed=1, resamples=18)
    assert found is not None
    assert found[:2] == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("check", "sides"),
    [
        (None, []),
        (Bounds(0.04, 0.06, "b/1"), []),
        (Bounds(0.039, 0.0625, "b/1"), []),
        (Bounds(0.0, 0.06, "b/1"), ["below"]),
        (Bounds(0.037, 0.064, "b/1"), ["below", "above"]),
        (Bounds(0.045, math.inf, "b/1"), ["above"]),
    ],
)
def test_what_reaches_clearly_farther_is_said(check: Bounds | None, sides: list[str]) -> None:
    flags = disagreement(Bounds(0.04, 0.06, "a/1"), check, 0.05)
    assert [next(side for side in ("below", "above") if side in flag.en) for flag in flags] == sides
    assert all(flag.zh for flag in flags)
