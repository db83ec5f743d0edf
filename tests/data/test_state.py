"""States on the wire: an object, or pairs as sets store them."""

from __future__ import annotations

from typing import Any

import pytest

from steelyard.core.errors import MalformedValue
from steelyard.data.state import State


@pytest.mark.parametrize("wire", [{"b": "2", "a": "1"}, [["b", "2"], ["a", "1"]]])
def test_what_is_taken(wire: Any) -> None:
    assert State().decode(wire) == [["a", "1"], ["b", "2"]]
    assert State().encode(State().decode(wire)) == {"a": "1", "b": "2"}
    assert State().decode(State().encode(wire)) == [["a", "1"], ["b", "2"]]


@pytest.mark.parametrize(
    ("wire", "says"),
    [
        ("price", "expected an object of slots"),
        ({"price": 5}, "the value of 'price' to be a string, got a number"),
        ({"price": ""}, "'price' has an empty name or value; leave out what is not known"),
        ({"": "low"}, "empty name"),
        ([["price", "low"], ["price", "high"]], "'price' has two values"),
        ([["price"]], "pair 0 to be a slot and its value"),
    ],
)
def test_what_is_refused(wire: Any, says: str) -> None:
    with pytest.raises(MalformedValue, match=says):
        State().decode(wire)
