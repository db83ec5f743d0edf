"""Resampling: exact on a histogram of distinct rows, studentised over clusters as a cross-check, plain for the rest.

Nothing here decides a verdict over clusters (docs/statistics.md shows why); a cross-check that disagrees is said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from steelyard.core.method import Folded
from steelyard.core.words import Words
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.philox import CELLS, Draw, multinomial_weights, over_blocks, uniforms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 1999
"""By default: with one more than these, 5 % is a whole number of them."""
ROUNDING = 1e-9
"""Relative: what is nearer is the same."""
LARGEST_EXPONENT = 700.0
WITHOUT_END = 100.0
"""A bound so many times as far as the deciding one, and as one event for each opportunity, is said to be none."""
CLEARLY_WIDER = 1.25
"""How many times as far as the deciding bound a cross-check must reach to be said."""


class Studentised(Folded, Protocol):
    """A fold that has a standard error under any weights."""

    def value_and_error(self, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the value and its standard error, both float64[B], under weights float64[B, units]."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """Distinct rows and how often each occurs: all that resampling of rows needs to know.

    Examples
    --------
    >>> import numpy as np
    >>> found = histogram(np.array([[0.0, 9.0], [1.0, 9.0], [0.0, 9.0]]))
    >>> found.rows.tolist(), found.counts.tolist()
    ([[0.0, 9.0], [1.0, 9.0]], [2, 1])
    """

    rows: NDArray[np.float64]
    """float64[d, c], sorted."""
    counts: NDArray[np.int64]
    """int64[d]."""


def histogram(rows: NDArray[np.float64], counts: NDArray[np.int64] | None = None) -> Histogram:
    """Return the distinct rows of float64[m, c], sorted, and how often each occurs (or the sums of ``counts``)."""
    import numpy as np

    code = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        distinct, place = np.unique(column, return_inverse=True)
        # Codes are made small again after each column, so that their product does not overflow.
        code = np.unique(code * max(len(distinct), 1) + place, return_inverse=True)[1]
    _, first = np.unique(code, return_index=True)
    weights = np.ones(len(rows), dtype=np.int64) if counts is None else counts
    summed = np.zeros(len(first), dtype=np.int64)
    np.add.at(summed, code, weights)
    return Histogram(rows[first], summed)


def merged(*parts: Histogram) -> Histogram:
    """Return the histogram of all rows together: rows merge by concatenation, counts by addition."""
    import numpy as np

    return histogram(np.concatenate([part.rows for part in parts]), np.concatenate([part.counts for part in parts]))


def resampled_counts(found: Histogram, resamples: int, seed: int, start: int = 0) -> NDArray[np.float64]:
    """Return how often each distinct row is drawn when as many rows are drawn as there were: exactly the bootstrap.

    Parameters
    ----------
    found : Histogram
        Distinct rows.
    resamples : int
        How many times.
    seed, start : int
        As `steelyard.stats.intervals.philox.uniforms` takes them.

    Returns
    -------
    float64[resamples, d]
        Whole numbers; each row sums to the number of rows.

    Notes
    -----
    A multinomial draw, as a chain of binomial ones given what is left (L. Devroye, Non-Uniform Random Variate
    Generation (1986), section XI.1.4), each by the inverse of its distribution function at a uniform number: work and
    memory go with the number of distinct rows, whatever the number of rows.

    Examples
    --------
    >>> import numpy as np
    >>> rare = Histogram(np.array([[0.0], [1.0]]), np.array([999_999_000, 1000]))
    >>> resampled_counts(rare, 3, seed=1)[:, 1].tolist()
    [1054.0, 978.0, 1051.0]
    """
    import numpy as np

    drawn = np.zeros((resamples, len(found.counts)))
    level = uniforms(max(len(found.counts), 1), resamples, seed, start)
    left = np.full(resamples, found.counts.sum())
    # The rarest first, so that small numbers keep their precision; the most frequent takes what is left.
    rising = np.argsort(found.counts, kind="stable")
    rest = np.cumsum(found.counts[rising][::-1])[::-1]
    for place, of in zip(rising[:-1], rest[:-1], strict=True):
        taken = _binomial(level[:, place], left, found.counts[place] / of)
        drawn[:, place] = taken
        left -= taken
    drawn[:, rising[-1:]] = left[:, None]
    return drawn


def resampled_sums(found: Histogram, resamples: int, seed: int) -> NDArray[np.float64]:
    """Return the sum of each column over the rows of each resample, float64[resamples, c]."""
    import numpy as np

    at_once = max(1, CELLS // max(len(found.counts), 1))
    return np.concatenate(
        [np.empty((0, found.rows.shape[1]))]
        + [
            resampled_counts(found, min(at_once, resamples - start), seed, start) @ found.rows
            for start in range(0, resamples, at_once)
        ]
    )


def bootstrap_t_log(
    folded: Studentised, value: float, confidence: float, *, seed: int, resamples: int = RESAMPLES
) -> Bounds | None:
    """Return bounds of a ratio by the studentised bootstrap over clusters, on the log scale: a cross-check.

    Parameters
    ----------
    folded : Studentised
        Rows folded by cluster.
    value : float
        The ratio over all clusters.
    confidence : float
        Of each bound by itself.
    seed : int
        Of the weights, by the rule of `steelyard.stats.intervals.philox`.
    resamples : int
        How many.

    Returns
    -------
    Bounds or None
        None where there is no spread to go by. A bound that too many resamples leave open is 0 or infinite.

    Notes
    -----
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap (1993), section 12.5, on the logarithm; the standard
    error in each resample is the linearised one. A resample without an event, or without spread, counts as infinitely
    far out.
    """
    import numpy as np

    units = len(folded.size())
    error = _log_error(*folded.value_and_error((folded.size() > 0)[None].astype(np.float64)))[0]
    if not (value > 0.0 and error > 0.0):
        return None

    def pivot(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        values, errors = folded.value_and_error(weights)
        with np.errstate(divide="ignore"):
            apart: NDArray[np.float64] = np.log(values / value)
        apart[np.abs(apart) < ROUNDING] = 0.0
        each = _log_error(values, errors)
        # Without spread a resample is infinitely far out on its side, or at the value itself.
        nowhere = np.where(apart == 0.0, 0.0, np.copysign(np.inf, apart))
        return np.divide(apart, each, out=nowhere, where=each > 0.0)

    least, most = _ends(over_blocks(pivot, _among_held(folded), units, resamples, seed), confidence)
    lower, upper = (_times(value, -end * error) for end in (most, least))
    return Bounds(lower, upper, "bootstrap-t-log/1", float(error), decisive=False)


def percentile(folded: Folded, confidence: float, *, seed: int, resamples: int = RESAMPLES) -> Bounds | None:
    """Return the percentile bounds of any folded quantity, resampling units: shown where there is nothing better.

    Parameters
    ----------
    folded : Folded
        Rows folded by unit; of a mean over groups that share their units, all are drawn at once.
    confidence : float
        Of each bound by itself.
    seed, resamples : int
        As for `bootstrap_t_log`.

    Returns
    -------
    Bounds or None
        None with fewer than two units. Resamples without a value count as beyond either bound, which is infinite where
        they are too many.

    Notes
    -----
    B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap (1993), section 13.3. Over few clusters these bounds
    are too narrow and no verdict rests on them: docs/statistics.md.
    """
    import numpy as np

    held = int((folded.size() > 0).sum())
    if held < 2:
        return None
    values = over_blocks(folded.value, _among_held(folded), len(folded.size()), resamples, seed)
    lower, _ = _ends(np.where(np.isnan(values), -np.inf, values), confidence)
    _, upper = _ends(np.where(np.isnan(values), np.inf, values), confidence)
    return Bounds(lower, upper, "percentile/1", decisive=False)


def disagreement(decisive: Bounds, check: Bounds | None, value: float, unit: str = "1") -> tuple[Words, ...]:
    """Return what a reader should know where a cross-check reaches clearly farther than the bounds that decide.

    Parameters
    ----------
    decisive, check : Bounds
        Of the same positive quantity.
    value : float
        The quantity: events by opportunities, also where the indicator is one minus that.
    unit : str
        Its unit; ``"1"``: a share, said in percent.

    Examples
    --------
    >>> [flag.en for flag in disagreement(Bounds(0.04, 0.06, "a/1"), Bounds(0.04, 0.08, "b/1"), 0.05)]
    ['the cross-check b/1 reaches farther above: 8 % of events, not 6 %']
    >>> [flag.en for flag in disagreement(Bounds(0.04, 0.06, "a/1"), Bounds(0.04, 1e299, "b/1"), 0.05)]
    ['the cross-check b/1 reaches farther above: without end, not 6 % of events']
    """
    if check is None or value <= 0.0:
        return ()
    flags = []
    for mine, other, en, zh in (
        (decisive.lower, check.lower, "below", "下"),
        (decisive.upper, check.upper, "above", "上"),
    ):
        if _apart(other, value) > CLEARLY_WIDER * _apart(mine, value):
            flags.append(_farther(check.method, Words(en, zh), other, mine, unit))
    return tuple(flags)


def _farther(method: str, side: Words, other: float, mine: float, unit: str) -> Words:
    """Return the flag: how far the cross-check reaches, and how far the bounds that decide."""

    def said(bound: float) -> str:
        return f"{bound * 100:.3g} %" if unit == "1" else f"{bound:.3g} {unit}"

    of = " of events" if unit == "1" else ""
    of_zh = "（事件率）" if unit == "1" else ""
    if other > WITHOUT_END * max(mine, 1.0):
        far = Words(f"without end, not {said(mine)}{of}", f"无上界，而非 {said(mine)}{of_zh}")
    else:
        far = Words(f"{said(other)}{of}, not {said(mine)}", f"{said(other)}{of_zh}，而非 {said(mine)}")
    return Words(
        f"the cross-check {method} reaches farther {side.en}: {far.en}",
        f"交叉核对 {method} 的{side.zh}限更远：{far.zh}",
    )


def _times(value: float, exponent: float) -> float:
    """Return value·exp(exponent), infinite where that is no number a computer holds."""
    return value * math.exp(exponent) if exponent < LARGEST_EXPONENT else math.inf


def _apart(bound: float, value: float) -> float:
    return math.inf if bound <= 0.0 or math.isinf(bound) else abs(math.log(bound / value))


def _log_error(values: NDArray[np.float64], errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard errors of the logarithms; zero where there is none but for rounding."""
    import numpy as np

    found = np.divide(errors, values, out=np.zeros_like(values), where=values > 0.0)
    return np.where(found > ROUNDING, found, 0.0)


