"""What changed between two sets is told by sample and column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.card import Card
from steelyard.library.differences import Differences, differences
from steelyard.library.stored_set import StoredSet
from steelyard.library.writing import write_set

NOTHING = Differences((), (), {}, (), (), reordered=False, card={})


@pytest.fixture(scope="module")
def write(
    tmp_path_factory: pytest.TempPathFactory, card: Callable[..., Card], table: Callable[..., pa.Table]
) -> Callable[..., StoredSet]:
    def written(rows: Sequence[int] = range(6), said: dict[str, Any] | None = None, **columns: Any) -> StoredSet:
        samples = table(**columns).take(list(rows))
        return write_set(tmp_path_factory.mktemp("set") / "set", card(**(said or {})), samples)

    return written


CHANGED = pa.array([[float(n), n / 2 + (n == 4)] for n in range(6)], pa.list_(pa.float64()))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, {}),
        ({"rows": [0, 1, 2, 3]}, {"removed": ["e", "f"]}),
        ({"rows": [1, 0, 2, 3, 4, 5]}, {"reordered": True}),
        ({"reference": ["negative"] * 6}, {"changed": {"reference": ["a", "c", "e"]}}),
        ({"input": CHANGED}, {"changed": {"input": ["e"]}}),
        ({"id": ["a", "b", "c", "d", "e", "g"]}, {"removed": ["f"], "added": ["g"]}),
        ({"scene": ["far"] * 6}, {"columns_added": ["scene"]}),
        (
            {"reference": [1.0, 0.0] * 3, "said": {"methods": ()}},
            {"changed": {"reference": list("abcdef")}, "card": {"methods": (["medical.diagnosis"], [])}},
        ),
        ({"said": {"version": "2"}}, {"card": {"version": ("1", "2")}}),
    ],
)  # fmt: skip
def test_differences(other: dict[str, Any], expected: dict[str, Any], write: Callable[..., StoredSet]) -> None:
    found = differences(write(), write(**other))
    wanted = replace(NOTHING, **expected)
    for name in ("removed", "added", "columns_removed", "columns_added"):
        assert list(getattr(found, name)) == list(getattr(wanted, name))
    assert (dict(found.changed), found.reordered, dict(found.card)) == (
        dict(wanted.changed),
        wanted.reordered,
        dict(wanted.card),
    )
    assert bool(found) is bool(expected)


@given(
    first=st.permutations(range(6)), many=st.integers(1, 6), second=st.permutations(range(6)), more=st.integers(1, 6)
)
def test_what_is_added_one_way_is_removed_the_other(
    first: list[int], many: int, second: list[int], more: int, write: Callable[..., StoredSet]
) -> None:
    one, other = write(first[:many]), write(second[:more])
    forth, back = differences(one, other), differences(other, one)
    assert (forth.removed, forth.added) == (back.added, back.removed)
    assert not forth.changed
    assert forth.reordered is back.reordered


def test_a_set_does_not_differ_from_itself(write: Callable[..., StoredSet], tmp_path: Path) -> None:
    assert tmp_path.is_dir()
    one = write()
    assert not differences(one, one)
