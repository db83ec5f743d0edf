"""Finite numbers in a fixed order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from steelyard.core.errors import MalformedValue
from steelyard.data.features import Features


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("[]", []),
        ("[1, 2.5, -0.0]", [1.0, 2.5, -0.0]),
        ("[1e308, 5e-324]", [1e308, 5e-324]),
        ("[123456789012345678901234567890]", [1.2345678901234568e29]),  # JSON's integers have no bounds
    ],
)
def test_numbers(wire: str, expected: list[float]) -> None:
    decoded = Features().decode(json.loads(wire))
    assert decoded == expected
    assert all(type(number) is float for number in decoded)


@pytest.mark.parametrize(
    ("wire", "says"),
    [
        (None, "expected an array of numbers, got null"),
        ("[1]", "expected an array of numbers, got a string"),
        ([True], "item 0 is not a finite number: True"),  # Python's booleans are numbers; JSON's are not
        ([1, "2"], "item 1 is not a finite number: '2'"),
        ([1, None], "item 1"),
        ([[1]], "item 0"),
        ([float("nan")], "nan"),  # Python's JSON reads NaN and Infinity
        ([float("-inf")], "-inf"),
        ([10**400], "item 0 is not a finite number"),  # an integer that no double holds
    ],
)
def test_other_values_are_malformed(wire: Any, says: str) -> None:
    with pytest.raises(MalformedValue, match=says.replace("[", r"\[")):
        Features().decode(wire)


@pytest.mark.parametrize("wire", [[], [1.0], [1.0, 2.0, 3.0]])
def test_the_number_of_numbers(wire: Any) -> None:
    with pytest.raises(MalformedValue, match=f"expected 2 numbers, got {len(wire)}"):
        Features(size=2).decode(wire)
