"""Which marks hit which lesions: a table, and a loop that is written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.measures.marks import match_marks

NOTHING = np.zeros((0, 3)), np.zeros(0)


def on_a_line(*places: float) -> np.ndarray:
    return np.array([[place, 0.0, 0.0] for place in places]).reshape(-1, 3)


@pytest.mark.parametrize(
    ("marks", "scores", "lesions", "radii", "excluded", "hit", "false", "best"),
    [
        ([0], [0.5], [0], [1], [], [1], [0], [0]),
        ([1], [0.5], [0], [1], [], [0], [1], [-1]),  # on the rim is outside
        ([0, 0.5], [0.5, 0.9], [0], [1], [], [0, 1], [0, 0], [1]),  # the surest counts, the other for nothing
        ([0, 0.5], [0.9, 0.9], [0], [1], [], [1, 0], [0, 0], [0]),  # equally sure: the first
        ([0.5], [0.5], [0, 1], [1, 1], [], [1], [0], [0, 0]),  # one mark on two lesions finds both
        ([5], [0.5], [0], [1], [5], [0], [0], [-1]),  # on a finding that does not count
        ([0], [0.5], [0], [1], [0], [1], [0], [0]),  # on both: a hit
        ([], [], [0], [1], [], [], [], [-1]),
        ([3], [0.5], [], [], [], [0], [1], []),
    ],
)
def test_marks(
    marks: list[float],
    scores: list[float],
    lesions: list[float],
    radii: list[float],
    excluded: list[float],
    hit: list[int],
    false: list[int],
    best: list[int],
) -> None:
    found = match_marks(
        on_a_line(*marks),
        np.array(scores),
        on_a_line(*lesions),
        np.array(radii, dtype=float),
        on_a_line(*excluded),
        np.ones(len(excluded)),
    )
    assert found.hit.tolist() == [bool(each) for each in hit]
    assert found.false.tolist() == [bool(each) for each in false]
    assert found.best.tolist() == best


PLACES = st.lists(st.tuples(*[st.integers(-3, 3)] * 3), max_size=6)


@given(PLACES, PLACES, st.data())
def test_marks_are_those_of_a_plain_loop(
    marks: list[tuple[int, ...]], lesions: list[tuple[int, ...]], data: st.DataObject
) -> None:
    scores = data.draw(st.lists(st.integers(0, 4), min_size=len(marks), max_size=len(marks)))
    radii = data.draw(st.lists(st.sampled_from([0.5, 1.5, 2.5]), min_size=len(lesions), max_size=len(lesions)))
    best, on = [], set()
    for lesion, radius in zip(lesions, radii, strict=True):
        near = [place for place, mark in enumerate(marks) if math.dist(mark, lesion) < radius]
        on.update(near)
        best.append(max(near, key=lambda place: (scores[place], -place), default=-1))
    found = match_marks(
        np.array(marks, dtype=float).reshape(-1, 3),
        np.array(scores, dtype=float),
        np.array(lesions, dtype=float).reshape(-1, 3),
        np.array(radii),
        *NOTHING,
    )
    assert found.best.tolist() == best
    assert found.hit.tolist() == [place in best for place in range(len(marks))]
    assert found.false.tolist() == [place not in on for place in range(len(marks))]
