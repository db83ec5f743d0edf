"""Calibration error: what its plain form does to calibrated products, and how its bounds do; conformal coverage."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from table import error_of, markdown, percent

from steelyard.core.sample import Rows
from steelyard.stats.folds.calibration import BINS, bin_edges
from steelyard.stats.folds.calibration_error import BinnedRows, CalibrationError
from steelyard.stats.intervals.conformal import calibrated_coverage, calibration_needed, observed_coverage
from steelyard.stats.intervals.jackknife import jackknife_log

CONFIDENCE = 0.95
SEED = 20270
RUNS = 400
LIMITS = (0.01, 0.02, 0.025, 0.03, 0.04, 0.05)
OURS = CalibrationError("score", "outcome")
PLAINLY = replace(OURS, debiased=False)
TEN_WIDE = replace(PLAINLY, bins=10, equal_mass=False)

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]
SCORES: dict[str, Draw] = {
    "evenly spread": lambda generator, n: generator.random(n),
    "mostly sure": lambda generator, n: generator.beta(8.0, 0.6, n),
    "rare events": lambda generator, n: generator.beta(0.5, 4.0, n),
}
TRUTHS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "calibrated": lambda scores: scores,
    "too sure": lambda scores: expit(0.8 * logit(scores)),
    "far too sure": lambda scores: expit(0.6 * logit(scores)),
    "too low": lambda scores: expit(logit(scores) + 0.3),
}

WAYS = ("plain value, 10 bins of equal width", "plain value", "its lower bound", "debiased value", "our lower bound")
PLAIN = """
## Calibration error

Chance sets scores and outcomes apart in every bin, so that the plain expected calibration error of a perfectly
calibrated product is far from zero. Shares of runs of 1,000 independent rows in which such a product (15 bins of equal
mass, where not said otherwise) fails a limit: by the plain value itself, by the plain value's lower bound (jackknife),
by the debiased value, and by our lower bound, which alone decides. How often the plain value fails it hangs on scores,
bins and limit: four runs of five with ten bins and a limit of 2.5 %. The debiased value is a better description, but it
is no test either.
"""
BOUNDS = """
False verdicts of products just at the limit, with our bounds: the error's truth, means of the plain and of the
debiased value, shares that falsely conform / falsely fail, and the mean bounds. Units are rows, or 40 clusters of
which some are luckier than others. Wide bounds at 1,000 rows are the price of not being wrong: to show an error below
5 % takes more rows than a plain value suggests. {runs} runs: standard error {error} at 5 %.
"""
CONFORMAL = """
## Conformal sets

Coverage of a sound split-conformal product that promises 90 %, by the number of samples that it was calibrated with:
the range (5 % beyond either end) of its true coverage, and of what 100, 1,000 and 10,000 test samples show.
"""
NEEDED = """
Calibration samples that keep a true coverage, with 95 % confidence:
"""


def fold(
    scores: NDArray[np.float64],
    outcomes: NDArray[np.float64],
    units: NDArray[np.int64],
    made: CalibrationError = OURS,
) -> BinnedRows:
    """Return the calibration error's fold."""
    rows = Rows(np.column_stack((scores, outcomes)), np.arange(len(scores)), units[:, None])
    return made(rows, ("score", "outcome"), int(units.max()) + 1)


def _value(folded: BinnedRows) -> float:
    return float(folded.value(np.ones((1, folded.units)))[0])


