"""Tail probabilities and the bounds that are found from them: what `verify_report.py` computes estimates with.

Every bound is found another way than Steelyard finds it: as the place where a tail probability, computed here, is what
it should be. docs/statistics.md says which bounds they are and why.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


def crossing(reached: Callable[[float], bool], low: float = 0.0, high: float = 1.0) -> float:
    """Return up to where a condition holds that holds at the low end only."""
    for _ in range(1100):
        middle = (low + high) / 2.0
        if not low < middle < high or middle < 1e-16:
            break
        low, high = (middle, high) if reached(middle) else (low, middle)
    return low


def exact_bounds(events: int, n: int, confidence: float) -> tuple[float, float]:
    """Return where the binomial tails from and up to so many events are 1 − confidence (Clopper, Pearson)."""
    if not 0 <= events <= n:
        raise ValueError(f"{events} events among {n}")
    k = np.arange(n + 1)
    ways = np.concatenate([[0.0], np.cumsum(np.log(k[:0:-1]) - np.log(k[1:]))])

    def tail(share: float, part: slice) -> float:
        return float(np.exp(ways[part] + k[part] * math.log(share) + (n - k[part]) * math.log1p(-share)).sum())

    alpha = 1.0 - confidence
    lower = 0.0 if events == 0 else crossing(lambda share: tail(share, slice(events, None)) < alpha)
    upper = 1.0 if events == n else crossing(lambda share: tail(share, slice(events + 1)) > alpha)
    return lower, upper


def beta_below(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function by its continued fraction (DLMF 8.17.22, Lentz's method)."""
    if not 0.0 < x < 1.0:
        return float(x >= 1.0)
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - beta_below(1.0 - x, b, a)
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    fraction = d
    for m in range(1, 100_000):
        for step in (
            m * (b - m) / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1.0 / (1.0 + step * x * d), 1.0 + step * x / c
            fraction *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log) * fraction / a


def beta_quantile(a: float, b: float, level: float) -> float:
    """Return where so much of a beta distribution is below."""
    return 0.0 if a <= 0.0 else 1.0 if b <= 0.0 else crossing(lambda x: beta_below(x, a, b) < level)


def student_quantile(freedom: float, level: float) -> float:
    """Return where so much (more than half) of Student's t is below: |t| by t²/(ν + t²), which is beta distributed."""
    share = beta_quantile(0.5, freedom / 2.0, 2.0 * level - 1.0)
    return math.sqrt(freedom * share / (1.0 - share))


class Bounds(NamedTuple):
    """Of the folded quantity, before a complement is taken."""

    lower: float
    upper: float
    method: str
    log_error: float | None = None


def unseen(units: float, confidence: float) -> float:
    """Return how rare a kind is that escapes so many units."""
    return 1.0 - math.pow(1.0 - confidence, 1.0 / units)


def jackknife(value: float, without: Array, size: Array, effective: float, confidence: float) -> Bounds | None:
    """Return bounds over clusters: jackknife-t on the log scale with version 2's allowance for skewness."""
    count = len(without)
    if count < 2 or not np.isfinite(without).all():
        return None
    rare = unseen(effective, confidence)
    above = max(value + rare * (1.0 - value), value / (1.0 - rare))
    if value == 0.0 or without.max() - without.min() <= 1e-12 * value:
        return Bounds(value * (1.0 - rare), above, "unseen-cluster/1")
    if without.min() <= 0.0:
        return Bounds(0.0, max(beta_quantile(2.0, effective - 1.0, confidence), above), "one-cluster/1")
    moves = np.log(without).mean() - np.log(without)
    error = math.sqrt((count - 1) / count * float(moves @ moves))
    shown = float((moves**3).sum()) / float(moves @ moves) ** 1.5 / error
    uneven = float(size.sum() * (size**3).sum() / (size @ size) ** 2)
    t = student_quantile(max(effective - 1.0, 1.0), confidence)
    each, seen = (2.0 * t**2 + 1.0) / 6.0, t**2 / 2.0
    down = t * error + math.log1p(error**2 * max(0.0, seen - min(-0.5, shown) * each))
    up = t * error + math.log1p(error**2 * max(0.0, max(2.25 * uneven, shown) * each - seen))
    return Bounds(value * math.exp(-min(down, 700.0)), value * math.exp(min(up, 700.0)), "jackknife-t-log/2", error)


