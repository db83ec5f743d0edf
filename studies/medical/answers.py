"""What the reference products say of the test part of ``wdbc``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from steelyard import fields
from steelyard.core.sample import Records, Rows, Samples
from steelyard.core.verdict import Estimate
from steelyard.library.store import open_set
from steelyard.stats.estimate import estimate


@cache
def rows(method: str, make: Callable[[], Callable[[list[float]], Any]]) -> tuple[Rows, int]:
    """Return the rows of a method, and how many patients the set has."""
    opened, product = open_set("wdbc"), make()
    held = [row for batch in opened.batches(["input", "reference"]) for row in batch.to_pylist()]
    test = opened.positions("test")
    samples = Samples([held[place]["reference"] for place in test], test, test[:, None])
    outputs = [product(held[place]["input"]) for place in test]
    records = Records(outputs, np.zeros(len(outputs)), [None] * len(outputs))
    return fields.find(method).indicators[0].rows(samples, records), len(held)


def bounded(method: str, make: Callable[[], Callable[[list[float]], Any]], indicator: str) -> Estimate:
    """Return an indicator with its one-sided 95 % bounds over patients."""
    found, units = rows(method, make)
    return estimate(fields.find(method).indicator(indicator), [found], units, 0.95)
