"""Quantiles of independent and of autocorrelated rows, spreads of dependent readings, repeats and sessions."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from table import error_of, markdown, percent

from steelyard.stats.folds.order_statistics import quantile_bounds, queries_needed, session_quantile_bounds
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.equivalent_freedom import (
    Noise,
    allan_bounds,
    allan_freedom,
    overlapping_allan,
    root_mean_square,
)
from steelyard.stats.intervals.precision import precision

CONFIDENCE = 0.95
SEED = 20264
RUNS = 400
KINDS = (Noise.WHITE_PHASE, Noise.WHITE_FREQUENCY, Noise.FLICKER_FREQUENCY, Noise.RANDOM_WALK_FREQUENCY)

MINIMA = """
## Quantiles (p90, p99 latency)

Independent queries: the bound is one of the sorted latencies, whatever their distribution, and its confidence is a
binomial sum: nothing is simulated. The least number of queries that shows a quantile to be within its limit. With one
failure allowed at 99 % confidence these are MLPerf LoadGen's minima for early stopping: 64 and 662.
"""
SESSIONS = """
Queries hang together: sessions that each begin anew, within them a first-order autocorrelation ρ, and sessions that
differ by their own level (a share of the variance). A product just at the limit; shares of runs that falsely conform
/ falsely fail. *Ignored*: every query taken as independent. *Sessions*: the share of queries within the limit, bounded
over sessions. *Decided* is the share of runs in which these bounds may decide at all: where the slowest queries stem
from fewer than ten effective sessions they may not, and false verdicts count only among those that may. Where sessions
differ much by themselves, the p99 needs more of them than a product's typical latency does: up to 9 % instead of 5 %
falsely conform. {runs} runs: standard error {error} at 5 %.
"""
ALLAN = """
## Spreads of readings that hang together

Overlapping Allan deviation of 256 readings: equivalent degrees of freedom as calculated (Greenhall and Riley) and as
simulated, and false verdicts of a product just at the limit (falsely conform / falsely fail) where the kind of noise
is known and where it is identified from the readings.
"""
RMS = """
Root mean square of 1,500 readings with first-order autocorrelation ρ: degrees of freedom from the record's own
autocorrelation (median) and as simulated, and false verdicts. Records shorter than ten windows of their correlations
decide nothing.
"""
PRECISION = """
## Repeats and sessions

Precision (ISO 5725-2) from sessions of repeats, where sessions differ by so many repeatability deviations: shares of
2,000 experiments in which a bound misses the truth, upper bound below it / lower bound above it.
"""


def autocorrelated(
    generator: np.random.Generator, shape: tuple[int, int, int], correlation: float
) -> NDArray[np.float64]:
    """Return standard normal values of runs, sessions and queries; sessions are independent of each other."""
    values = generator.standard_normal((shape[2], *shape[:2]))
    for place in range(1, shape[2]):
        values[place] = correlation * values[place - 1] + math.sqrt(1.0 - correlation**2) * values[place]
    return values.transpose(1, 2, 0)


def noise(generator: np.random.Generator, kind: Noise, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return readings of a power law; flicker noise is half summed (N. J. Kasdin, Proc. IEEE 83, 1995)."""
    runs, length = shape
    if kind is Noise.WHITE_PHASE:
        return np.diff(generator.standard_normal((runs, length + 1)), axis=1)
    if kind is not Noise.FLICKER_FREQUENCY:
        white = generator.standard_normal(shape)
        return white if kind is Noise.WHITE_FREQUENCY else white.cumsum(axis=1)
    past = np.arange(1, 8 * length)
    response = np.concatenate(([1.0], np.cumprod((past - 0.5) / past)))
    spectrum = np.fft.rfft(generator.standard_normal((runs, 8 * length)), 16 * length)
    return np.fft.irfft(spectrum * np.fft.rfft(response, 16 * length), 16 * length)[:, 7 * length : 8 * length]


def _pair(conform: float, fail: float) -> str:
    return f"{percent(conform)} / {percent(fail)}"


