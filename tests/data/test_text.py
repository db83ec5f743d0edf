"""Unicode text of any length."""

from __future__ import annotations

import json
from typing import Any

import pytest

from steelyard.core.errors import MalformedValue
from steelyard.data.text import Text


@pytest.mark.parametrize("text", ["", "杆秤", "\0", "\ufeff", "a\u0301", "\U0001f600", "\uffff", "x" * 10**6])
def test_any_text(text: str) -> None:
    assert Text().decode(json.loads(json.dumps(text))) == text


@pytest.mark.parametrize("wire", ['"\\ud800"', '"杆\\udc00秤"', '"\\udc00\\ud800"'])
def test_half_a_character_is_malformed(wire: str) -> None:
    # JSON can escape it; no UTF-8 file, and so neither journal nor report, can hold it.
    with pytest.raises(MalformedValue, match="half of a surrogate pair"):
        Text().decode(json.loads(wire))


def test_a_pair_that_json_escapes_is_a_character() -> None:
    assert Text().decode(json.loads('"\\ud83d\\ude00"')) == "\U0001f600"


@pytest.mark.parametrize("wire", [None, True, 1, 1.5, ["a"], {"text": "a"}])
def test_other_values_are_malformed(wire: Any) -> None:
    with pytest.raises(MalformedValue, match="expected a string, got"):
        Text().decode(wire)
