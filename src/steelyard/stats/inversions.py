"""How likely an order that knows nothing of ours agrees with it so well: by the number of inversions.

An inversion is a pair that stands the other way round. In an order that is as likely as any other, the numbers of
earlier items that each item is inverted with are independent, and uniform on 0 … i − 1 for the i-th: their sum has a
known distribution (D. E. Knuth, The Art of Computer Programming, volume 3 (1998), section 5.1.1), that of Kendall's
test.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Sequence

EXACT = 100
"""Up to so many items the probability is exact; beyond, it is an upper bound."""


def inversions(ranks: Sequence[int]) -> int:
    """Return how many pairs stand the other way round.

    Examples
    --------
    >>> inversions([0, 1, 2]), inversions([2, 0, 1]), inversions([2, 1, 0])
    (0, 2, 3)
    """
    seen: list[int] = []
    found = 0
    for rank in ranks:
        found += len(seen) - bisect_right(seen, rank)
        insort(seen, rank)
    return found


def chance_of_so_few(count: int, items: int) -> float:
    """Return the probability that an order as likely as any other has so few inversions, or fewer.

    Parameters
    ----------
    count : int
        Inversions.
    items : int
        How many items were put in order.

    Returns
    -------
    float
        Exact up to `EXACT` items. Beyond, Chernoff's bound, which is never too small: the least over s > 0 of
        exp(s · count) times the moment-generating function at −s (H. Chernoff, Annals of Mathematical Statistics 23
        (1952) 493–507).

    Examples
    --------
    >>> round(24 * chance_of_so_few(0, 4), 12), chance_of_so_few(6, 4)
    (1.0, 1.0)
    >>> chance_of_so_few(200_000, 1000) < 1e-15 < 0.1 < chance_of_so_few(245_000, 1000)
    True
    """
    most = items * (items - 1) // 2
    if items < 2 or count >= most:
        return 1.0
    return _exact(count, items) if items <= EXACT else _bound(count, items)


def _exact(count: int, items: int) -> float:
    import numpy as np

    chances = np.ones(1)
    for number in range(2, items + 1):
        chances = np.convolve(chances, np.full(number, 1.0 / number))[: count + 1]
    return min(float(chances[: count + 1].sum()), 1.0)


def _bound(count: int, items: int) -> float:
    import numpy as np

    if count >= items * (items - 1) / 4:
        return 1.0
    sizes = np.arange(2, items + 1, dtype=np.float64)
    # At s the mean of the tilted distribution is near 1/s for each item: the best s lies well within this grid.
    steps = np.geomspace(1e-3 / items, 50.0, 400)
    logs = [
        step * count + float((np.log(-np.expm1(-step * sizes)) - np.log(sizes)).sum()) - (items - 1) * _log1mexp(step)
        for step in steps.tolist()
    ]
    return min(1.0, math.exp(max(min(logs), -700.0)))


def _log1mexp(step: float) -> float:
    return math.log(-math.expm1(-step))
