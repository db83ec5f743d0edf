"""The variance of a ratio of sums over clusters, held against survey software."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.stats.intervals.linearisation import linearised_variance

SOME_CLUSTERS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=2, max_size=8)


@given(SOME_CLUSTERS)
def test_linearised_variance_is_that_of_a_cluster_robust_regression(clusters: list[tuple[int, int]]) -> None:
    """A ratio is a weighted least squares fit of a constant: statsmodels' sandwich over clusters."""
    from statsmodels.api import WLS

    events, sizes = np.array(clusters, dtype=float).T
    fit = WLS(events / sizes, np.ones(len(sizes)), weights=sizes).fit(
        cov_type="cluster", cov_kwds={"groups": np.arange(len(sizes))}
    )
    assert linearised_variance(events, sizes) == pytest.approx(float(fit.cov_params()[0, 0]), abs=1e-12)


@pytest.mark.parametrize(("events", "sizes"), [([], []), ([1], [4]), ([0, 0], [0, 0]), ([1, 0], [4, 0])])
def test_too_few_clusters_have_no_variance(events: list[float], sizes: list[float]) -> None:
    assert math.isnan(linearised_variance(np.array(events, dtype=float), np.array(sizes, dtype=float)))
