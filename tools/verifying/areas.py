"""Areas under a curve with their bounds (DeLong, Obuchowski), by placements and the incomplete beta function.

docs/statistics.md says which bounds they are and why.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from verify_report import crossing

Array = np.ndarray[Any, Any]


class Bounds(NamedTuple):
    """Of the folded quantity, before a complement is taken."""

    lower: float
    upper: float
    method: str
    log_error: float | None = None


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


def unseen(units: float, confidence: float) -> float:
    """Return how rare a kind is that escapes so many units."""
    return 1.0 - math.pow(1.0 - confidence, 1.0 / units)


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
