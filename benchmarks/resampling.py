"""Resampling of clusters at size: errors of a million utterances of 2,000 speakers, against scipy.stats.bootstrap."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from measuring import in_turn, ratio, table
from scipy.stats import bootstrap

from steelyard.core.sample import Rows
from steelyard.stats.folds.pooled import Pooled
from steelyard.stats.intervals.bootstrap import percentile

SAMPLES, CLUSTERS, RESAMPLES = 1_000_000, 2_000, 2_000
SCIPY_RESAMPLES = 20
"""Of rows: what SciPy finishes in some seconds; its time goes with their number."""
ROUNDS = 5
COLUMNS = ("errors", "characters")

TEXT = """
{samples:,} utterances of {clusters:,} speakers, made from a seed; the percentile bounds of the pooled error rate,
{resamples:,} resamples of speakers, in one process, in turn. **Steelyard** folds the rows by speaker and values all
resamples (`stats.intervals.bootstrap.percentile`; weights from Philox raw bits by its published rule); folding is
counted in. **scipy.stats.bootstrap** draws speakers too and its statistic gathers the utterances of those drawn (an
index of each speaker's rows is made beforehand and not counted): {few} resamples were run, and the time is
extrapolated to {resamples:,}. Who folds by hand first can give SciPy the {clusters:,} sums instead of the rows
(**SciPy on folded sums**, folding counted in, all resamples run): then it is as fast as its generator, and holds all
resamples at once unless told otherwise. Both give the same bounds within simulation error (checked in the run).
"""
MEMORY = """
Peak of what was allocated beyond the rows while bounds were found, by `tracemalloc`: flat in the number of resamples
(8 bytes each are kept, the resampled values).

{table}

    python benchmarks/table.py resampling
"""


def rows_of(samples: int, clusters: int) -> Rows:
    """Return errors and characters of utterances, and their speakers."""
    generator = np.random.Generator(np.random.Philox(20_260))
    speakers = generator.integers(0, clusters, samples)
    characters = generator.integers(5, 30, samples)
    errors = generator.binomial(characters, generator.beta(4, 60, clusters)[speakers])
    values = np.column_stack([errors, characters]).astype(np.float64)
    return Rows(values, np.arange(samples), speakers[:, None])


def measure(*, quick: bool = False) -> str:
    """Return the section of the page."""
    samples, clusters, resamples = (20_000, 200, 200) if quick else (SAMPLES, CLUSTERS, RESAMPLES)
    few = min(SCIPY_RESAMPLES, resamples)
    rows = rows_of(samples, clusters)
    contestants = {
        "Steelyard": _steelyard(rows, clusters, resamples),
        "scipy.stats.bootstrap": _scipy(rows, clusters, few),
        "SciPy on folded sums": _scipy_folded(rows, clusters, resamples),
    }
    measured = in_turn(contestants, 2 if quick else ROUNDS)
    whole = measured["scipy.stats.bootstrap"]
    whole.seconds = [seconds * resamples / few for seconds in whole.seconds]
    ours = measured["Steelyard"]
    mine, other = (measured[name].said[-1] for name in ("Steelyard", "SciPy on folded sums"))
    # Few resamples leave more to chance.
    if any(abs(mine[side] / other[side] - 1.0) > (0.05 if quick else 0.01) for side in ("lower", "upper")):
        raise RuntimeError(f"{mine} and {other} differ")
    lines = []
    for name, each in measured.items():
        paired = "" if each is ours else ratio(each, ours).show("")
        lines.append((name, each.spread.show("", 1e-3), paired))
    said = TEXT.format(samples=samples, clusters=clusters, resamples=resamples, few=few)
    head = ("", "ms", "this : Steelyard, paired")
    return "\n".join(["## Resampling clusters", said, table(head, lines), _memory(rows, clusters, quick=quick)])


def _memory(rows: Rows, clusters: int, *, quick: bool) -> str:
    lines = []
    for resamples in (200, 2_000) if quick else (200, 2_000, 20_000):
        tracemalloc.start()
        _steelyard(rows, clusters, resamples)()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        lines.append((f"{resamples:,}", f"{peak / 2**20:.1f}"))
    return MEMORY.format(table=table(("resamples", "peak, MiB"), lines)).rstrip()


def _steelyard(rows: Rows, clusters: int, resamples: int) -> Callable[[], dict[str, Any]]:
    def call() -> dict[str, Any]:
        folded = Pooled(("errors",), ("characters",))(rows, COLUMNS, clusters)
        found = percentile(folded, 0.95, seed=1, resamples=resamples)
        assert found is not None
        return {"lower": found.lower, "upper": found.upper}

    return call


def _scipy(rows: Rows, clusters: int, resamples: int) -> Callable[[], dict[str, Any]]:
    """Return a call whose statistic gathers the rows of the clusters that were drawn."""
    order = np.argsort(rows.units[:, 0], kind="stable")
    values = rows.values[order]
    places = np.split(np.arange(len(values)), np.cumsum(np.bincount(rows.units[:, 0], minlength=clusters))[:-1])

    def statistic(drawn: np.ndarray) -> float:
        some = values[np.concatenate([places[int(cluster)] for cluster in drawn])]
        return float(some[:, 0].sum() / some[:, 1].sum())

    return _bounds((np.arange(clusters),), statistic, resamples, vectorized=False)


def _scipy_folded(rows: Rows, clusters: int, resamples: int) -> Callable[[], dict[str, Any]]:
    def call() -> dict[str, Any]:
        speakers = rows.units[:, 0]
        sums = [np.bincount(speakers, rows.values[:, column], minlength=clusters) for column in (0, 1)]
        statistic = lambda errors, characters, axis: errors.sum(axis=axis) / characters.sum(axis=axis)  # noqa: E731
        return _bounds(tuple(sums), statistic, resamples, vectorized=True)()

    return call


def _bounds(
    data: tuple[np.ndarray, ...], statistic: Callable[..., Any], resamples: int, *, vectorized: bool
) -> Callable[[], dict[str, Any]]:
    def call() -> dict[str, Any]:
        found = bootstrap(
            data,
            statistic,
            paired=len(data) > 1,
            vectorized=vectorized,
            n_resamples=resamples,
            confidence_level=0.9,
            method="percentile",
            rng=np.random.default_rng(1),
        ).confidence_interval
        return {"lower": float(found.low), "upper": float(found.high)}

    return call
