"""A made-up indicator, and rows for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from steelyard.core.method import Direction, Family, Indicator
from steelyard.core.sample import Rows
from steelyard.core.words import Words
from steelyard.stats.folds.pooled import Pooled

ERROR_RATE = Indicator(
    name="error_rate",
    title=Words("error rate", "错误率"),
    direction=Direction.LOWER,
    rows=lambda samples, records: Rows(np.zeros((0, 2)), samples.positions, samples.units),  # noqa: ARG005
    columns=("errors", "characters"),
    fold=Pooled(("errors",), ("characters",)),
    family=Family.RATIO,
    event=Words("error", "错误"),
    events=Words("errors", "错误"),
    opportunities=Words("characters", "字"),
)


@pytest.fixture(scope="session")
def indicator() -> Callable[..., Indicator]:
    """Make an indicator of errors among characters; keyword arguments change it."""

    def make(*, complement: bool = False, **changes: Any) -> Indicator:
        return replace(ERROR_RATE, fold=Pooled(("errors",), ("characters",), complement), **changes)

    return make


@pytest.fixture(scope="session")
def rows() -> Callable[..., Rows]:
    """Make rows of (errors, characters), each of a unit of its own unless units are given."""

    def make(values: Sequence[tuple[float, float]], units: Sequence[int] | None = None) -> Rows:
        codes = np.arange(len(values)) if units is None else np.array(units, dtype=np.int64)
        return Rows(np.array(values, dtype=np.float64).reshape(-1, 2), np.arange(len(values)), codes[:, None])

    return make
