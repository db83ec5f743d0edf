"""Korn–Graubard bounds, against statsmodels' cluster variance and SciPy's distributions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, t
from statsmodels.api import OLS

from steelyard.stats.intervals.korn_graubard import korn_graubard


def bounds(events: Sequence[float], rows: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    found = korn_graubard(np.array(events, dtype=float), np.array(rows, dtype=float), confidence)
    assert found is not None
    assert (found.method, found.decisive) == ("korn-graubard/1", False)
    return found.lower, found.upper


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize(
    ("events", "rows"),
    [
        ([3, 5, 8, 2, 6, 4, 9, 5, 7, 3], [100] * 10),
        ([3, 0, 8, 1, 0, 4, 0, 5], [10, 20, 30, 10, 5, 40, 8, 9]),
        ([1, 0, 0, 1], [2, 2, 2, 2]),
        ([9, 10, 10, 8, 10, 10], [10] * 6),
    ],
)
def test_bounds_by_another_route(events: list[int], rows: list[int], confidence: float) -> None:
    """The variance as statsmodels' regression on a constant has it; bounds as Korn and Graubard's (1998) beta ones."""
    clusters = np.repeat(np.arange(len(rows)), rows)
    yes = np.concatenate([np.arange(size) < event for event, size in zip(events, rows, strict=True)]).astype(float)
    fit = OLS(yes, np.ones(len(yes))).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    share, variance = float(fit.params[0]), float(fit.cov_params()[0, 0])
    n = len(yes)
    size = share * (1 - share) / variance * (t.ppf(confidence, n - 1) / t.ppf(confidence, len(rows) - 1)) ** 2
    size = min(size, n)
    hits = share * size
    expected = (beta.ppf(1 - confidence, hits, size - hits + 1), beta.ppf(confidence, hits + 1, size - hits))
    assert bounds(events, rows, confidence) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("events", "rows", "expected"),
    [
        ([0] * 20, [50] * 20, (0.0, 1 - 0.05 ** (1 / 20))),  # 20 clusters without an event: no more than 20 rows
        ([50] * 20, [50] * 20, (0.05 ** (1 / 20), 1.0)),
        ([0, 0, 0], [10, 10, 1000], (0.0, 1 - 0.05 ** (1000200 / 1020**2))),  # unequal ones count for fewer
    ],
)
def test_without_spread_clusters_count_as_rows(
    events: list[int], rows: list[int], expected: tuple[float, float]
) -> None:
    assert bounds(events, rows) == pytest.approx(expected)


def test_no_spread_between_clusters_is_no_proof_of_independence() -> None:
    lower, upper = bounds([5] * 20, [10] * 20)
    assert (lower, upper) == pytest.approx((beta.ppf(0.05, 10, 11), beta.ppf(0.95, 11, 10)))


@pytest.mark.parametrize(("events", "rows"), [([], []), ([1], [5]), ([1, 0], [5, 0])])
def test_one_cluster_has_no_bounds(events: list[float], rows: list[float]) -> None:
    assert korn_graubard(np.array(events, dtype=float), np.array(rows, dtype=float), 0.95) is None


CLUSTERS = st.lists(
    st.integers(0, 30).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows))), min_size=1, max_size=20
)


@given(CLUSTERS, st.sampled_from([0.9, 0.95, 0.99]))
def test_bounds_enclose_the_share_mirror_and_are_never_a_point(
    clusters: list[tuple[int, int]], confidence: float
) -> None:
    events, rows = (np.array(column, dtype=float) for column in zip(*clusters, strict=True))
    found = korn_graubard(events, rows, confidence)
    if found is None:
        assert (rows > 0).sum() < 2
        return
    share = events.sum() / rows.sum()
    assert 0.0 <= found.lower <= share <= found.upper <= 1.0
    assert found.lower < found.upper
    mirrored = korn_graubard(rows - events, rows, confidence)
    assert mirrored is not None
    assert mirrored[:2] == pytest.approx((1 - found.upper, 1 - found.lower), abs=1e-7)
    order = np.random.Generator(np.random.Philox(1)).permutation(len(events))
    again = korn_graubard(events[order], rows[order], confidence)
    assert again is not None
    assert again[:2] == pytest.approx(found[:2])
