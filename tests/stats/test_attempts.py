"""Trying again and again never costs more than the whole risk."""

from __future__ import annotations

import pytest

from steelyard.stats.attempts import alpha_of_attempt


def test_all_attempts_together_spend_alpha_and_no_more() -> None:
    assert sum(alpha_of_attempt(attempt) for attempt in range(1, 1000)) == pytest.approx(0.05)
    assert sum(alpha_of_attempt(attempt) for attempt in range(1, 50)) < 0.05


def test_attempts_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        alpha_of_attempt(0)
