"""What steers a terminal is written out, and what people read stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("word error rate 5 %，合格", "word error rate 5 %，合格"),
        ("\u3000indented\u00a0so", "\u3000indented\u00a0so"),  # wide and hard blanks are blanks
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b2J\x07\x7f", "\\x9b2J\\x07\\x7f"),
        ("\u202egreen\u200b\ufeff", "\\u202egreen\\u200b\\ufeff"),
        ("one\u2028two\ud800", "one\\u2028two\\ud800"),
        ("one\ntwo\r", "one\ntwo\\r"),
    ],
)
def test_table(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(exclude_categories=[])))
def test_nothing_unseen_is_left(text: str) -> None:
    shown = printable(text, lines=False)
    assert printable(shown, lines=False) == shown
    shown.encode("utf-8")
    assert len(shown.splitlines()) <= 1
