"""Intents on the wire: a name, or a name with a score; what is wrong is named with what to send instead."""

from __future__ import annotations

from typing import Any

import pytest

from steelyard.core.errors import MalformedValue
from steelyard.data.intent import Intent


@pytest.mark.parametrize(
    ("wire", "intent", "score"),
    [("支付", "支付", None), ({"intent": "pay", "out_of_scope": 1}, "pay", 1.0)],
)
def test_what_is_taken(wire: Any, intent: str, score: float | None) -> None:
    assert Intent().decode(wire) == {"intent": intent, "out_of_scope": score}


@pytest.mark.parametrize(
    ("wire", "says"),
    [
        (None, "expected the name of an intent"),
        ("", "the name of the intent is empty"),
        ({"intent": "pay"}, "'out_of_scope' is missing; without a score send the name of the intent alone"),
        ({"intent": "pay", "out_of_scope": None}, "'out_of_scope' to be a number, got null"),
        ({"intent": "pay", "score": 0.2}, "unknown key 'score'"),
        ({"intent": "pay", "out_of_scop": 0.2}, "did you mean 'out_of_scope'"),
        ({"intent": 5, "out_of_scope": 0.2}, "'intent' to be a string"),
        ({"intent": "pay", "out_of_scope": -3.2}, r"'out_of_scope' is -3.2, not a number from 0 \(in scope\) to 1"),
        ({"intent": "pay", "out_of_scope": True}, "got a boolean"),
        ("\ud800", "half of a surrogate pair"),
    ],
)
def test_what_is_refused(wire: Any, says: str) -> None:
    with pytest.raises(MalformedValue, match=says) as caught:
        Intent().decode(wire)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.what.zh)


def test_a_product_in_python_may_return_the_name_alone() -> None:
    assert Intent().encode("pay") == "pay"  # type: ignore[arg-type]
