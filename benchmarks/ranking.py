"""Ranks: bounds of an area under the curve against scikit-learn and its bootstrap; verification by resampled people."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from measuring import in_turn, ratio, table
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from steelyard.core.sample import Rows
from steelyard.stats.folds.roc import AreaUnderCurve, area_bounds
from steelyard.stats.folds.verification import EqualErrorRate, MatchedAt, TrueMatchRate
from steelyard.stats.intervals.philox import multinomial_weights
from steelyard.stats.intervals.resampling import resampled

SCORES, RESAMPLES, FINISHED = 1_000_000, 2_000, 3
PEOPLE = 517
ROUNDS = 5
COLUMNS = ("score", "positive")

TEXT = """
{scores:,} scores made from a seed, three in ten of them positive. *Steelyard*: value and both one-sided 95 % bounds,
by one sort and DeLong's variance. *scikit-learn*: `roc_auc_score` alone, and the usual bootstrap of {resamples:,}
resamples of it, extrapolated from {finished} finished ones. Both give the same area (checked in the run).
"""
VERIFICATION = """
Verification with {people} people, each compared with each ({comparisons:,} scores made from a seed; as many as NIST's
BSSR1 set 1 has), sorted before: {resamples:,} resamples of people, with their weights drawn by the published rule.
From some hundreds on, the greatest memory of a call does not grow with the number of resamples.
"""
AFTER = """
    python benchmarks/table.py ranking
"""


def scores(count: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return scores, and which are positive."""
    generator = np.random.Generator(np.random.Philox(31))
    positive = generator.random(count) < 0.3
    return generator.normal(size=count) + positive, positive


def matched(people: int) -> Rows:
    """Return the comparisons of everyone with everyone."""
    generator = np.random.Generator(np.random.Philox(32))
    first, second = np.divmod(np.arange(people**2), people)
    shift = 0.3 * generator.normal(size=people)
    values = generator.normal(size=people**2) + shift[first] + shift[second] + 4.5 * (first == second)
    return Rows(np.column_stack([values, first == second]), first, np.column_stack([first, second]))


def measure(*, quick: bool = False) -> str:
    """Return the section of the page."""
    count, rounds = (20_000, 2) if quick else (SCORES, ROUNDS)
    given, positive = scores(count)
    rows = Rows(np.column_stack([given, positive]), np.arange(count), np.arange(count)[:, None])
    measured = in_turn(
        {
            "ours": lambda: _ours(rows, count),
            "value": lambda: {"area": roc_auc_score(positive, given)},
            "bootstrap": lambda: _bootstrap(given, positive, FINISHED),
        },
        rounds,
    )
    if not np.isclose(measured["ours"].said[-1]["area"], measured["value"].said[-1]["area"], rtol=0.0, atol=1e-10):
        raise RuntimeError("the areas differ")
    times = RESAMPLES / FINISHED
    lines = [
        ("Steelyard: value and bounds", measured["ours"].spread.show("", 1e-3), ""),
        (
            "scikit-learn: value alone",
            measured["value"].spread.show("", 1e-3),
            ratio(measured["value"], measured["ours"]).show(""),
        ),
        (
            f"scikit-learn: bootstrap of {RESAMPLES:,}, extrapolated",
            measured["bootstrap"].spread.show("", 1e-3 / times),
            _times(ratio(measured["bootstrap"], measured["ours"]).median * times),
        ),
    ]
    area = table(("", "ms", "that : Steelyard, paired"), lines)
    people = 100 if quick else PEOPLE
    said = TEXT.format(scores=count, resamples=RESAMPLES, finished=FINISHED)
    also = VERIFICATION.format(people=people, comparisons=people**2, resamples=RESAMPLES)
    return "\n".join(["## Ranks", said, area, also, _verification(people, rounds), AFTER.rstrip()])


def _ours(rows: Rows, count: int) -> dict[str, Any]:
    folded = AreaUnderCurve(*COLUMNS)(rows, COLUMNS, count)
    found = area_bounds(folded, 0.95)
    assert found is not None
    return {"area": float(folded.positives.placement.mean() / len(folded.negatives.units))}


def _bootstrap(given: NDArray[np.float64], positive: NDArray[np.bool_], resamples: int) -> dict[str, Any]:
    generator = np.random.Generator(np.random.Philox(33))
    for _ in range(resamples):
        drawn = generator.integers(0, len(given), len(given))
        roc_auc_score(positive[drawn], given[drawn])
    return {}


def _verification(people: int, rounds: int) -> str:
    rows = matched(people)
    at = TrueMatchRate(*COLUMNS, 0.001)(rows, COLUMNS, people)
    equal = EqualErrorRate(*COLUMNS)(rows, COLUMNS, people)
    calls: dict[str, Callable[[], Any]] = {
        "true match rate at 0.1 % false matches: values": lambda: _values(at, people),
        "the same: bounds": lambda: resampled(at, 0.95, 1, RESAMPLES),
        "equal error rate: bounds": lambda: resampled(equal, 0.95, 1, RESAMPLES),
    }
    measured = in_turn(calls, rounds)
    lines = [(name, measured[name].spread.show("", 1e-3), _memory(calls[name])) for name in calls]
    for resamples in (200, 20_000):
        call = partial(resampled, at, 0.95, 1, resamples)
        lines.append((f"the same: bounds from {resamples:,} resamples", "", _memory(call)))
    return table(("", "ms", "greatest memory of the call, MiB"), lines)


def _values(folded: MatchedAt, people: int) -> None:
    folded.value(multinomial_weights(people, RESAMPLES, 1))


def _memory(call: Callable[[], Any]) -> str:
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return f"{peak / 2**20:.0f}"


def _times(value: float) -> str:
    return f"{value:,.0f}"