def _ends(values: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Return the values that a share of 1 − confidence of all lies below, and above, rounded outward."""
    import numpy as np

    beyond = math.floor((len(values) + 1) * (1.0 - confidence) + 1e-9)
    if beyond < 1:
        return -math.inf, math.inf
    ranked = np.partition(values, (beyond - 1, len(values) - beyond))
    return float(ranked[beyond - 1]), float(ranked[len(values) - beyond])


def _among_held(folded: Folded) -> Draw:
    """Return a way to draw weights in which only units with data take part."""
    import numpy as np

    held = np.flatnonzero(folded.size() > 0)

    def draw(units: int, resamples: int, seed: int, start: int = 0) -> NDArray[np.float64]:
        weights = multinomial_weights(len(held), resamples, seed, start)
        if len(held) == units:
            return weights
        among = np.zeros((resamples, units))
        among[:, held] = weights
        return among

    return draw


def _binomial(level: NDArray[np.float64], trials: NDArray[np.int64], chance: float) -> NDArray[np.int64]:
    """Return the least numbers whose binomial distribution function is at least ``level``."""
    import numpy as np
    from scipy.special import bdtr, bdtrik

    some = np.maximum(trials, 1)
    found = np.clip(np.ceil(np.nan_to_num(bdtrik(level, some, chance))), 0, some).astype(np.int64)
    # The inverse is good to some digits: what it gives is moved to where the distribution function says.
    while (lower := (found < some) & (bdtr(found, some, chance) < level)).any():
        found += lower
    while (higher := (found > 0) & (bdtr(np.maximum(found - 1, 0), some, chance) >= level)).any():
        found -= higher
    return np.where(trials > 0, found, 0)
