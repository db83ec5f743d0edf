"""Independent yes/no rows: every outcome is enumerated, nothing is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, expit, logit
from table import markdown, percent

from steelyard.stats.intervals.binomial import clopper_pearson, jeffreys, wilson

CONFIDENCE = 0.95
SIZES = (10, 30, 70, 100, 300, 1000, 3000)
SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 0.5)
ALL_SHARES = expit(np.linspace(logit(0.001), logit(0.999), 4001))
WAYS: dict[str, Callable[[int, int, float], tuple[float, float]]] = {
    "Clopper–Pearson": clopper_pearson,
    "Wilson": wilson,
    "Jeffreys": jeffreys,
}

TEXT = """
## Independent yes/no rows

One row for each patient, say. All outcomes are enumerated, so these figures have no simulation error. Verdicts rest
on **Clopper–Pearson** bounds alone: they keep the promise for every number of rows and every proportion, because they
are built to, and for small numbers they do more than they must (0 of 58 rows cannot show a proportion below 5 %, 0 of
59 can). Wilson's and Jeffreys' bounds keep it on average and not for each proportion; the report may show them, no
verdict rests on them.

Worst and mean over 4,001 proportions from 0.1 % to 99.9 %, evenly spaced on the logit scale. (By symmetry, false
conform and false fail have the same worst and mean.)
"""
AT = """
False conform / false fail of Clopper–Pearson bounds at some proportions. What is missing to 5 % is the price of
counting in whole rows.
"""


def tables() -> Iterator[str]:
    """Yield the section."""
    head = ("rows", *(f"{name}, {which}" for name in WAYS for which in ("worst", "mean")))
    rows = []
    for n in SIZES:
        line = [f"{n:,}"]
        for way in WAYS.values():
            conform, _ = false_verdicts(way, n, ALL_SHARES)
            line += [percent(float(conform.max())), percent(float(conform.mean()))]
        rows.append(line)
    at = []
    for n in SIZES:
        conform, fail = false_verdicts(clopper_pearson, n, np.array(SHARES))
        at.append([f"{n:,}", *(f"{percent(c)} / {percent(f)}" for c, f in zip(conform, fail, strict=True))])
    yield "\n".join([TEXT, markdown(head, rows), AT, markdown(("rows", *(percent(share) for share in SHARES)), at)])


def false_verdicts(
    way: Callable[[int, int, float], tuple[float, float]], n: int, shares: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the probabilities that the upper bound is below the share, and that the lower one is above it."""
    bounds = np.array([way(events, n, CONFIDENCE) for events in range(n + 1)])
    # Bounds rise with the number of events: those that exclude the share are the first, or the last.
    below = np.searchsorted(bounds[:, 1], shares, side="left") - 1
    above = np.searchsorted(bounds[:, 0], shares, side="right")
    conform = np.where(below >= 0, bdtr(np.maximum(below, 0), n, shares), 0.0)
    fail = np.where(above > 0, 1.0 - bdtr(np.maximum(above - 1, 0), n, shares), 1.0)
    return conform, fail
