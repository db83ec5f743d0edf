"""F1 averaged over classes: what its bounds are worth with many and with scarce classes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from table import error_of, markdown, percent

from steelyard.core.sample import Rows
from steelyard.stats.folds.macro_f1 import MacroF1

CONFIDENCE = 0.95
SEED = 24_445
RUNS = 2_000
COLUMNS = ("reference", "answer")

TEXT = """
## F1 averaged over classes

Queries of so many intents, each answered right with the same chance, else by another intent drawn at random; {runs:,}
runs a row; false conform / false fail at the true value, which 500 times as many queries tell; standard error at 5 %:
{error}. *Even*: every intent has as many queries; *uneven*: how often one comes falls with its rank, as 1/rank, at
least once. Bounds are those of the share with the variance of the mean's influence on each unit. *Clustered*: ten
queries of a dialogue, of which one in five goes wrong as a whole.

Outside of the promise is the last row, marked \\*: four intents in five have fewer than five queries. The report says
how many intents are so scarce, and where they are more than a quarter of all, nothing is decided.
"""
Case = tuple[str, int, int, float, bool, bool]
CASES: tuple[Case, ...] = (
    ("10 intents of 30, 90 % right, even", 10, 300, 0.9, False, False),
    ("10 intents of 100, 98 % right, even", 10, 1_000, 0.98, False, False),
    ("77 intents of 40, 90 % right, even", 77, 3_080, 0.9, False, False),
    ("150 intents of 30, 90 % right, even", 150, 4_500, 0.9, False, False),
    ("20 intents, 2,000 queries, 90 % right, uneven", 20, 2_000, 0.9, True, False),
    ("20 intents, 2,000 queries in 200 dialogues", 20, 2_000, 0.9, False, True),
    ("60 intents, 300 queries, 80 % right, uneven \\*", 60, 300, 0.8, True, False),
)


def tables() -> Iterator[str]:
    """Yield the section."""
    generator = np.random.Generator(np.random.Philox(SEED))
    lines = []
    for name, *shape in CASES:
        truth = _value(*_drawn(generator, 500, *shape))
        lower, upper = np.array([_bounds(*_drawn(generator, 1, *shape)) for _ in range(RUNS)]).T
        lines.append(
            (name, f"{100 * truth:.2f}", percent(float((lower > truth).mean())), percent(float((upper < truth).mean())))
        )
    said = TEXT.format(runs=RUNS, error=error_of(RUNS))
    yield said + "\n" + markdown(("", "true value, %", "false conform", "false fail"), lines)


def _drawn(
    generator: np.random.Generator, times: int, classes: int, queries: int, right: float, uneven: bool, clustered: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return class, answer and unit of so many times the queries."""
    share = 1.0 / np.arange(1, classes + 1) if uneven else np.ones(classes)
    counts = np.maximum(np.round(share / share.sum() * queries), 1).astype(int)
    wanted = np.tile(np.repeat(np.arange(classes), counts), times)
    wanted = generator.permutation(wanted) if clustered else wanted
    units = np.arange(len(wanted)) // 10 if clustered else np.arange(len(wanted))
    missed = generator.random(len(wanted)) >= right
    if clustered:
        bad = generator.random(units.max() + 1) < 0.2
        missed = bad[units] & (generator.random(len(wanted)) < 5.0 * (1.0 - right))
    other = (wanted + generator.integers(1, classes, len(wanted))) % classes
    return wanted, np.where(missed, other, wanted), units


def _rows(wanted: NDArray[np.int64], said: NDArray[np.int64], units: NDArray[np.int64]) -> Rows:
    return Rows(np.column_stack([wanted, said]).astype(np.float64), np.arange(len(wanted)), units[:, None])


def _value(wanted: NDArray[np.int64], said: NDArray[np.int64], units: NDArray[np.int64]) -> float:
    folded = MacroF1(*COLUMNS)(_rows(wanted, said, units), COLUMNS, int(units.max()) + 1)
    return float(folded.value(np.ones((1, folded.units)))[0])


def _bounds(wanted: NDArray[np.int64], said: NDArray[np.int64], units: NDArray[np.int64]) -> tuple[float, float]:
    folded = MacroF1(*COLUMNS)(_rows(wanted, said, units), COLUMNS, int(units.max()) + 1)
    bounds = folded.bounds(CONFIDENCE, 0)
    return (0.0, 1.0) if bounds is None else (bounds.lower, bounds.upper)
