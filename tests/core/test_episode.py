"""Turns of closed loops come back from the wire, and what is none says what to mend."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.episode import Turn, Turns
from steelyard.core.errors import MalformedValue
from steelyard.data.features import Features
from steelyard.data.image import Image
from steelyard.data.text import Text

TURNS = Turns(Text(), Features(size=2))


@given(turn=TURNS.strategy())
def test_turns_come_back_from_the_wire_and_from_storage(turn: Turn) -> None:
    wire = json.loads(json.dumps(TURNS.encode(turn)))
    jsonschema.Draft202012Validator(TURNS.schema()).validate(wire)
    assert TURNS.decode(wire) == turn
    assert TURNS.load(TURNS.store(turn)) == turn


@pytest.mark.parametrize(
    ("wire", "says"),
    [
        (3, "expected a turn, got a number"),
        ([], "expected a turn"),
        ({}, "one of"),
        ({"episode": "9f"}, "one of"),
        ({"episode": 9, "close": True}, 'expected a text "episode"'),
        ({"open": "road"}, 'expected a text "episode"'),
        ({"episode": "9f", "open": "road", "step": [0, 1]}, "one of"),
        ({"episode": "9f", "close": 1}, '"close": true'),
        ({"episode": "9f", "close": False}, '"close": true'),
        ({"episode": "9f", "step": [0]}, "expected 2 numbers, got 1"),
        ({"episode": "9f", "open": 7}, "expected"),
        ({"episode": "9f", "step": [0, 1], "id": "s1"}, "got 'episode', 'step', 'id'"),
    ],
)
def test_what_is_no_turn_says_so(wire: Any, says: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        TURNS.decode(wire)
    assert says in caught.value.what.en
    assert not jsonschema.Draft202012Validator(TURNS.schema()).is_valid(wire)


@given(wire=st.dictionaries(st.sampled_from(["episode", "open", "step", "close", "x"]), st.just("a") | st.just(True)))
def test_the_schema_admits_what_is_taken(wire: dict[str, Any]) -> None:
    try:
        TURNS.decode(wire)
        taken = True
    except MalformedValue:
        taken = False
    assert jsonschema.Draft202012Validator(TURNS.schema()).is_valid(wire) is taken


def test_a_declaration_names_both_types() -> None:
    assert Turns(Text(), Image(channels=1)).declaration() == {
        "type": "turns",
        "scenario": {"type": "text"},
        "observation": {"type": "image", "channels": 1},
    }
