"""A requirement that is watched cluster by cluster: where it is settled, and its bounds there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from steelyard.core.method import Indicator
from steelyard.core.plan import Declared
from steelyard.core.sample import Rows
from steelyard.core.specification import Limit
from steelyard.core.verdict import Estimate
from steelyard.stats.intervals.betting import Settled, betting_bounds, capital_paths, scaled
from steelyard.stats.intervals.bounds import Bounds

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


class Watched(NamedTuple):
    """What was found over all clusters that were asked, and where either side was first shown."""

    estimate: Estimate
    holds_at: int | None
    """Number of clusters after which the requirement was first shown to hold; None: it was not."""
    fails_at: int | None
    """The same, of being shown to fail."""


def watched(
    indicator: Indicator,
    rows: Rows,
    order: NDArray[np.int64],
    limit: Limit,
    declared: Declared,
    *,
    confidence: float,
    failing: float,
    bounded: bool = True,
) -> Watched:
    """Return what was found up to now, and where it was first shown to hold or to fail.

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
        Of each bound, and of holding, over all clusters at which one may look.
    failing : float
        Confidence of failing: higher where there are several requirements of which one may fail by chance.
    bounded : bool
        Whether bounds are wanted too, which take most of the time.

    Returns
    -------
    Watched
        Either side once shown stays shown: its bound is the best that it ever was.

    Raises
    ------
    EvidenceError
        Where a cluster exceeds what the plan declared, errors without anything to count among them.
    """
    import numpy as np

    events, opportunities = cluster_sums(indicator, rows, order)
    held = (opportunities > 0) | (events > 0)
    events, opportunities, place = events[held], opportunities[held], np.flatnonzero(held)
    happened, of, count = float(events.sum()), float(opportunities.sum()), len(events)
    most, ceiling, rate = declared.most, declared.ceiling, edge(indicator, limit)
    if not of > 0.0:
        # Errors among nothing exceed whatever was declared: this is said, not dropped.
        scaled(events, opportunities, most, ceiling)
        return Watched(Estimate(None, None, None, confidence, "none", happened, of, count, float(count)), None, None)
    below, above = capital_paths(events, opportunities, rate, most, ceiling)
    good, bad = (below, above) if conforming_side(indicator, limit) is Settled.BELOW else (above, below)
    holds, fails = _first(good, confidence), _first(bad, failing)
    found = None
    if bounded:
        found = betting_bounds(events, opportunities, most, confidence, ceiling)
        assert found is not None
        # What was once shown stays shown: its bound is the better of then and now.
        then = [
            None if first is None else betting_bounds(events[:first], opportunities[:first], most, confidence, ceiling)
            for first in (_first(below, confidence), _first(above, confidence))
        ]
        if then[0] is not None:
            found = found._replace(upper=min(found.upper, then[0].upper))
        if then[1] is not None:
            found = found._replace(lower=max(found.lower, then[1].lower))
    return Watched(
        _estimate(indicator, found, happened, of, opportunities, confidence),
        None if holds is None else int(place[holds - 1]) + 1,
        None if fails is None else int(place[fails - 1]) + 1,
    )


def _first(path: NDArray[np.float64], confidence: float) -> int | None:
    """Return after how many clusters capital was first large enough."""
    import numpy as np

    reached = np.flatnonzero(path >= -math.log1p(-confidence))
    return int(reached[0]) + 1 if len(reached) else None


def _estimate(
    indicator: Indicator,
    found: Bounds | None,
    happened: float,
    of: float,
    opportunities: NDArray[np.float64],
    confidence: float,
) -> Estimate:
    complement = indicator.fold.complement
    value = (of - happened) / of if complement else happened / of
    lower = upper = None
    if found is not None:
        ends = (1.0 - found.upper, 1.0 - found.lower) if complement else (found.lower, found.upper)
        lower, upper = min(ends[0], value), max(ends[1], value)
    return Estimate(
        value=value,
        lower=lower,
        upper=upper,
        confidence=confidence,
        method="none" if found is None else found.method,
        events=happened,
        opportunities=of,
        units=len(opportunities),
        effective_units=float(of**2 / (opportunities**2).sum()),
    )
