"""A requirement that is watched cluster by cluster: where it is settled, and its bounds there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.core.method import Indicator
from steelyard.core.plan import Declared
from steelyard.core.sample import Rows
from steelyard.core.specification import Limit
from steelyard.core.verdict import Estimate
from steelyard.stats.intervals.betting import SequentialTest, Settled, betting_bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def edge(indicator: Indicator, limit: Limit) -> float:
    """Return the limit on the rate of events: an accuracy's is one minus that of its errors."""
    return 1.0 - limit.value if indicator.fold.complement else limit.value


def conforming_side(indicator: Indicator, limit: Limit) -> Settled:
    """Return on which side of the edge the rate of events must be shown to be."""
    return Settled.BELOW if limit.upper != indicator.fold.complement else Settled.ABOVE


def cluster_sums(
    indicator: Indicator, rows: Rows, order: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return events and opportunities of each cluster, both float64[k], in the order in which they were drawn.

    Parameters
    ----------
    indicator : Indicator
        Whose fold counts; its rows belong to one unit each.
    rows : Rows
        Of the samples that were asked.
    order : int64[k]
        Codes of the clusters.
    """
    events, opportunities = indicator.fold.counts(rows, indicator.columns)
    codes = rows.units[:, 0]
    size = int(max(codes.max(initial=-1), order.max(initial=-1))) + 1
    return _summed(codes, events, size)[order], _summed(codes, opportunities, size)[order]


def _summed(codes: NDArray[np.int64], counts: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    import numpy as np

    return np.bincount(codes, counts, minlength=size).astype(np.float64)


def watched(
    indicator: Indicator,
    rows: Rows,
    order: NDArray[np.int64],
    limit: Limit,
    declared: Declared,
    confidence: float,
) -> tuple[Estimate, Settled | None]:
    """Return what was found up to the cluster that settled it, and on which side.

    Parameters
    ----------
    indicator : Indicator
        What is estimated: a proportion, or a ratio of sums.
    rows : Rows
        Of the samples that were asked.
    order : int64[k]
        Codes of the clusters that were asked, in the order in which they were drawn.
    limit : Limit
        What it is held against.
    declared : Declared
        The most that a cluster can bring, as the plan has it.
    confidence : float
        Of each bound by itself, over all clusters at which one may look.

    Returns
    -------
    Estimate, Settled or None
        Of the clusters up to the one that settled it; of all, where none did. Later clusters change nothing.
    """
    events, opportunities = cluster_sums(indicator, rows, order)
    held = opportunities > 0
    events, opportunities = events[held], opportunities[held]
    test = SequentialTest(edge(indicator, limit), declared.most, confidence, declared.ceiling)
    test = test.fed(events, opportunities)
    events, opportunities = events[: test.clusters], opportunities[: test.clusters]
    happened, of = float(events.sum()), float(opportunities.sum())
    bounds = betting_bounds(events, opportunities, declared.most, confidence, declared.ceiling)
    count = len(events)
    if bounds is None:
        return Estimate(None, None, None, confidence, "none", happened, of, count, float(count)), None
    complement = indicator.fold.complement
    found = Estimate(
        value=(of - happened) / of if complement else happened / of,
        lower=1.0 - bounds.upper if complement else bounds.lower,
        upper=1.0 - bounds.lower if complement else bounds.upper,
        confidence=confidence,
        method=bounds.method,
        events=happened,
        opportunities=of,
        units=count,
        effective_units=float(of**2 / (opportunities**2).sum()),
        flags=bounds.flags,
    )
    return found, test.settled
