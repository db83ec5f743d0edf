"""From LoadGen's latencies to estimates: by order statistics, by blocks where latencies hang together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.method import Direction, Family, Indicator
from steelyard.core.sample import Rows, Samples, rows_per_sample
from steelyard.core.verdict import Estimate, NewRun
from steelyard.core.words import Words
from steelyard.stats.estimate import estimate
from steelyard.stats.folds.order_statistics import failures_allowed, quantile_bounds, session_quantile_bounds
from steelyard.stats.folds.pooled import Pooled
from steelyard.stats.intervals.bounds import TOO_FEW_UNITS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUSPICION = 0.01
"""Latencies are taken to hang together where chance would show as much in so few runs."""
LAGS = 20
WINDOW = 5.0
"""A sum of autocorrelations ends where it spans so many times what it comes to (A. Sokal's rule)."""
SPANS = 5.0
"""A block is as long as so many times the autocorrelation time: neighbours then hardly hang together."""
MOST_BLOCKS = 200
BLOCKS = 20
"""Of a throughput."""
MOST_QUERIES = 10**8
NEVER = 1e9
"""So many times the latest answer counts as infinitely late where bounds are sought."""


@dataclass(frozen=True)
class Dependence:
    """Whether latencies hang together, and what was made of it."""

    lag_one: float | None
    """Autocorrelation of the ranks of neighbouring queries; None for fewer than three."""
    time: float
    """Integrated autocorrelation time, in queries: so many are worth one independent one."""
    by: str
    """``query``, ``block`` or ``start``: what is taken to be independent."""
    units: int
    because: Words


def depends(latencies: Sequence[NDArray[np.float64]], probability: float) -> tuple[Dependence, NDArray[np.int64]]:
    """Return whether latencies hang together, and the code of the independent unit of each.

    Parameters
    ----------
    latencies : sequence of ndarray
        Of each start of the product, float64[n], in the order of their queries.
    probability : float
        Of the quantile that is to be bounded.

    Notes
    -----
    Two series are looked at, the ranks and which queries are beyond the quantile: Ljung and Box's test on 20 lags,
    each at half of 1 %, and the integrated autocorrelation time 1 + 2 Σ ρ with A. Sokal's window. Several starts are
    compared by Kruskal and Wallis's test on queries an autocorrelation time apart.
    """
    import numpy as np

    whole = np.concatenate(latencies)
    threshold = np.sort(whole)[max(math.ceil(probability * len(whole)) - 1, 0)]
    series = [[_ranks(each) for each in latencies], [(each > threshold).astype(np.float64) for each in latencies]]
    found = [_autocorrelation(each) for each in series]
    time = max(1.0, *(_time(each) for each in found))
    together = any(_ljung_box(each, len(whole)) < SUSPICION / 2.0 for each in found if len(each) > 1)
    lag_one = float(found[0][1]) if len(found[0]) > 1 else None
    apart = _starts_differ(latencies, time if together else 1.0)
    if apart or (together and len(latencies) >= 10):
        codes = np.repeat(np.arange(len(latencies)), [len(each) for each in latencies])
        because = (
            Words("starts of the product differ", "产品各次启动之间存在差异")
            if apart
            else Words("neighbouring queries hang together", "相邻查询相关")
        )
        return Dependence(lag_one, time, "start", len(latencies), because), codes
    if not together:
        because = Words("neighbouring queries hang together no more than by chance", "相邻查询的相关性不超出偶然")
        return Dependence(lag_one, time, "query", len(whole), because), np.arange(len(whole))
    length = max(math.ceil(SPANS * time), math.ceil(len(whole) / MOST_BLOCKS))
    blocks: list[NDArray[np.int64]] = []
    count = 0
    for each in latencies:
        own = max(len(each) // length, 1)
        blocks.append(count + np.minimum(np.arange(len(each)) // length, own - 1))
        count += own
    because = Words(
        f"neighbouring queries hang together: {time:.1f} are worth one, so blocks of {length} count as sessions",
        f"相邻查询相关：{time:.1f} 个查询相当于 1 个独立查询，故以 {length} 个查询为一段会话",
    )
    return Dependence(lag_one, time, "block", count, because), np.concatenate(blocks)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    places = np.unique(values, return_inverse=True)[1]
    return places.astype(np.float64)


def _autocorrelation(series: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return autocorrelations from lag 0, pooled over series; nothing beyond it where nothing varies."""
    import numpy as np

    longest = max(len(each) for each in series)
    most = min(longest - 1, max(LAGS, longest // 4))
    total = np.zeros(most + 1)
    for each in series:
        apart = each - each.mean()
        size = 1 << (2 * len(each) - 1).bit_length()
        power = np.abs(np.fft.rfft(apart, size)) ** 2
        lags = np.fft.irfft(power, size)[: min(most + 1, len(each))]
        total[: len(lags)] += lags
    return total / total[0] if total[0] > 0.0 else np.ones(1)


def _time(correlation: NDArray[np.float64]) -> float:
    import numpy as np

    times = 2.0 * np.cumsum(correlation) - 1.0
    enough = np.flatnonzero(np.arange(len(times)) >= WINDOW * times)
    return float(times[enough[0]] if len(enough) else times.max())


def _ljung_box(correlation: NDArray[np.float64], n: int) -> float:
    """Return the probability that chance shows as much correlation."""
    import numpy as np
    from scipy.special import chdtrc

    lags = np.arange(1, min(LAGS, len(correlation) - 1) + 1)
    return float(chdtrc(len(lags), n * (n + 2) * (correlation[lags] ** 2 / (n - lags)).sum())) if n > LAGS else 1.0


def _starts_differ(latencies: Sequence[NDArray[np.float64]], time: float) -> bool:
    """Tell whether starts of the product differ more than queries of one do."""
    import numpy as np
    from scipy.special import chdtrc

    step = math.ceil(time)
    parts = [each[::step] for each in latencies]
    if len(parts) < 2 or min(map(len, parts)) < 5:
        return False
    ranks = _ranks(np.concatenate(parts))
    bounds = np.cumsum([0, *map(len, parts)])
    means = np.array([ranks[low:high].mean() for low, high in itertools.pairwise(bounds)])
    variance = ranks.var(ddof=1)
    spread = float((np.diff(bounds) * (means - ranks.mean()) ** 2).sum())
    return bool(variance > 0.0 and chdtrc(len(parts) - 1, spread / variance) < SUSPICION)


def latency_estimate(
    latencies: Sequence[NDArray[np.float64]], probability: float, confidence: float, limit: float | None
) -> tuple[Estimate, Dependence]:
    """Return a percentile of the latency with its bounds, in the unit of the latencies.

    Parameters
    ----------
    latencies : sequence of ndarray
        Of each start of the product; infinite where there was no answer.
    probability : float
        Of the percentile.
    confidence : float
        Of each bound.
    limit : float, optional
        Queries over it are the estimate's events.
    """
    import numpy as np

    whole = np.concatenate(latencies)
    dependence, codes = depends(latencies, probability)
    # Ties of what never came have bounds like other ties: later than anything that came.
    never = NEVER * float(whole[np.isfinite(whole)].max(initial=1.0))
    finite = np.where(np.isinf(whole), never, whole)
    if dependence.by == "query":
        bounds = quantile_bounds(finite, probability, confidence)
    else:
        bounds = session_quantile_bounds(finite, codes, probability, confidence)
    bounds = bounds._replace(
        lower=math.inf if bounds.lower > never / 4.0 else bounds.lower,
        upper=math.inf if bounds.upper > never / 4.0 else bounds.upper,
    )
    # As LoadGen takes its percentiles.
    value = float(np.sort(whole)[min(int(probability * len(whole)), len(whole) - 1)])
    flags = list(bounds.flags)
    missing = int(np.isinf(whole).sum())
    if missing:
        flags.append(
            Words(
                f"{missing:,} queries without an answer count as infinitely late",
                f"{missing:,} 个无回答的查询按延迟无穷大计",
            )
        )
    over = float((whole > limit).sum()) if limit is not None else 0.0
    found = Estimate(
        value=value,
        lower=max(min(bounds.lower, value), 0.0),
        upper=max(bounds.upper, value),
        confidence=confidence,
        method=bounds.method,
        events=over,
        opportunities=float(len(whole)),
        units=dependence.units,
        effective_units=len(whole) / dependence.time if dependence.by != "query" else float(len(whole)),
        flags=tuple(flags),
        decisive=bounds.decisive,
    )
    return found, dependence


def new_load(found: Estimate, probability: float, dependence: Dependence, power: float = 0.8) -> NewRun:
    """Return how many queries a new run needs to show that the percentile is within the limit.

    Parameters
    ----------
    found : Estimate
        Of this run; its events are the queries over the limit.
    probability : float
        Of the percentile.
    dependence : Dependence
        Of this run. Over blocks the tail, which stems from few of them, is worth about a third of what the
        autocorrelation time says.
    power : float
        Wanted probability that it shows it, if the share over the limit is what it was here, plus half a query.
    """
    from scipy.special import bdtr

    if dependence.by == "start":
        return NewRun(
            None,
            Words(
                "starts of the product differ, so they are what is counted: a new run needs 10 starts at least",
                "产品各次启动存在差异，故以启动为单元：重新检测至少需要 10 次启动",
            ),
        )
    if dependence.by == "block" and dependence.units < TOO_FEW_UNITS:
        return NewRun(
            None,
            Words(
                "latencies hang together over much of it, or drift: a longer run may settle it; no length can be told",
                "延迟在大部分运行时间内相关或存在漂移：延长运行或可判定，所需时长无法给出",
            ),
        )
    share = (found.events + 0.5) / (found.opportunities + 1.0)
    n = 32
    while n < MOST_QUERIES:
        allowed = failures_allowed(n, probability, found.confidence)
        if allowed is not None and bdtr(allowed, n, share) >= power:
            size = math.ceil(n * (1.0 if dependence.by == "query" else 3.0 * dependence.time))
            return NewRun(
                size,
                Words(
                    f"if the product is as good as it now looks, a new run of {size:,} queries shows that it conforms, "
                    f"with {power * 100:.0f} % probability",
                    f"若产品与目前所见一致，重新检测 {size:,} 个查询即有 {power * 100:.0f} % 的把握证明合格",
                ),
            )
        n = math.ceil(n * 1.05)
    return NewRun(
        None,
        Words(
            "as the product now looks, no number of queries shows that it conforms",
            "按目前所见，再多查询也无法证明合格",
        ),
    )


def _rates(samples: Samples, records: object) -> Rows:  # noqa: ARG001 - rows are made where they are counted
    return rows_per_sample(samples)


THROUGHPUT = Indicator(
    name="throughput",
    title=Words("throughput", "吞吐量"),
    direction=Direction.HIGHER,
    rows=_rates,
    columns=("samples", "seconds"),
    fold=Pooled(("samples",), ("seconds",)),
    family=Family.RATIO,
    event=Words("sample", "样本"),
    events=Words("samples", "样本"),
    opportunities=Words("seconds", "秒"),
    unit="1/s",
    range=(0.0, math.inf),
)


def throughput_estimate(
    completed: Sequence[NDArray[np.float64]], answered: Sequence[NDArray[np.bool_]], confidence: float
) -> Estimate:
    """Return answered samples per second with bounds, over blocks of completions.

    Parameters
    ----------
    completed : sequence of ndarray
        Of each start: seconds from the start of the job to each sample's completion.
    answered : sequence of ndarray
        Whether it was answered; what was not takes its time and brings nothing.
    confidence : float
        Of each bound.
    """
    import numpy as np

    rows, units, count = [], [], 0
    each = max(BLOCKS // len(completed), 2)
    for times, usable in zip(completed, answered, strict=True):
        order = np.argsort(times, kind="stable")
        gaps = np.diff(times[order], prepend=0.0)
        rows.append(np.column_stack([usable[order], gaps]).astype(np.float64))
        units.append(count + np.arange(len(times)) * each // len(times))
        count += each
    codes = np.concatenate(units)[:, None]
    return estimate(THROUGHPUT, [Rows(np.concatenate(rows), np.arange(len(codes)), codes)], count, confidence)
