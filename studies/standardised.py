"""Rates of two kinds of samples, weighted as they come in use: what their bounds are worth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from table import error_of, markdown, percent

from steelyard.core.sample import Rows
from steelyard.stats.folds.pooled import Pooled
from steelyard.stats.folds.standardised import Standardised

CONFIDENCE = 0.95
SEED = 24_446
RUNS = 2_000
COLUMNS = ("wrong", "common", "rare_wrong", "rare")

TEXT = """
## Rates at a stated share

Queries in scope and out of scope, each kind with an error rate of its own, and the error rate where another share of
them is out of scope; {runs:,} runs a row, standard error at 5 %: {error}. Bounds recover the variance of each kind
from its own exact bounds (Zou and Donner 2008); where few are out of scope the upper one is too careful.
"""
CASES = (
    (300, 30, 0.1, 0.05, 0.5),
    (300, 30, 0.1, 0.02, 0.1),
    (4_500, 1_000, 0.1, 0.37, 0.1),
    (1_000, 50, 0.05, 0.3, 0.01),
    (100, 20, 0.1, 0.1, 0.5),
    (500, 160, 0.17, 0.006, 0.5),
)
"""In scope, out of scope, error rates of either, share out of scope."""


def tables() -> Iterator[str]:
    """Yield the section."""
    generator = np.random.Generator(np.random.Philox(SEED))
    lines = []
    for common, rare, rate, rare_rate, share in CASES:
        lower, upper = np.array([_bounds(generator, common, rare, rate, rare_rate, share) for _ in range(RUNS)]).T
        truth = (1.0 - share) * rate + share * rare_rate
        lines.append(
            (
                f"{common:,} at {100 * rate:g} %, {rare:,} at {100 * rare_rate:g} %",
                f"{100 * share:g} %",
                percent(float((upper < truth).mean())),
                percent(float((lower > truth).mean())),
            )
        )
    said = TEXT.format(runs=RUNS, error=error_of(RUNS))
    yield said + "\n" + markdown(("queries and errors", "share", "false conform", "false fail"), lines)


def _bounds(
    generator: np.random.Generator, common: int, rare: int, rate: float, rare_rate: float, share: float
) -> tuple[float, float]:
    inside = np.arange(common + rare) < common
    missed = generator.random(len(inside)) < np.where(inside, rate, rare_rate)
    values = np.column_stack([missed & inside, inside, missed & ~inside, ~inside]).astype(np.float64)
    rows = Rows(values, np.arange(len(inside)), np.arange(len(inside))[:, None])
    parts = ((1.0 - share, Pooled(("wrong",), ("common",))), (share, Pooled(("rare_wrong",), ("rare",))))
    found = Standardised(parts)(rows, COLUMNS, len(inside)).bounds(CONFIDENCE, 0)
    return (0.0, 1.0) if found is None else (found.lower, found.upper)
