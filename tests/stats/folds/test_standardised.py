"""Rates at stated weights: values by hand, bounds by the published formula, and doubt that no resample shows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from steelyard.core.sample import Rows
from steelyard.stats.folds.pooled import Pooled
from steelyard.stats.folds.standardised import Standardised, StandardisedSums

COLUMNS = ("wrong", "common", "rare_wrong", "rare")


def folded(
    wrong: int, common: int, rare_wrong: int, rare: int, share: float, units: NDArray[np.int64] | None = None
) -> StandardisedSums:
    total = common + rare
    inside, place = np.arange(total) < common, np.arange(total)
    missed = np.where(inside, place < wrong, place - common < rare_wrong)
    values = np.column_stack([missed & inside, inside, missed & ~inside, ~inside]).astype(np.float64)
    own = place if units is None else units
    parts = ((1.0 - share, Pooled(("wrong",), ("common",))), (share, Pooled(("rare_wrong",), ("rare",))))
    return Standardised(parts)(Rows(values, place, own[:, None]), COLUMNS, int(own.max()) + 1)


@pytest.mark.parametrize(
    ("counts", "share"), [((30, 300, 2, 40), 0.5), ((0, 100, 0, 20), 0.1), ((5, 50, 30, 30), 0.25)]
)
def test_bounds_are_those_of_the_formula(counts: tuple[int, int, int, int], share: float) -> None:
    of = folded(*counts, share)
    pairs = [(1.0 - share, counts[0], counts[1]), (share, counts[2], counts[3])]
    value = sum(weight * events / n for weight, events, n in pairs)
    exact = [proportion_confint(events, n, alpha=0.1, method="beta") for _, events, n in pairs]
    below, above = (
        math.sqrt(
            sum(
                (weight * (events / n - each[side])) ** 2
                for (weight, events, n), each in zip(pairs, exact, strict=True)
            )
        )
        for side in (0, 1)
    )
    found = of.bounds(0.95, 0)
    assert found is not None
    assert float(of.value(np.ones((1, sum(counts[1::2]))))[0]) == pytest.approx(value)
    assert (found.lower, found.upper) == pytest.approx((max(value - below, 0.0), min(value + above, 1.0)), abs=1e-9)


def test_a_kind_of_which_few_were_asked_keeps_its_doubt() -> None:
    few, many = folded(30, 300, 0, 20, 0.5).bounds(0.95, 0), folded(30, 300, 0, 2_000, 0.5).bounds(0.95, 0)
    assert few is not None
    assert many is not None
    assert few.upper > many.upper + 0.03
    scarce = folded(30, 300, 0, 5, 0.5).bounds(0.95, 0)
    assert scarce is not None
    assert not scarce.decisive


def test_units_that_hold_several_rows_are_resampled_whole() -> None:
    apart = folded(40, 400, 10, 100, 0.5).bounds(0.95, 0)
    units = np.concatenate([np.arange(400) // 10, np.arange(100) // 2])
    together = folded(40, 400, 10, 100, 0.5, units).bounds(0.95, 0)
    assert apart is not None
    assert together is not None
    assert together.upper - together.lower > 1.5 * (apart.upper - apart.lower)


def test_without_a_kind_there_is_no_value() -> None:
    assert folded(3, 30, 0, 0, 0.5).bounds(0.95, 0) is None
