"""Quantiles (p90, p99 latency): their value under weights, and bounds by order statistics, alone or by sessions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.method import Folded
from steelyard.core.sample import Rows
from steelyard.core.words import Words
from steelyard.stats.intervals.bounds import TOO_FEW_UNITS, Bounds, enough
from steelyard.stats.intervals.resampling import blocks, row_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDING = 1e-12
"""A share of the weights counts as reached when it is missed by no more than rounding does."""


def queries_needed(probability: float, failures: int, confidence: float) -> int:
    """Return the least number of queries that shows a quantile when ``failures`` of them were over the limit.

    Parameters
    ----------
    probability : float
        Of the quantile, in (0, 1): 0.99 for the p99.
    failures : int
        Queries over the limit that are allowed.
    confidence : float
        Of the statement that the quantile is within the limit.

    Notes
    -----
    The least n with P(Binomial(n, 1 − probability) ≤ failures) ≤ 1 − confidence. MLPerf LoadGen's early stopping
    (``loadgen/early_stopping.cc``; MLPerf Inference Rules, appendix on early stopping) asks this with one failure at
    a confidence of 99 %: 64 queries at the 90th percentile, 662 at the 99th. With no failure allowed 44 and 459 do.

    Examples
    --------
    >>> queries_needed(0.90, 1, 0.99), queries_needed(0.99, 1, 0.99), queries_needed(0.99, 0, 0.95)
    (64, 662, 299)
    """
    from scipy.special import bdtr

    def enough(n: int) -> bool:
        return bool(bdtr(failures, n, 1.0 - probability) <= 1.0 - confidence)

    high = failures + 1
    while not enough(high):
        high *= 2
    return _least(enough, failures, high)


def failures_allowed(n: int, probability: float, confidence: float) -> int | None:
    """Return the most queries of n that may be over the limit when the quantile is still shown to be within it.

    None where n queries, all of them good, show nothing.

    Examples
    --------
    >>> failures_allowed(64, 0.90, 0.99), failures_allowed(1000, 0.99, 0.95), failures_allowed(298, 0.99, 0.95)
    (1, 4, None)
    """
    upper = _ranks(n, probability, confidence)[1]
    return None if upper is None else n - upper


def quantile_bounds(values: NDArray[np.float64], probability: float, confidence: float) -> Bounds:
    """Return bounds of a quantile from independent rows, whatever their distribution.

    Parameters
    ----------
    values : ndarray
        float64[n]; infinite where there was no answer.
    probability : float
        Of the quantile, in (0, 1).
    confidence : float
        Of each bound by itself.

    Returns
    -------
    Bounds
        Infinite where n is too small, with the least n among the flags; NaN without rows.

    Notes
    -----
    W. J. Conover, Practical Nonparametric Statistics, 3rd ed. (1999), section 3.2: the r-th of n sorted values is above
    the quantile with probability P(Binomial(n, p) ≤ r − 1), or more where values tie. Where ties put both bounds on
    one value, they are set apart by half the least step between values, for values that tie were rounded.

    Examples
    --------
    >>> import numpy as np
    >>> found = quantile_bounds(np.arange(1.0, 1001.0), 0.99, 0.95)
    >>> found.lower, found.upper
    (985.0, 996.0)
    """
    import numpy as np

    ordered = np.sort(values)
    if not len(ordered):
        return Bounds(math.nan, math.nan, "order-statistics/1", flags=(_NO_ROWS,), decisive=False)
    ranks = _ranks(len(ordered), probability, confidence)
    return _between(ordered, ranks, "order-statistics/1", probability, confidence, len(ordered))


def session_quantile_bounds(
    values: NDArray[np.float64], sessions: NDArray[np.int64], probability: float, confidence: float
) -> Bounds:
    """Return bounds of a quantile from rows that hang together within independent sessions.

    Parameters
    ----------
    values : ndarray
        float64[n]; infinite where there was no answer.
    sessions : ndarray
        int64[n]: which session each row belongs to, coded from 0.
    probability, confidence : float
        As for :func:`quantile_bounds`.

    Returns
    -------
    Bounds
        NaN without rows; infinite with fewer than two sessions, or where their effective number of rows is too small.
        Fewer than ten effective sessions are not decisive.

    Notes
    -----
    The share of rows at or below a point is a clustered proportion. Its bounds are those of E. L. Korn,
    B. I. Graubard, Survey Methodology 24 (1998) 193–201: Clopper–Pearson with the effective number of rows
    n* = F(1 − F)/var(F), var(F) by linearised totals of sessions, times (t(n − 1)/t(freedom))². They are inverted
    at every point, not only at the estimated quantile as R. S. Woodruff, JASA 47 (1952) 635–646, does: a bound in the
    tail has few rows beyond it, and the spread there is its own. As those rows may stem from few sessions, freedom is
    the effective number of sessions among them less one, where that is below the number of sessions less one: with
    all sessions counted, p99 of 20 sessions at an autocorrelation of 0.9 is accepted falsely in 10 % of runs.

    Examples
    --------
    >>> import numpy as np
    >>> values, sessions = np.arange(2000.0) % 97, np.arange(2000) // 50
    >>> found = session_quantile_bounds(values, sessions, 0.9, 0.95)
    >>> found.lower, found.upper
    (83.0, 89.0)
    """
    import numpy as np

    method, n = "korn-graubard-quantile/1", len(values)
    if not len(values):
        return Bounds(math.nan, math.nan, method, flags=(_NO_ROWS,), decisive=False)
    order = np.argsort(values, kind="stable")
    ordered, codes = values[order], sessions[order]
    present, codes, counts = np.unique(codes, return_inverse=True, return_counts=True)
    if len(present) < 2:
        return Bounds(-math.inf, math.inf, method, flags=(_ONE_SESSION,), decisive=False)
    share = _Shares(ordered, codes, counts.astype(np.float64), confidence)
    # Up to the one rank the share is shown to be at least p; before the other it is shown to be less.
    upper = _least(lambda rank: share.bounds(rank)[0] >= probability, 0, n + 1)
    lower = _least(lambda rank: share.bounds(rank)[1] >= probability, -1, n)
    ranks = (lower or None, upper if upper <= n else None)
    found = _between(ordered, ranks, method, probability, confidence, share.effective(upper))
    effective = share.sessions(math.ceil(probability * n))
    if not enough(effective):
        flag = Words(
            f"beyond the quantile {effective:.1f} effective sessions: fewer than {TOO_FEW_UNITS} decide nothing",
            f"分位数以外的数据仅来自 {effective:.1f} 个有效会话：少于 {TOO_FEW_UNITS} 不能作出判定",
        )
        found = found._replace(flags=(*found.flags, flag), decisive=False)
    return found


@dataclass(frozen=True, eq=False)
class _Shares:
    """Bounds of the share of rows up to a rank, over sessions."""

    ordered: NDArray[np.float64]
    codes: NDArray[np.int64]
    sizes: NDArray[np.float64]
    confidence: float

    def tail(self, rank: int) -> NDArray[np.float64]:
        """Return how many rows of each session are on the rarer side of the value at a rank."""
        import numpy as np

        n = len(self.ordered)
        # Rows that tie are at or below the point together.
        rank = int(np.searchsorted(self.ordered, self.ordered[min(max(rank, 1), n) - 1], side="right"))
        rarer = self.codes[rank:] if 2 * rank >= n else self.codes[:rank]
        return np.bincount(rarer, minlength=len(self.sizes)).astype(np.float64)

    def sessions(self, rank: int) -> float:
        """Return the effective number of sessions on the rarer side, but for what chance alone unites.

        Pairs of rows among k like sessions are of one session with probability 1/k.
        """
        tail = self.tail(rank)
        whole, alike = float(tail.sum()), float((tail * (tail - 1.0)).sum())
        equal = float(self.sizes.sum() ** 2 / (self.sizes**2).sum())
        return min(whole * (whole - 1.0) / alike, equal) if alike > 0.0 else equal

    def effective(self, rank: int) -> float:
        """Return the effective number of rows for the share up to a rank."""
        from scipy.special import stdtrit

        n, count = len(self.ordered), len(self.sizes)
        tail = self.tail(rank)
        total = float(tail.sum())
        # Half a row at least is taken to be on either side.
        share = min(max(total, 0.5), n - 0.5) / n
        apart = tail - self.sizes * (total / n)
        variance = count / (count - 1) * float((apart**2).sum()) / n**2
        rows = min(share * (1.0 - share) / variance, n) if variance > 0.0 else float(n)
        among = total**2 / float((tail**2).sum()) if total > 0.0 else 0.0
        freedom = max(min(among, count) - 1.0, 1.0)
        return float(rows * (stdtrit(max(n - 1, 1), self.confidence) / stdtrit(freedom, self.confidence)) ** 2)

    def bounds(self, rank: int) -> tuple[float, float]:
        """Return the lower and the upper bound of the share of rows up to a rank."""
        from scipy.special import betaincinv

        n = len(self.ordered)
        rows = self.effective(rank)
        events = rows * rank / n
        lower = 0.0 if rank == 0 else float(betaincinv(events, rows - events + 1.0, 1.0 - self.confidence))
        upper = 1.0 if rank >= n else float(betaincinv(events + 1.0, rows - events, self.confidence))
        return lower, upper


_Ranks = tuple[int | None, int | None]
_NO_ROWS = Words("no rows", "没有数据")
_ONE_SESSION = Words("one session alone shows no spread between sessions", "仅一个会话，无法得知会话之间的差异")


def _least(holds: Callable[[int], bool], low: int, high: int) -> int:
    """Return the least whole number in (low, high] for which a condition holds from there on, else ``high``."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _ranks(n: int, probability: float, confidence: float) -> _Ranks:
    """Return the ranks, from 1, of the values that bound a quantile from below and above; None where none does."""
    from scipy.special import bdtr

    # Rank r is a lower bound when P(fewer than r values are at or below the quantile) is small.
    lower = _least(lambda rank: bool(bdtr(rank - 1, n, probability) > 1.0 - confidence), 0, n + 1) - 1
    upper = _least(lambda rank: bool(bdtr(rank - 1, n, probability) >= confidence), 0, n + 1)
    return lower or None, upper if upper <= n else None