def kish(size: Array) -> float:
    """Return the effective number of units that are unequal in size."""
    return float(size.sum() ** 2 / (size @ size)) if size.any() else 0.0


def area(score: Array, positive: Array, units: Array, confidence: float) -> tuple[float, Bounds | None, Array, float]:
    """Return an area under the curve, its bounds (DeLong, Obuchowski), units' shares, and the fewer class's number."""
    kinds, count = (positive, ~positive), int(units.max(initial=-1)) + 1
    shares = [np.bincount(units[kind], minlength=count) / max(kind.sum(), 1) for kind in kinds]
    fewer, size = min(map(kish, shares)), (shares[0] + shares[1]) / 2.0
    if not positive.any() or positive.all():
        return math.nan, None, size, fewer
    moves, value = [], math.nan
    for own, other, sign in ((*kinds, 1.0), (*kinds[::-1], -1.0)):
        rest = np.sort(sign * score[other])
        rank = (
            np.searchsorted(rest, sign * score[own], "left") + np.searchsorted(rest, sign * score[own], "right")
        ) / 2.0
        right = rank / len(rest)
        value = float(right.mean()) if sign > 0.0 else value
        moves.append(np.bincount(units[own], (right - value) / own.sum(), minlength=count))
    held = [share > 0.0 for share in shares]
    if min(each.sum() for each in held) < 2:
        return value, None, size, fewer
    both = int((held[0] | held[1]).sum())
    variance = sum(n.sum() / (n.sum() - 1) * float(move @ move) for n, move in zip(held, moves, strict=True))
    variance = max(variance + 2.0 * both / (both - 1) * float(moves[0] @ moves[1]), 0.0)
    square = (moves[0] + moves[1])[size > 0.0] ** 2
    spread = float(square @ square) / float(square.sum()) ** 2 - 1.0 / both if square.any() else 0.0
    freedom = (min(2.0 / spread, both - 1.0) if spread > 0.0 else both - 1.0) if square.any() else 1.0
    if variance > 1e-24:
        variance = max(variance, (freedom * variance + value * (1.0 - value) / max(fewer, 1.0)) / (freedom + 1.0))
    if variance <= 1e-24 or not 1e-12 < value < 1.0 - 1e-12:
        rare = unseen(max(fewer, 1.0), confidence)
        return value, Bounds(value * (1.0 - rare), value * (1.0 - rare) + rare, "unseen-unit/1"), size, fewer
    shrink = (NormalDist().inv_cdf(confidence) / student_quantile(max(freedom, 1.0), confidence)) ** 2
    n = max(value * (1.0 - value) / variance * shrink, fewer)
    lower = beta_quantile(n * value, n * (1.0 - value) + 1.0, 1.0 - confidence)
    upper = beta_quantile(n * value + 1.0, n * (1.0 - value), confidence)
    return value, Bounds(min(lower, value), max(upper, value), "delong-share/1"), size, fewer


def log_capital(events: Array, of: Array, share: float) -> Array:
    """Return the logarithm, after each cluster, of the mean capital of 32 bets that the rate is above a share."""
    even = (np.arange(32) + 0.5) / 32
    stake = (share**even - share) / (1.0 - share)
    grown = np.cumsum(np.log1p(np.maximum(events[:, None] * (stake / share) - of[:, None] * stake, -1.0)), axis=0)
    most = np.maximum(grown.max(axis=1), -1e300)
    return np.asarray(most + np.log(np.exp(grown - most[:, None]).mean(axis=1)))


def refuted(events: Array, of: Array, confidence: float) -> float:
    """Return the greatest share against which bets on more have won enough."""
    enough = -math.log1p(-confidence)
    return crossing(lambda share: bool(log_capital(events, of, share)[-1] >= enough))


def looks(path: Array, confidence: float) -> list[int]:
    """Return after how many clusters to look: all, and where the capital was first large enough."""
    return [len(path), *(np.flatnonzero(path >= -math.log1p(-confidence))[:1] + 1).tolist()]
