"""Stopping where one likes: with bounds made for it, and with bounds that are not."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc, ndtri
from table import error_of, markdown, percent

from steelyard.stats.folds.pooled import PooledSums
from steelyard.stats.intervals.betting import SequentialTest, Settled, log_capital, log_factors
from steelyard.stats.intervals.binomial import rows_to_settle
from steelyard.stats.intervals.jackknife import jackknife_log

CONFIDENCE = 0.95
POWER = 0.8
SEED = 20_261
HORIZON = 20_000
"""Rows at which an unsettled test of independent rows is given up."""
LIMITS = (0.01, 0.05, 0.2, 0.5)
TRUTHS = {0.01: (0.0, 0.005, 0.02), 0.05: (0.01, 0.03, 0.07, 0.1), 0.2: (0.1, 0.15, 0.3), 0.5: (0.4,)}
"""Limits, and rates that are to be told from them."""
RUNS, CLUSTERS = 2_000, 500
WORLDS = (
    (0.5, 2, 0.3, 1.0),
    (0.2, 4, 0.5, 1.0),
    (0.2, 4, 1.0, 1.0),
    (0.05, 10, 0.5, 1.0),
    (0.05, 10, 1.0, 1.0),
    (0.05, 200, 0.3, 1.0),
    (0.05, 200, 0.5, 1.0),
    (0.05, 200, 0.5, 0.5),
    (0.5, 200, 0.3, 1.0),
)
"""Clusters: limit, size, variation of rates (standard deviation over mean), ceiling."""
LOOKS = (1, 2, None, 5, 20)
"""None is an extension as advised."""

Shows = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]]
"""Whether so many events among so many rows show the rate to be on one side of the limit."""


class Rule(NamedTuple):
    """For each number of events: from how many rows on it shows less, and up to how many it shows more."""

    below: NDArray[np.int64]
    above: NDArray[np.int64]


def rule(below: Shows, above: Shows, horizon: int) -> Rule:
    """Return a rule from what shows less, which more rows only make surer, and what shows more, the reverse."""
    events = np.arange(horizon + 1)
    from_rows = _first(lambda rows: below(events, rows), events, horizon)
    up_to = _first(lambda rows: ~above(events, rows), np.maximum(events, 1), horizon) - 1
    return Rule(from_rows, up_to)


def _first(
    holds: Callable[[NDArray[np.int64]], NDArray[np.bool_]], least: NDArray[np.int64], most: int
) -> NDArray[np.int64]:
    """Return the least number of rows from ``least`` on at which it holds; ``most + 1`` where at none."""
    low, high = least - 1, np.full(len(least), most + 1)
    while (high - low > 1).any():
        middle = np.maximum((low + high) // 2, least)
        found = holds(middle)
        high = np.where(found & (high - low > 1), middle, high)
        low = np.where(found | (high - low <= 1), low, middle)
    return high


def betting(limit: float, horizon: int = HORIZON) -> Rule:
    """Return the rule of the product's sequential test, from its capital after so many rows."""
    one = np.ones(1)
    event, none = log_factors(one, one, limit)[0], log_factors(0.0 * one, one, limit)[0]
    no_event, other = log_factors(one, one, 1.0 - limit)[0], log_factors(0.0 * one, one, 1.0 - limit)[0]
    enough = -math.log1p(-CONFIDENCE)

    def above(events: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        return log_capital(np.outer(events, event) + np.outer(rows - events, none)) >= enough

    def below(events: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        return log_capital(np.outer(rows - events, no_event) + np.outer(events, other)) >= enough

    return rule(below, above, horizon)


def exact(limit: float, horizon: int = HORIZON) -> Rule:
    """Return the rule of Clopper–Pearson bounds, which are made for one look."""
    alpha = 1.0 - CONFIDENCE
    return rule(
        lambda events, rows: bdtr(events, rows, limit) <= alpha,
        lambda events, rows: (events > 0) & (bdtrc(np.maximum(events - 1, 0), rows, limit) <= alpha),
        horizon,
    )


class Ended(NamedTuple):
    """Probability of having settled by each number of rows, float64[horizon + 1] each."""

    below: NDArray[np.float64]
    above: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean number of rows, where a test that has not settled ends at the horizon."""
        return float((1.0 - self.below - self.above)[:-1].sum())

    def by(self, share: float) -> int | None:
        """Return the number of rows by which so large a share of tests has settled."""
        reached = np.flatnonzero(self.below + self.above >= share)
        return int(reached[0]) if len(reached) else None


def ended(stopping: Rule, rate: float, looks: Sequence[int] | None = None, horizon: int = HORIZON) -> Ended:
    """Return when a test of independent rows settles: by recursion over rows and events, nothing is drawn."""
    chance = np.zeros(horizon + 2)
    chance[0] = 1.0
    below, above = np.zeros(horizon + 1), np.zeros(horizon + 1)
    looked = np.ones(horizon + 1, dtype=bool) if looks is None else np.isin(np.arange(horizon + 1), looks)
    rows = np.arange(horizon + 1)
    lows, highs = np.searchsorted(stopping.below, rows, "right"), np.searchsorted(stopping.above, rows, "left")
    start, stop = 0, 1  # events that are possible
    for n in range(1, horizon + 1):
        chance[start + 1 : stop + 1] = chance[start + 1 : stop + 1] * (1.0 - rate) + chance[start:stop] * rate
        chance[start] *= 1.0 - rate
        stop += 1
        below[n], above[n] = below[n - 1], above[n - 1]
        if looked[n]:
            low, high = min(max(int(lows[n]), start), stop), min(max(int(highs[n]), start), stop)
            below[n] += chance[start:low].sum()
            above[n] += chance[high:stop].sum()
            chance[start:low] = chance[high:stop] = 0.0
            start, stop = low, max(high, low)
            if start == stop:
                below[n:], above[n:] = below[n], above[n]
                break
    return Ended(below, above)


def tables() -> Iterator[str]:
    """Yield the sections."""
    yield independent()
    yield bets()
    yield clustered()
    yield peeking()


BETS = """
## Sequential plans: how much is bet

Mean rows until settled of three ways to bet, {runs} runs each, ended at ten times the fixed plan: *spread* is the
product's; *predictable plug-in* and *approximate Kelly* are those of Waudby-Smith and Ramdas (truncated at a half of
what can be lost), which learn from the rows so far.
"""


def bets() -> str:
    """Return the section on other bets."""
    runs, rows = 300, []
    for place, (limit, rate) in enumerate(((0.05, 0.01), (0.05, 0.03), (0.05, 0.1), (0.2, 0.15), (0.2, 0.3))):
        fixed = rows_to_settle(rate, limit, CONFIDENCE, POWER)
        assert fixed is not None
        drawn = np.random.Generator(np.random.Philox(key=SEED + place)).random((runs, 10 * fixed)) < rate
        values, share = (drawn, limit) if rate > limit else (~drawn, 1.0 - limit)
        spread = np.mean([SequentialTest(limit, 1.0, CONFIDENCE).fed(run, np.ones(len(run))).clusters for run in drawn])
        learnt = [_learning(values.astype(np.float64), share, kelly=kelly) for kelly in (False, True)]
        rows.append(
            [f"{percent(limit)}, {percent(rate)}", f"{fixed:,}", *(f"{each:,.0f}" for each in (spread, *learnt))]
        )
    head = ("limit, truth", "fixed plan", "spread", "plug-in", "approximate Kelly")
    return "\n".join([BETS.format(runs=runs), markdown(head, rows)])


def _learning(values: NDArray[np.float64], mean: float, *, kelly: bool) -> float:
    """Return the mean number of rows until bets that learn show that the mean of the values is above this one."""
    runs, horizon = values.shape
    capital, total, spread = np.zeros(runs), np.zeros(runs), np.zeros(runs)
    centre, variance, rows = np.full(runs, 0.5), np.full(runs, 0.25), np.full(runs, horizon)
    enough = -math.log1p(-CONFIDENCE)
    for n in range(1, horizon + 1):
        gain = np.maximum(centre - mean, 0.0)
        bet = gain / (variance + gain**2) if kelly else np.sqrt(2.0 * enough / (n * math.log1p(n) * variance))
        capital += np.log1p(np.minimum(bet, 0.5 / mean) * (values[:, n - 1] - mean))
        rows = np.where((capital >= enough) & (rows == horizon), n, rows)
        total += values[:, n - 1]
        centre = (0.5 + total) / (n + 1)
        spread += (values[:, n - 1] - centre) ** 2
        variance = (0.25 + spread) / (n + 1)
    return float(rows.mean())


INDEPENDENT = """
## Sequential plans: independent rows

A plan declared *sequential* may stop at any row, by capital from bets against the limit (`betting-ratio/1`; method
and source in `betting.py`). At the limit, the probability of *ever* settling falsely within {horizon:,} rows,
by recursion over all outcomes, without simulation error. Beside it, what comes of looking at each row with
Clopper–Pearson bounds, which are made for one look: sooner or later most products pass, or fail, by luck.
"""
COSTS = """
What it costs. Rows of a fixed plan that settles with a probability of 80 %, and of the sequential one: mean, what half
and what 80 % of tests need, and the share of tests that have settled by twice the fixed plan's rows.
"""


def independent() -> str:
    """Return the section on independent rows."""
    rows = []
    for limit in LIMITS:
        print(f"stopping: limit {limit}", file=sys.stderr, flush=True)
        found, peeked = ended(betting(limit), limit), ended(exact(limit), limit)
        rows.append([percent(limit), *(percent(float(each[-1])) for each in (*found, *peeked))])
    costs = []
    for limit, rate in ((limit, rate) for limit, rates in TRUTHS.items() for rate in rates):
        fixed = rows_to_settle(rate, limit, CONFIDENCE, POWER)
        assert fixed is not None
        horizon = max(5 * fixed, 200)
        found = ended(betting(limit, horizon), rate, horizon=horizon)
        need = [found.by(share) for share in (0.5, POWER)]
        costs.append(
            [
                f"{percent(limit)}, {percent(rate)}",
                f"{fixed:,}",
                f"{found.mean:,.0f}",
                *("–" if each is None else f"{each:,}" for each in need),
                percent(float(found.below[2 * fixed] + found.above[2 * fixed])),
            ]
        )
    head = ("limit", "false conform", "false fail", "conform, exact bounds at each row", "fail, the same")
    return "\n".join(
        [
            INDEPENDENT.format(horizon=HORIZON),
            markdown(head, rows),
            COSTS,
            markdown(("limit, truth", "fixed plan", "mean", "half", "80 %", "settled by twice the fixed"), costs),
        ]
    )


CLUSTERED = """
## Sequential plans: clusters

The same over clusters, stopping at every one: {runs:,} runs of up to {clusters} clusters, each of a random size
between half and one and a half times the given one (the plan declares the greatest), with beta-distributed rates of
their own. Standard error of a share of 5 %: {error}. *Needed* is the mean number of clusters until the test settles
that a product with two thirds of the limit's rate conforms (one with one and a half times it does not); "> " where
some runs had not settled by {clusters}. *Fixed* is what a fixed plan of 80 % power needs, from the variance of
e − limit·n over clusters, and at least ten.

With large clusters and a low limit, false conform is far below 5 %, and this is also what it costs: the bounds assume
nothing of how clusters differ, and must allow for a kind of cluster, not seen yet, in which everything is wrong. With
a *ceiling*, the plan declares that no cluster has a higher rate; one that does makes the evidence invalid. So a
sequential plan pays where clusters are small (scenes of a robot, dialogues, patients), or where a product is clearly
worse than its limit; hardly to show a low limit with few long recordings.
"""


def clustered() -> str:
    """Return the section on clusters."""
    rows = []
    for place, (limit, size, variation, ceiling) in enumerate(WORLDS):
        print(f"stopping: clusters {place + 1} of {len(WORLDS)}", file=sys.stderr, flush=True)
        line = [f"{percent(limit)}, {size}, {variation}, {percent(ceiling, 0)}"]
        at = _settled(limit, limit, size, variation, ceiling, RUNS, SEED + 10 * place)
        line += [percent(sum(side is each for side, _ in at) / RUNS) for each in Settled]
        for step, ratio in enumerate((2 / 3, 1.5), start=1):
            rate = min(limit * ratio, 0.75)
            some = RUNS // 10
            found = _settled(limit, rate, size, variation, ceiling, some, SEED + 10 * place + step)
            settled = sum(side is not None for side, _ in found) / some
            needed = sum(clusters for _, clusters in found) / some
            fixed = _fixed(limit, rate, size, variation, SEED + 10 * place + step)
            line.append(f"{fixed:,} → {'' if settled > 0.995 else '> '}{needed:,.0f}")
        rows.append(line)
    verdicts, needs = ("false conform", "false fail"), ("fixed → needed, good product", "fixed → needed, bad product")
    head = ("limit, size, variation, ceiling", *verdicts, *needs)
    text = CLUSTERED.format(runs=RUNS, clusters=CLUSTERS, error=error_of(RUNS))
    return "\n".join([text, markdown(head, rows)])


def _settled(
    limit: float, rate: float, size: int, variation: float, ceiling: float, runs: int, seed: int
) -> list[tuple[Settled | None, int]]:
    """Return on which side each run settled, and after how many clusters: by the product's own test."""
    events, sizes = _drawn(rate, size, variation, (runs, CLUSTERS), seed)
    events = np.minimum(events, np.floor(sizes * ceiling))
    most = float(size + size // 2)
    tests = (
        SequentialTest(limit, most, CONFIDENCE, ceiling).fed(bad, of) for bad, of in zip(events, sizes, strict=True)
    )
    return [(test.settled, test.clusters) for test in tests]


def _fixed(limit: float, rate: float, size: int, variation: float, seed: int) -> int:
    events, sizes = _drawn(rate, size, variation, (100_000,), seed)
    apart = events - limit * sizes
    reach = float(ndtri(CONFIDENCE) + ndtri(POWER))
    return max(10, math.ceil(reach**2 * float(apart.var()) / float(apart.mean()) ** 2))


def _drawn(
    rate: float, size: int, variation: float, shape: tuple[int, ...], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    generator = np.random.Generator(np.random.Philox(key=seed))
    sizes = generator.integers((size + 1) // 2, size + size // 2, shape, endpoint=True)
    own: NDArray[np.float64] | float = rate
    if variation > 0.0:
        more = 1.0 / (variation**2 * rate / (1.0 - rate)) - 1.0
        own = generator.beta(rate * more, (1.0 - rate) * more, shape)
    return generator.binomial(sizes, own).astype(np.float64), sizes.astype(np.float64)


PEEKING = """
## Why a fixed plan is never extended

The same bounds, looked at more than once. A product just at the limit, n independent rows, Clopper–Pearson bounds,
computed without simulation error: false conform (false fail). *One extension*: as many rows again are added because
nothing was settled. *As advised*: as many are added as the first n make seem necessary for a probability of 80 %, at
most nine times as many. *Five looks*: at n, 2n … 5n. *Until settled*: added n by n, up to 20 times. Discrete outcomes
make one look less than 5 %; with many rows it is 5 %, and the others come near the line of sums of
normal variables. The last line is of 20 clusters (1,000 rows each, variation 0.5) by the jackknife, {runs:,} runs.
"""


def peeking() -> str:
    """Return the section on looking more than once."""
    rows = []
    for limit, n in ((0.05, 100), (0.05, 300), (0.05, 1000), (0.2, 300), (0.5, 1000)):
        horizon = 20 * n
        stopping = exact(limit, horizon)
        line = [f"{percent(limit)}, {n:,}"]
        for looks in LOOKS:
            if looks is None:
                low, high = _advised(limit, n)
            else:
                found = ended(stopping, limit, [n * look for look in range(1, looks + 1)], horizon)
                low, high = float(found.below[-1]), float(found.above[-1])
            line.append(f"{percent(low)} ({percent(high)})")
        rows.append(line)
    rows.append(["normal", *(percent(_normal(looks)) if looks else "–" for looks in LOOKS)])
    rows.append(["5.0 %, 20 clusters", *_by_clusters()])
    head = ("limit, n", "one look", "one extension", "as advised", "five looks", "until settled")
    return "\n".join([PEEKING.format(runs=RUNS), markdown(head, rows)])


def _advised(limit: float, n: int) -> tuple[float, float]:
    """Return false conform and false fail where an unsettled run is extended by what its own estimate advises."""
    alpha, events = 1.0 - CONFIDENCE, np.arange(n + 1)
    chance = np.diff(bdtr(events, n, limit), prepend=0.0)
    low = bdtr(events, n, limit) <= alpha
    high = np.concatenate([[1.0], bdtrc(events[:-1], n, limit)]) <= alpha
    shares = [float(chance[low].sum()), float(chance[high].sum())]
    for seen in events[~low & ~high & (chance > 1e-12)].tolist():
        more = rows_to_settle(seen / n, limit, CONFIDENCE, POWER)
        extra = 9 * n if more is None else min(max(more - n, n // 10), 9 * n)
        total = np.arange(extra + 1) + seen
        ends = np.diff(bdtr(np.arange(extra + 1), extra, limit), prepend=0.0)
        shares[0] += chance[seen] * float(ends[bdtr(total, n + extra, limit) <= alpha].sum())
        tail = np.where(total > 0, bdtrc(np.maximum(total - 1, 0), n + extra, limit), 1.0)
        shares[1] += chance[seen] * float(ends[tail <= alpha].sum())
    return shares[0], shares[1]


def _normal(looks: int, runs: int = 400_000) -> float:
    """Return how often one side's bound is passed at any of so many looks at sums of normal variables."""
    generator = np.random.Generator(np.random.Philox(key=SEED))
    total, passed, over = np.zeros(runs), np.zeros(runs, dtype=bool), np.zeros(runs, dtype=bool)
    border = float(ndtri(CONFIDENCE))
    for look in range(1, looks + 1):
        total += generator.normal(size=runs)
        passed |= (total <= -border * math.sqrt(look)) & ~over
        over |= (total >= border * math.sqrt(look)) & ~passed
    return float(passed.mean())


def _by_clusters() -> list[str]:
    """Return what comes of looking at bounds over clusters at every twentieth one."""
    generator = np.random.Generator(np.random.Philox(key=SEED))
    limit, more = 0.05, 0.95 / (0.05 * 0.25) - 1.0
    events = generator.binomial(1000, generator.beta(limit * more, (1.0 - limit) * more, (RUNS, 400))).astype(
        np.float64
    )
    first = np.full((RUNS, 2), 99)  # at which look either verdict came, if any
    for run, bad in enumerate(events):
        for look in range(1, 21):
            seen = bad[: 20 * look]
            folded = PooledSums(len(seen), np.arange(len(seen))[:, None], seen, np.full(len(seen), 1000.0))
            found = jackknife_log(folded, float(seen.mean()) / 1000.0, CONFIDENCE)
            assert found is not None
            if not found.lower <= limit <= found.upper:
                first[run, int(found.lower > limit)] = look
                break
    shares = {looks: (first <= looks).mean(axis=0).tolist() for looks in (1, 2, 5, 20)}
    return [
        f"{percent(shares[looks][0])} ({percent(shares[looks][1])})" if looks else "–" for looks in (1, 2, None, 5, 20)
    ]