def _between(
    ordered: NDArray[np.float64], ranks: _Ranks, method: str, probability: float, confidence: float, rows: float
) -> Bounds:
    """Return the values at two ranks, with what there is to say of them."""
    import numpy as np

    lower, upper = ranks
    low = -math.inf if lower is None else float(ordered[lower - 1])
    high = math.inf if upper is None else float(ordered[upper - 1])
    flags = []
    for missing, side, side_zh, share in (
        (lower, "lower", "下", 1.0 - probability),
        (upper, "upper", "上", probability),
    ):
        if missing is None:
            needed, percent = queries_needed(share, 0, confidence), f"{probability * 100:g}"
            en = (
                f"{rows:,.0f} independent rows give no {side} bound of the {percent} % quantile: {needed:,} at least do"
            )
            zh = f"{rows:,.0f} 个独立数据给不出 {percent} % 分位数的{side_zh}界：至少需要 {needed:,} 个"
            flags.append(Words(en, zh))
    if low == high:
        steps = np.diff(np.unique(ordered[np.isfinite(ordered)]))
        step = float(steps.min()) / 2.0 if len(steps) else 0.0
        if math.isinf(high):
            low = float(ordered[np.isfinite(ordered)].max(initial=-math.inf))
        else:
            low, high = (
                min(low - step, math.nextafter(low, -math.inf)),
                max(high + step, math.nextafter(high, math.inf)),
            )
        flags.append(Words("values tie: they were rounded, and so is this", "数值相同：读数经过取整，界限也如此"))
    return Bounds(low, high, method, flags=tuple(flags))


