"""How a product is asked unless a method says otherwise."""

from __future__ import annotations

import pytest

from steelyard import fields
from steelyard.core.errors import UnknownName
from steelyard.core.method import ask_once
from steelyard.core.sample import Sample


def test_ask_once_sends_the_input_and_returns_the_answer() -> None:
    conversation = ask_once(Sample("s", "input", "reference", {}, {}))
    assert next(conversation) == "input"
    with pytest.raises(StopIteration) as ended:
        conversation.send("answer")
    assert ended.value.value == "answer"


def test_an_unknown_indicator_offers_the_nearest() -> None:
    method = fields.find("medical.diagnosis")
    with pytest.raises(UnknownName, match="Did you mean false_negative_rate"):
        method.indicator("false_negativ_rate")
