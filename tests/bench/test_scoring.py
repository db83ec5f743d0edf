"""Rows that are gathered part by part are the rows that would be joined at the end, however many a sample has."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from steelyard.bench.scoring import _Gathered
from steelyard.core.sample import Rows, Samples, rows_per_sample

POSITIONS = np.array([2, 3, 5, 8, 13, 21])
UNITS = np.array([0, 0, 1, 1, 2, 2])
PLACES = (slice(0, 2), slice(2, 5), slice(5, 6))


def counted(samples: Samples, each: int) -> Rows:
    """Return ``each`` rows for every sample; one row as most methods return it."""
    if each == 1:
        return rows_per_sample(samples, samples.positions * 10.0, samples.positions * 0.5)
    positions = np.repeat(samples.positions, each)
    values = np.column_stack([positions * 10.0, positions * 0.5])
    return Rows(values, positions, np.repeat(samples.units, each, axis=0))


@pytest.mark.parametrize("each", list(itertools.product((0, 1, 2), repeat=len(PLACES))))
def test_gathered_rows_are_joined_rows(each: tuple[int, ...]) -> None:
    gathered, parts = _Gathered(POSITIONS, UNITS), []
    for place, count in zip(PLACES, each, strict=True):
        samples = Samples([None] * (place.stop - place.start), POSITIONS[place], gathered.units[place])
        parts.append(counted(samples, count))
        gathered.add(place, samples, parts[-1])
    rows = gathered.rows()
    assert np.array_equal(rows.values, np.concatenate([part.values for part in parts]))
    assert np.array_equal(rows.samples, np.concatenate([part.samples for part in parts]))
    assert np.array_equal(rows.units, np.concatenate([part.units for part in parts]))


def test_a_row_for_each_sample_is_kept_once() -> None:
    gathered = _Gathered(POSITIONS, UNITS)
    for place in PLACES:
        samples = Samples([None] * (place.stop - place.start), POSITIONS[place], gathered.units[place])
        gathered.add(place, samples, counted(samples, 1))
    rows = gathered.rows()
    assert np.shares_memory(rows.samples, POSITIONS)
    assert np.shares_memory(rows.units, UNITS)