@dataclass(frozen=True)
class Quantile:
    """The fold of a quantile of one column.

    The quantile is the inverse of the empirical distribution: the least value at or below which rows of at least the
    share ``probability`` of all weight lie (type 1 of R. J. Hyndman, Y. Fan, The American Statistician 50 (1996) 361).

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> rows = Rows(np.array([[3.0], [1.0], [2.0]]), np.arange(3), np.arange(3)[:, None])
    >>> Quantile("seconds", 0.5)(rows, ("seconds",), units=3).value(np.array([[1.0, 1.0, 1.0], [2.0, 0.0, 1.0]]))
    array([2., 3.])
    """

    column: str
    probability: float
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return which rows are above the quantile, and one for each row, both float64[m]."""
        import numpy as np

        values = rows.values[:, columns.index(self.column)]
        if not len(values):
            return np.zeros(0), np.zeros(0)
        rank = max(math.ceil(self.probability * len(values) * (1.0 - ROUNDING)), 1)
        return (values > np.partition(values, rank - 1)[rank - 1]).astype(np.float64), np.ones(len(values))

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> Folded:
        """Sort the rows, once."""
        import numpy as np

        values = rows.values[:, columns.index(self.column)]
        order = np.argsort(values, kind="stable")
        return SortedRows(units, self.probability, values[order], rows.units[order])


@dataclass(frozen=True, eq=False)
class SortedRows:
    """Rows in the order of their values, to be valued under many weights."""

    units: int
    probability: float
    values: NDArray[np.float64]
    """float64[m], ascending."""
    codes: NDArray[np.int64]
    """int64[m, d]: the units of each row."""

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the quantile under weights float64[B, units]; NaN where there is no weight."""
        import numpy as np

        found = np.full(len(weights), np.nan)
        if not len(self.values):
            return found
        for block in blocks(len(weights), len(self.values)):
            reached = np.cumsum(row_weights(weights[block], self.codes), axis=1)
            wanted = self.probability * reached[:, -1] * (1.0 - ROUNDING)
            place = (reached < wanted[:, None]).sum(axis=1)
            found[block] = np.where(reached[:, -1] > 0.0, self.values[place], np.nan)
        return found

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the quantile without each unit in turn, float64[units]."""
        import numpy as np

        m = len(self.values)
        if not m or self.codes.shape[1] > 1:
            return self.value(1.0 - np.eye(self.units))
        codes = self.codes[:, 0]
        order = np.argsort(codes, kind="stable")
        sizes = np.bincount(codes, minlength=self.units)
        first = np.cumsum(sizes) - sizes
        # For each row of a unit: how many rows of other units come before it.
        others = order - (np.arange(m) - np.repeat(first, sizes))
        kept = m - sizes
        rank = np.maximum(np.ceil(self.probability * kept * (1.0 - ROUNDING)), 1).astype(np.int64)
        keys = codes[order] * (m + 1) + others
        before = np.searchsorted(keys, np.arange(self.units) * (m + 1) + rank) - first
        return np.where(kept > 0, self.values[np.minimum(rank + before - 1, m - 1)], np.nan)

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share of the rows, float64[units]."""
        import numpy as np

        shares = np.bincount(self.codes.ravel(), minlength=self.units).astype(np.float64)
        return shares / max(float(shares.sum()), 1.0)

    def bounds(self, confidence: float, seed: int) -> Bounds | None:  # noqa: ARG002 (nothing is drawn)
        """Return bounds by order statistics: of rows where each has a unit of its own, else of units.

        Where rows belong to units of several kinds, those of the kind with the fewest are the sessions.
        """
        import numpy as np

        codes = min(self.codes.T, key=lambda column: len(np.unique(column)))
        if not len(codes):
            return None
        if int(np.bincount(codes).max()) == 1:
            return quantile_bounds(self.values, self.probability, confidence)
        return session_quantile_bounds(self.values, codes, self.probability, confidence)
