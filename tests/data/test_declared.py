"""A declaration is read back as the type that wrote it, and a wrong one says what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from steelyard.core.errors import MalformedValue, UnknownName
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
    [{}, {"type": None}, {"type": "_private"}, {"type": "DataType"}],
)
def test_what_declares_no_type_of_ours_is_an_unknown_name(declaration: dict[str, Any]) -> None:
    with pytest.raises(UnknownName):
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