def _missed(found: list[Bounds], truth: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return np.array([each.upper < truth for each in found]), np.array([each.lower > truth for each in found])


def _minima() -> str:
    rows = [
        [
            f"p{100 * share:g}",
            *(f"{queries_needed(share, failures, sure):,}" for sure in (0.95, 0.99) for failures in (0, 1, 5)),
        ]
        for share in (0.5, 0.9, 0.95, 0.99, 0.999)
    ]
    head = ("quantile", *(f"{sure}, {failures} over it" for sure in ("95 %", "99 %") for failures in (0, 1, 5)))
    return MINIMA + "\n" + markdown(head, rows)


def sessions_row(sessions: int, length: int, share: float, correlation: float, between: float) -> list[str]:
    """Return one line: what is drawn, and the false verdicts with sessions ignored and heeded."""
    generator = np.random.Generator(np.random.Philox(key=SEED))
    within = autocorrelated(generator, (RUNS, sessions, length), correlation)
    values = math.sqrt(1.0 - between) * within + math.sqrt(between) * generator.standard_normal((RUNS, sessions, 1))
    codes, truth = np.repeat(np.arange(sessions), length), float(ndtri(share))
    ignored = [quantile_bounds(each.ravel(), share, CONFIDENCE) for each in values]
    heeded = [session_quantile_bounds(each.ravel(), codes, share, CONFIDENCE) for each in values]
    decided = np.array([found.decisive for found in heeded])
    return [
        f"{sessions} × {length}",
        f"p{100 * share:g}",
        f"{correlation:g}",
        percent(between),
        _pair(*(float(np.mean(each)) for each in _missed(ignored, truth))),
        _pair(*(float(np.mean(decided & each)) for each in _missed(heeded, truth))),
        percent(float(decided.mean())),
    ]


def _sessions() -> str:
    rows = [
        sessions_row(sessions, length, share, *kind)
        for (sessions, length), share, kind in product(
            ((20, 100), (50, 100), (50, 500)), (0.9, 0.99), ((0.0, 0.0), (0.9, 0.0), (0.5, 0.3))
        )
    ]
    head = ("sessions × queries", "quantile", "ρ", "between sessions", "ignored", "sessions", "decided")
    return SESSIONS.format(runs=RUNS, error=error_of(RUNS)) + "\n" + markdown(head, rows)


def allan_row(kind: Noise, factor: int) -> list[str]:
    """Return one line: degrees of freedom, and false verdicts."""
    generator = np.random.Generator(np.random.Philox(key=SEED + factor))
    records = noise(generator, kind, (1500, 256))
    variances = np.array([overlapping_allan(each, factor) ** 2 for each in records])
    truth = math.sqrt(variances.mean())
    pairs = []
    for known in (kind, None):
        found = [allan_bounds(each, factor, CONFIDENCE, known).bounds for each in records]
        pairs.append(_pair(*(float(np.mean(each)) for each in _missed(found, truth))))
    seen = 2.0 * variances.mean() ** 2 / variances.var()
    return [
        kind.name.lower().replace("_", " "),
        str(factor),
        f"{allan_freedom(kind, factor, 256):.1f}",
        f"{seen:.1f}",
        *pairs,
    ]


def _spreads() -> str:
    rows = [allan_row(kind, factor) for kind in KINDS for factor in (4, 32, 80)]
    head = ("noise", "averaged", "degrees of freedom", "simulated", "kind known", "kind identified")
    lines = []
    for correlation, mean in product((0.0, 0.5, 0.9, -0.8), (0.0, 1.0)):
        generator = np.random.Generator(np.random.Philox(key=SEED))
        values = autocorrelated(generator, (1000, 1, 1500), correlation)[:, 0] + mean
        spreads = [root_mean_square(each, CONFIDENCE) for each in values]
        squares = np.array([each.value**2 for each in spreads])
        pair = _missed([each.bounds for each in spreads], math.hypot(1.0, mean))
        lines.append(
            [
                f"{correlation:g}",
                f"{mean:g}",
                f"{np.median([each.freedom for each in spreads]):.0f}",
                f"{2.0 * squares.mean() ** 2 / squares.var():.0f}",
                _pair(*(float(np.mean(each)) for each in pair)),
            ]
        )
    below = ("ρ", "mean", "degrees of freedom", "simulated", "false verdicts")
    return "\n".join([ALLAN, markdown(head, rows), RMS, markdown(below, lines)])


def _precision() -> str:
    lines = []
    designs = (("8 × 3", [3] * 8), ("20 × 2", [2] * 20), ("5 × 10", [10] * 5), ("1 … 8", list(range(1, 9))))
    for (name, sizes), between in product(designs, (0.0, 0.5, 2.0)):
        generator = np.random.Generator(np.random.Philox(key=SEED))
        codes = np.repeat(np.arange(len(sizes)), sizes)
        truths = {"repeatability": 1.0, "between": between, "intermediate": math.hypot(1.0, between)}
        missed = {which: np.zeros(2) for which in truths}
        for _ in range(2000):
            values = between * generator.standard_normal(len(sizes))[codes] + generator.standard_normal(len(codes))
            found = precision(values, codes, CONFIDENCE)
            for which, truth in truths.items():
                bounds = getattr(found, which).bounds
                missed[which] += bounds.upper < truth, bounds.lower > truth
        lines.append([name, f"{between:g}", *(_pair(*(missed[which] / 2000)) for which in truths)])
    head = ("sessions × repeats", "apart", "repeatability", "between sessions", "intermediate")
    return PRECISION + "\n" + markdown(head, lines)


def tables() -> Iterator[str]:
    """Yield the sections."""
    yield _minima() + "\n" + _sessions()
    yield _spreads()
    yield _precision()


if __name__ == "__main__":
    sys.stdout.writelines(f"{section}\n" for section in tables())
