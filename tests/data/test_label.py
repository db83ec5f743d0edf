"""One of several classes, as written."""

from __future__ import annotations

from typing import Any

import pytest

from steelyard.core.errors import MalformedValue
from steelyard.data.label import Label

LABEL = Label(("negative", "positive"))


def test_classes() -> None:
    assert LABEL.decode("negative") == "negative"


@pytest.mark.parametrize(
    ("wire", "says"),
    [
        ("positiv", "did you mean 'positive'"),
        ("Positive", "did you mean 'positive'"),  # case counts: a class is a name
        (" positive", "did you mean 'positive'"),
        ("1", "'1' is not one of 'negative', 'positive'$"),  # nothing like it: no guess
        ("", "'' is not one of"),
        ("\ud800", "is not one of"),
        (1, "expected one of 'negative', 'positive', got a number: 1"),
        (None, "got null"),
        (["positive"], "got an array"),
        ("x" * 10_000, "is not one of"),
    ],
)
def test_other_values_are_malformed(wire: Any, says: str) -> None:
    with pytest.raises(MalformedValue, match=says) as caught:
        LABEL.decode(wire)
    assert len(str(caught.value)) < 200
    assert str(caught.value).encode(), "it can be printed"
