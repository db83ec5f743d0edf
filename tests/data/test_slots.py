"""Slots on the wire: what is wrong is named with its place and what to mend."""

from __future__ import annotations

from typing import Any

import pytest

from steelyard.core.errors import MalformedValue
from steelyard.data.slots import Slots


@pytest.mark.parametrize(
    ("wire", "spans", "says"),
    [
        ({}, True, "expected an array of slots"),
        (["date"], True, "slot 0 to be an object"),
        ([{"slot": "date", "begin": 0}], True, "slot 0: the key 'end' is missing"),
        ([{"slot": "date", "begin": 0, "ende": 4}], True, "did you mean 'end'"),
        ([{"slot": "date", "begin": 4, "end": 4}], True, "begins at 4 and ends at 4: no character"),
        ([{"slot": "date", "begin": -1, "end": 4}], True, "'begin' is -1, not a character's place from 0"),
        ([{"slot": "date", "begin": 0.5, "end": 4}], True, "'begin' is 0.5"),
        ([{"slot": "", "begin": 0, "end": 4}], True, "slot 0: its name is empty"),
        ([{"slot": "date", "begin": 0, "end": 4}], False, "unknown key 'begin'"),
        ([{"slot": "date", "value": 3}], False, "'value' to be a string"),
    ],
)
def test_what_is_refused(wire: Any, spans: bool, says: str) -> None:
    with pytest.raises(MalformedValue, match=says):
        Slots(spans=spans).decode(wire)


def test_a_product_in_python_may_return_objects() -> None:
    said = [{"slot": "date", "begin": 0, "end": 4}]
    assert Slots().encode(said) == said  # type: ignore[arg-type]
    assert Slots().decode([{"slot": "date", "begin": 0.0, "end": 4}]) == [["date", "0", "4"]]
