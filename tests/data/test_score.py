"""A number within bounds."""

from __future__ import annotations

from typing import Any

import pytest

from steelyard.core.errors import MalformedValue
from steelyard.data.score import Score


@pytest.mark.parametrize(
    ("kind", "wire"),
    [(Score(), 0), (Score(), 1), (Score(), 0.5), (Score(-1.0, 1.0), -1), (Score(), 5e-324)],  # both ends included
)
def test_within(kind: Score, wire: float) -> None:
    assert kind.decode(wire) == wire
    assert type(kind.decode(wire)) is float


@pytest.mark.parametrize(
    ("wire", "says"),
    [
        (-5e-324, "from 0 to 1"),
        (1.0000000000000002, "1.0000000000000002 is not"),
        (float("nan"), "nan is not a finite number"),  # neither below nor above a bound
        (float("inf"), "inf is not a finite number"),
        pytest.param(10**400, "not a finite number", id="1e400"),  # an integer that no double holds
        (True, "expected a number, got a boolean"),
        ("0.5", "expected a number, got a string"),
        (None, "expected a number, got null"),
        ([0.5], "expected a number, got an array"),
    ],
)
def test_other_values_are_malformed(wire: Any, says: str) -> None:
    with pytest.raises(MalformedValue, match=says):
        Score().decode(wire)
