"""A declaration is read back as the type that wrote it, and a wrong one says what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from steelyard.core.errors import MalformedValue, SteelyardError, UnknownName
from steelyard.data import declared
from steelyard.data.features import Features
from steelyard.data.label import Label


def test_a_sequence_in_json_is_a_tuple_in_the_type() -> None:
    assert declared(json.loads('{"type": "label", "classes": ["a", "b"]}')) == Label(("a", "b"))


def test_an_unknown_type_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean features"):
        declared({"type": "featurs"})


@pytest.mark.parametrize(
    "declaration",
    [{}, {"type": None}, {"type": "features", "sise": 30}, {"type": "label"}, {"type": "_private"}],
)
def test_a_declaration_that_cannot_be_read_says_so(declaration: dict[str, Any]) -> None:
    # Cards of users and of later versions come here: a bare TypeError would look like a fault of the bench.
    with pytest.raises(SteelyardError):
        declared(declaration)


def test_the_deepest_json_is_malformed_and_no_crash() -> None:
    """What Python's JSON just can read must not be too deep for the words of the error."""
    depth = 100_000
    while True:
        try:
            wire = json.loads("[" * depth + "]" * depth)
            break
        except RecursionError:
            depth = depth * 99 // 100
    for kind in (Features(), Label(("a",))):
        with pytest.raises(MalformedValue):
            kind.decode([wire])
