"""Stretches of time, against sets of milliseconds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.errors import CallError
from steelyard.measures.timeline import Timeline, around_edges, common, length, merged, seconds_of, timeline, without

STRETCHES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted), max_size=6)


def covered(stretches: Timeline) -> set[int]:
    return {place for begin, end in stretches for place in range(begin, end)}


@given(STRETCHES, STRETCHES)
def test_they_are_sets_of_milliseconds(one: list[list[int]], other: list[list[int]]) -> None:
    first, second = (merged((begin, end) for begin, end in each) for each in (one, other))
    assert covered(first) == {place for begin, end in one for place in range(begin, end)}
    assert covered(common(first, second)) == covered(first) & covered(second)
    assert covered(without(first, second)) == covered(first) - covered(second)
    assert length(first) == len(covered(first))
    assert all(end < begin for (_, end), (begin, _) in pairwise(first)), "none of them touch"


def test_seconds_are_rounded_to_milliseconds() -> None:
    assert timeline([[0.0004, 0.0016], [1.1, 2.2]]) == [(0, 2), (1100, 2200)]


def test_a_collar_does_not_reach_before_the_beginning() -> None:
    assert around_edges([(100, 1000)], 0.25) == [(0, 350), (750, 1250)]


@pytest.mark.parametrize(
    ("value", "positive"),
    [(-0.1, False), (0, True), ("0.25", False), (None, False), (True, False), (float("nan"), False), (1e306, False)],
)
def test_what_is_no_number_of_seconds_is_refused(value: object, positive: bool) -> None:
    with pytest.raises(CallError, match="collar is no number of seconds") as caught:
        seconds_of("collar", value, positive)
    assert caught.value.remedy is not None
