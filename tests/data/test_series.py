"""A series is whole rows of finite numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from steelyard.core.errors import MalformedValue
from steelyard.data.series import Series


@pytest.mark.parametrize(
    ("wire", "says"),
    [
        ("1,2", "expected an array of rows, got a string"),
        ([1, 2], "row 0 to be 2 numbers"),  # one row, not in an array of its own
        ([[1, 2], [3]], "row 1 to be 2 numbers"),
        ([[1, 2], [3, "4"]], "row 1 holds what is no finite number: '4'"),
        ([[1, math.nan]], "row 0 holds"),
        ([[1, True]], "row 0 holds"),
        ([[1, 10**400]], "row 0 holds"),  # JSON's integers have no bound
    ],
)
def test_what_is_no_series(wire: Any, says: str) -> None:
    with pytest.raises(MalformedValue, match=says):
        Series(channels=2).decode(wire)


def test_rows_are_stored_one_after_another() -> None:
    kind = Series(channels=2)
    value = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert kind.store(value) == [1, 2, 3, 4]
    assert np.array_equal(kind.load([1, 2, 3, 4]), value)
    assert kind.load([]).shape == kind.decode([]).shape == (0, 2)
    with pytest.raises(MalformedValue, match="3 numbers are no whole rows of 2"):
        kind.load([1, 2, 3])


def test_pages_show_the_first_rows() -> None:
    assert Series().html(np.zeros((2, 1))) == "2 × 1: 0; 0"
    assert Series().html(np.zeros((9, 1))) == "9 × 1: 0; 0; 0; 0; 0; …"
