"""A small set of patients to write, damage and open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from steelyard.core.card import Card
from steelyard.core.words import Words

CARD = Card(
    name="made-up",
    version="1",
    title=Words("Made up", "虚构"),
    licence="CC0-1.0",
    source="https://example.org",
    citation="nobody, 2026",
    methods=("medical.diagnosis",),
    reference=Words("invented", "虚构"),
    input={"type": "features", "size": 2},
    groups={"hospital": Words("hospital", "医院")},
    units={"patient": Words("patients", "受检者")},
)


@pytest.fixture(scope="session")
def card() -> Callable[..., Card]:
    """Make a card; keyword arguments change it."""
    return lambda **changes: replace(CARD, **changes)


@pytest.fixture(scope="session")
def table() -> Callable[..., pa.Table]:
    """Make a table of six patients; keyword arguments replace columns, or drop those that are None."""

    def make(**changes: Any) -> pa.Table:
        columns: dict[str, Any] = {
            "id": ["a", "b", "c", "d", "e", "f"],
            "input": pa.array([[float(n), n / 2] for n in range(6)], pa.list_(pa.float64())),
            "reference": ["positive", "negative"] * 3,
            "hospital": ["north", "south", "east"] * 2,
            "patient": ["p1", "p1", "p2", "p3", "p3", "p4"],
        }
        return pa.table({name: value for name, value in (columns | changes).items() if value is not None})

    return make