def _plain() -> str:
    lines = []
    for name, draw in SCORES.items():
        generator = np.random.Generator(np.random.Philox(key=SEED))
        seen = []
        for _ in range(RUNS):
            scores = draw(generator, 1000)
            outcomes = (generator.random(1000) < scores).astype(np.float64)
            ten, plain, ours = (fold(scores, outcomes, np.arange(1000), made) for made in (TEN_WIDE, PLAINLY, OURS))
            value = _value(plain)
            found, bounds = jackknife_log(plain, value, CONFIDENCE), ours.bounds(CONFIDENCE, 0)
            assert found is not None
            assert bounds is not None
            seen.append((_value(ten), value, found.lower, _value(ours), bounds.lower))
        above = np.array(seen)[:, :, None] > np.array(LIMITS)
        for way, shares in zip(WAYS, above.mean(axis=0), strict=True):
            lines.append([name, way, *(percent(float(share)) for share in shares)])
    return PLAIN + "\n" + markdown(("scores", "fails by", *(f"limit {percent(limit)}" for limit in LIMITS)), lines)


def bounds_row(scores_of: str, truth_of: str, n: int, clusters: int) -> list[str]:
    """Return one line: false verdicts of a product whose error is known."""
    generator = np.random.Generator(np.random.Philox(key=SEED))
    draw, came = SCORES[scores_of], TRUTHS[truth_of]
    big = draw(generator, 400_000)
    place = np.searchsorted(bin_edges(big, BINS), big)
    truth = float(np.abs(np.bincount(place, came(big) - big)).sum()) / len(big)
    seen = []
    for _ in range(RUNS // 2):
        scores, draws, units = draw(generator, n), generator.random(n), np.arange(n)
        if clusters:
            units = units % clusters
            draws = (draws + 0.1 * generator.standard_normal(clusters)[units]) % 1.0
        outcomes = (draws < came(scores)).astype(np.float64)
        ours = fold(scores, outcomes, units)
        bounds = ours.bounds(CONFIDENCE, 0)
        assert bounds is not None
        plain = _value(fold(scores, outcomes, units, PLAINLY))
        seen.append((plain, _value(ours), bounds.upper < truth, bounds.lower > truth, bounds.lower, bounds.upper))
    plain, ours_mean, conform, fail, lower, upper = np.mean(seen, axis=0)
    return [
        scores_of,
        truth_of,
        f"{n:,}" + (f" in {clusters}" if clusters else ""),
        *(f"{100 * each:.2f} %" for each in (truth, plain, ours_mean)),
        f"{percent(conform)} / {percent(fail)}",
        f"{100 * lower:.1f} % … {100 * upper:.1f} %",
    ]


def _bounds() -> str:
    lines = [
        bounds_row(scores, truth, *size) for scores, truth, size in product(SCORES, TRUTHS, ((1000, 0), (10_000, 0)))
    ]
    lines += [bounds_row("evenly spread", truth, 2000, 40) for truth in TRUTHS]
    head = ("scores", "product", "rows", "error", "plain", "debiased", "false verdicts", "mean bounds")
    return BOUNDS.format(runs=RUNS // 2, error=error_of(RUNS // 2)) + "\n" + markdown(head, lines)


def _conformal() -> str:
    def span(lower: float, upper: float) -> str:
        return f"{100 * lower:.1f} % … {100 * upper:.1f} %"

    lines = []
    for size in (19, 100, 300, 1000, 10_000):
        ranges = [calibrated_coverage(size, 0.9, CONFIDENCE)]
        ranges += [observed_coverage(size, 0.9, test, CONFIDENCE) for test in (100, 1000, 10_000)]
        lines.append([f"{size:,}", *(span(each.lower, each.upper) for each in ranges)])
    needed = [
        [percent(level), *(f"{calibration_needed(level, level - less, CONFIDENCE):,}" for less in (0.05, 0.02, 0.01))]
        for level in (0.8, 0.9, 0.95)
    ]
    head = ("calibrated with", "true coverage", "on 100", "on 1,000", "on 10,000")
    below = ("promised", "5 % less", "2 % less", "1 % less")
    return "\n".join([CONFORMAL, markdown(head, lines), NEEDED, markdown(below, needed)])


def tables() -> Iterator[str]:
    """Yield the sections."""
    yield _plain()
    yield _bounds()
    yield _conformal()


if __name__ == "__main__":
    sys.stdout.writelines(f"{section}\n" for section in tables())
