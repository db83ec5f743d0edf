"""Rows carry the place and the units of the samples that they stem from."""

from __future__ import annotations

import numpy as np

from steelyard.core.sample import Samples, rows_per_sample


def test_rows_per_sample() -> None:
    samples = Samples(["a", "b"], np.array([4, 7]), np.array([[1], [0]]))
    rows = rows_per_sample(samples, np.array([True, False]), [2.0, 3.5])
    assert rows.values.dtype == np.float64
    assert rows.values.tolist() == [[1.0, 2.0], [0.0, 3.5]]
    assert rows.samples.tolist() == [4, 7]
    assert rows.units.tolist() == [[1], [0]]


def test_no_samples_make_no_rows() -> None:
    samples = Samples([], np.zeros(0, np.int64), np.zeros((0, 1), np.int64))
    assert rows_per_sample(samples, [], []).values.shape == (0, 2)
