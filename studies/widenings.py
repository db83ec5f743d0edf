"""What else was tried over few clusters, and why it is not what decides: in arrays, on the same draws for all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from clusters import CONFIDENCE, Sums, World
from numpy.typing import NDArray
from scipy.special import stdtrit
from table import error_of, markdown, percent

from steelyard.stats.intervals.jackknife import RATES_LEAN

SEED = 26_260
RUNS = 20_000

Floats = NDArray[np.float64]


class Seen(NamedTuple):
    """What a jackknife sees in each run, float64[runs] each."""

    value: Floats
    error: Floats
    """Of the logarithm."""
    skewness: Floats
    """Of what clusters do to the logarithm, over their coefficient of variation."""
    kurtosis: Floats
    clusters: int
    effective: Floats
    uneven: Floats
    """By how much more a sum over clusters of these sizes leans than over equal ones."""


Bound = Callable[[Seen], tuple[Floats, Floats]]
"""How far bounds reach below and above, on the log scale."""


def seen(sums: Sums) -> Seen:
    """Return what a jackknife sees in each run."""
    events, sizes = sums
    total_events, total = events.sum(axis=1), sizes.sum(axis=1)
    logs = np.log((total_events[:, None] - events) / (total[:, None] - sizes))
    moves = logs.mean(axis=1, keepdims=True) - logs
    square, clusters = (moves**2).sum(axis=1), events.shape[1]
    error = np.sqrt((clusters - 1) / clusters * square)
    return Seen(
        value=total_events / total,
        error=error,
        skewness=(moves**3).sum(axis=1) / square**1.5 / error,
        kurtosis=clusters * (moves**4).sum(axis=1) / square**2,
        clusters=clusters,
        effective=total**2 / (sizes**2).sum(axis=1),
        uneven=total * (sizes**3).sum(axis=1) / (sizes**2).sum(axis=1) ** 2,
    )


def plain(run: Seen) -> tuple[Floats, Floats]:
    """Take t with the effective number of clusters less one."""
    reach = _quantile(run.effective - 1.0) * run.error
    return reach, reach


def fewer_degrees(run: Seen) -> tuple[Floats, Floats]:
    """Take t with Satterthwaite's degrees of freedom, 2k/(kurtosis − 1) less one."""
    degrees = np.minimum(2.0 * run.clusters / (run.kurtosis - 1.0), run.effective) - 1.0
    reach = _quantile(degrees) * run.error
    return reach, reach


def measured(run: Seen) -> tuple[Floats, Floats]:
    """Add the Edgeworth term with the skewness that the clusters show."""
    return _leaning(run, run.skewness, run.skewness)


def leaning(upper: float, *, sizes: bool, lower: float = 0.0) -> Bound:
    """Add the Edgeworth term with at least these skewnesses, unless the clusters show worse."""

    def reach(run: Seen) -> tuple[Floats, Floats]:
        above = upper * (run.uneven if sizes else np.ones_like(run.uneven))
        return _leaning(run, np.minimum(run.skewness, lower), np.maximum(run.skewness, above))

    return reach


def _leaning(run: Seen, below: Floats, above: Floats) -> tuple[Floats, Floats]:
    quantile = _quantile(run.effective - 1.0)
    logarithm, each = quantile**2 / 2.0, (2.0 * quantile**2 + 1.0) / 6.0
    return (
        quantile * run.error + np.log1p(run.error**2 * np.maximum(0.0, logarithm - below * each)),
        quantile * run.error + np.log1p(run.error**2 * np.maximum(0.0, above * each - logarithm)),
    )


def _quantile(degrees: Floats) -> Floats:
    return np.asarray(stdtrit(np.maximum(degrees, 1.0), CONFIDENCE))


WAYS: dict[str, Bound] = {
    "plain": plain,
    "fewer degrees of freedom": fewer_degrees,
    "skewness as seen": measured,
    "as gamma": leaning(2.0, sizes=False),
    "as gamma, and sizes": leaning(2.0, sizes=True),
    "a little more (**decides**)": leaning(RATES_LEAN[1], sizes=True, lower=RATES_LEAN[0]),
    "as log-normal, and sizes": leaning(3.0, sizes=True),
}
WORLDS = (
    World(10, 0.05, 0.5),
    World(10, 0.05, 1.0),
    World(20, 0.05, 0.3, 0.5),
    World(20, 0.05, 1.0, 0.5),
    World(50, 0.05, 1.0, 1.0),
    World(200, 0.05, 1.0, 1.0),
    World(20, 0.5, 0.5, 0.5),
    World(50, 0.5, 0.5, 1.0),
    World(20, 0.05, 0.5, rates="log-normal"),
    World(20, 0.05, 1.0, rates="log-normal"),
)

TEXT = """
## What else was tried

False conform / false fail, and the median reach of the upper bound over the limit, of ways to widen the plain
jackknife; {runs:,} runs a row, the same draws for all; standard error at 5 %: {error}. *Fewer degrees of freedom*:
Satterthwaite's, from the kurtosis of what single clusters do. *Skewness as seen*: the Edgeworth term with the
skewness that the clusters show, which few clusters show too little of. *As gamma*: at least the skewness of a gamma
distribution, twice the coefficient of variation, above, and none below; *and sizes*: more where sizes are unequal; *a
little more*: 2.25 times above and −0.5 times below. *As log-normal*: three times, which would bring log-normal rates
that vary by 0.5 inside, at the price of a reach that is larger for everybody. The simplest that keeps the promise in
the stated grid decides. The last two rows are outside of the grid.
"""


def tables() -> Iterator[str]:
    """Yield the section."""
    rows = []
    for place, world in enumerate(WORLDS):
        print(f"widenings: {place + 1} of {len(WORLDS)}", file=sys.stderr, flush=True)
        run = seen(world.draw(RUNS, SEED + place))
        line = [f"{percent(world.rate, 0)}, {world.clusters}", f"{world.variation:.1f}", f"{world.unequal:.1f}"]
        for way in WAYS.values():
            below, above = way(run)
            upper, lower = run.value * np.exp(above), run.value * np.exp(-below)
            conform, fail = float((upper < world.rate).mean()), float((lower > world.rate).mean())
            line.append(f"{percent(conform)} / {percent(fail)}, {np.median(upper) / world.rate:.2f}")
        rows.append(line)
    head = ("rate, clusters", "variation of rates", "of sizes", *WAYS)
    yield "\n".join([TEXT.format(runs=RUNS, error=error_of(RUNS)), markdown(head, rows)])
