"""What all data types share: declarations, admission, and the words for a wrong JSON type."""

from __future__ import annotations

from typing import Any

import pytest

from steelyard.core.data_type import DataType, wrong_type
from steelyard.core.words import Words
from steelyard.data.audio import Audio
from steelyard.data.features import Features
from steelyard.data.label import Label
from steelyard.data.text import Text


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (Features(), Features(size=30), True),  # what is left open admits any
        (Features(size=3), Features(size=30), False),
        (Features(size=3), Features(), False),
        (Audio(), Audio(sample_rate=8_000), False),
        (Label(("a", "b")), Label(("a", "b")), True),
        (Text(), Features(), False),
    ],
)
def test_admits(mine: DataType[Any], theirs: DataType[Any], expected: bool) -> None:
    assert mine.admits(theirs) is expected


@pytest.mark.parametrize(
    ("wire", "got"),
    [
        (None, "got null: None"),
        (True, "got a boolean: True"),  # Python's booleans are numbers; JSON's are not
        (1, "got a number: 1"),
        ({}, "got an object: {}"),
        ("x" * 1000, "…"),  # shown in part
    ],
)
def test_wrong_type_says_what_was_expected_and_what_came(wire: Any, got: str) -> None:
    error = wrong_type(Words("a thing", "某物"), wire)
    assert str(error).startswith("expected a thing, got ")
    assert got in str(error)
    assert len(str(error)) < 120
