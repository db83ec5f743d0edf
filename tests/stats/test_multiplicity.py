"""Holm's procedure, against its definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.stats.multiplicity import holm


def by_definition(p_values: list[float], alpha: float) -> list[bool]:
    """Step down from the smallest p-value, as Holm wrote it."""
    failed = [False] * len(p_values)
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        if p_values[place] > alpha / (len(p_values) - rank):
            break
        failed[place] = True
    return failed


@pytest.mark.parametrize(
    ("p_values", "failed"),
    [
        ([], []),
        ([0.04], [True]),
        ([0.04, 0.04], [False, False]),  # each by itself would fail
        ([0.02, 0.04], [True, True]),  # once the first has failed, the second is alone
        ([0.06, 0.001], [False, True]),
    ],
)
def test_table(p_values: list[float], failed: list[bool]) -> None:
    assert holm([lambda level, p=p: p <= level for p in p_values], 0.05) == failed


@given(st.lists(st.floats(0, 0.2), max_size=8))
def test_it_is_holm_s_procedure(p_values: list[float]) -> None:
    assert holm([lambda level, p=p: p <= level for p in p_values], 0.05) == by_definition(p_values, 0.05)
