"""Sums over sums, against loops over rows that take nothing for granted."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steelyard.core.sample import Rows
from steelyard.measures.edit_distance import edit_counts
from steelyard.stats.folds.pooled import MeanOf, Pooled, PooledSums, design_effect
from steelyard.stats.intervals.jackknife import jackknife_log

COLUMNS = ("errors", "characters")
FOLD = Pooled(("errors",), ("characters",))
UNITS = 5


def rows_of(values: Sequence[Sequence[float]], units: Sequence[Sequence[int]], width: int) -> Rows:
    return Rows(
        np.array(values, dtype=np.float64).reshape(-1, 2),
        np.arange(len(values)),
        np.array(units, dtype=np.int64).reshape(-1, width),
    )


@st.composite
def some_rows(draw: st.DrawFn, width: int) -> Rows:
    unit = st.integers(0, UNITS - 1)
    count = draw(st.integers(0, 12))
    values = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=count, max_size=count))
    units = draw(st.lists(st.lists(unit, min_size=width, max_size=width), min_size=count, max_size=count))
    return rows_of(values, units, width)


def ratio(rows: Rows, weights: NDArray[np.float64]) -> float:
    """One value, row by row: a row's weight is the product over its distinct units."""
    events = opportunities = 0.0
    for (event, opportunity), units in zip(rows.values, rows.units, strict=True):
        weight = math.prod(weights[unit] for unit in set(units))
        events += weight * event
        opportunities += weight * opportunity
    return events / opportunities if opportunities > 0 else math.nan


def without(unit: int) -> NDArray[np.float64]:
    weights = np.ones(UNITS)
    weights[unit] = 0.0
    return weights


@pytest.mark.parametrize("width", [1, 2, 3])
@given(data=st.data())
def test_value_and_jackknife_are_those_of_the_loop(width: int, data: st.DataObject) -> None:
    rows = data.draw(some_rows(width))
    weights = np.array(data.draw(st.lists(st.lists(st.integers(0, 4), min_size=UNITS, max_size=UNITS), max_size=4)))
    weights = weights.reshape(-1, UNITS).astype(float)
    folded = FOLD(rows, COLUMNS, UNITS)
    assert folded.value(weights) == pytest.approx([ratio(rows, each) for each in weights], nan_ok=True)
    leave = [ratio(rows, without(unit)) for unit in range(UNITS)]
    assert folded.leave_one_out() == pytest.approx(leave, nan_ok=True)


def test_a_pair_within_one_unit_weighs_once() -> None:
    rows = rows_of([(1, 1), (0, 1)], [(0, 0), (0, 1)], 2)
    # Weight 2 for unit 0: the pair within it counts twice, not four times; the pair across counts 2 · 3.
    value = FOLD(rows, COLUMNS, 2).value(np.array([[2.0, 3.0]]))
    assert value == pytest.approx([2 / (2 + 6)])


@pytest.mark.parametrize("width", [1, 2])
@given(data=st.data())
def test_size_is_a_share(width: int, data: st.DataObject) -> None:
    rows = data.draw(some_rows(width))
    size = FOLD(rows, COLUMNS, UNITS).size()
    brought = [
        sum(row[1] * list(units).count(unit) for row, units in zip(rows.values, rows.units, strict=True))
        for unit in range(UNITS)
    ]
    assert size == pytest.approx(np.array(brought) / (sum(brought) or 1))


def test_counts_add_the_columns_that_are_named() -> None:
    rows = Rows(np.array([[1.0, 2.0, 4.0, 10.0]]), np.zeros(1, np.int64), np.zeros((1, 1), np.int64))
    fold = Pooled(("a", "c"), ("d",))
    events, opportunities = fold.counts(rows, ("a", "b", "c", "d"))
    assert (events.tolist(), opportunities.tolist()) == ([5.0], [10.0])
    assert fold(rows, ("a", "b", "c", "d"), 1).value(np.ones((1, 1))).tolist() == [0.5]


@given(data=st.data())
def test_mean_of_groups_is_one_joint_draw(data: st.DataObject) -> None:
    parts = data.draw(st.lists(some_rows(1), min_size=1, max_size=3))
    mean = MeanOf([FOLD(rows, COLUMNS, UNITS) for rows in parts])

    def value(weights: NDArray[np.float64]) -> float:
        return sum(ratio(rows, weights) for rows in parts) / len(parts)

    everyone = np.ones(UNITS)
    assert mean.value(everyone[None]) == pytest.approx([value(everyone)], nan_ok=True)
    assert mean.leave_one_out() == pytest.approx([value(without(unit)) for unit in range(UNITS)], nan_ok=True)
    opportunities = np.array(
        [[rows.values[rows.units[:, 0] == unit, 1].sum() for unit in range(UNITS)] for rows in parts]
    )
    totals = opportunities.sum(axis=1, keepdims=True)
    shares = np.divide(opportunities, totals, out=np.zeros_like(opportunities), where=totals > 0)
    assert mean.size() == pytest.approx(shares.mean(axis=0))


def test_a_mean_over_groups_has_no_value_where_one_group_has_none() -> None:
    full, empty = rows_of([(1, 4)], [(0,)], 1), rows_of([(0, 0)], [(1,)], 1)
    mean = MeanOf([FOLD(full, COLUMNS, 2), FOLD(empty, COLUMNS, 2)])
    assert np.isnan(mean.value(np.ones((1, 2)))).all()


@pytest.mark.parametrize("width", [1, 2])
@given(data=st.data())
def test_merging_sums_is_pooling_rows(width: int, data: st.DataObject) -> None:
    one, other = data.draw(some_rows(width)), data.draw(some_rows(width))
    whole = rows_of([*one.values.tolist(), *other.values.tolist()], [*one.units.tolist(), *other.units.tolist()], width)
    parts = [FOLD(rows, COLUMNS, UNITS) for rows in (one, other)]
    assert all(isinstance(part, PooledSums) for part in parts)
    merged = parts[0].merged(parts[1])  # type: ignore[attr-defined]
    pooled = FOLD(whole, COLUMNS, UNITS)
    weights = np.random.Generator(np.random.Philox(1)).integers(0, 4, (5, UNITS)).astype(float)
    assert merged.value(weights) == pytest.approx(pooled.value(weights), nan_ok=True)
    assert merged.leave_one_out() == pytest.approx(pooled.leave_one_out(), nan_ok=True)
    assert merged.size() == pytest.approx(pooled.size())


SOME_CLUSTERS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=2, max_size=8)


@given(st.lists(SOME_CLUSTERS, min_size=1, max_size=3), st.data())
def test_value_and_error_are_those_of_the_drawn_clusters(
    groups: list[list[tuple[int, int]]], data: st.DataObject
) -> None:
    """Each resample is made by repeating clusters; its error is that of a sum of residuals."""
    units = max(len(group) for group in groups)
    parts = []
    for group in groups:
        events, sizes = np.array(group + [(0, 1)] * (units - len(group)), dtype=float).T
        parts.append(PooledSums(units, np.arange(units)[:, None], events, sizes))
    weights = np.array(data.draw(st.lists(st.integers(0, 3), min_size=units, max_size=units)), dtype=float)[None]
    fold = MeanOf(parts) if len(parts) > 1 else parts[0]
    value, error = fold.value_and_error(weights)
    drawn = np.repeat(np.arange(units), weights[0].astype(int))
    if not len(drawn):
        assert np.isnan(value[0])
        assert np.isnan(error[0])
        return
    moves, values = np.zeros(len(drawn)), []
    for part in parts:
        some, of = part.events[drawn], part.opportunities[drawn]
        values.append(some.sum() / of.sum())
        moves += (some - values[-1] * of) / of.sum() / len(parts)
    assert value[0] == pytest.approx(np.mean(values))
    if len(drawn) < 2:
        assert np.isnan(error[0])
    else:
        assert error[0] == pytest.approx(math.sqrt(len(drawn) / (len(drawn) - 1) * (moves**2).sum()), abs=1e-7)


def test_rows_of_several_units_have_no_linearised_error() -> None:
    folded = FOLD(rows_of([(1, 2)], [(0, 1)], 2), COLUMNS, 2)
    with pytest.raises(ValueError, match="one unit each"):
        MeanOf([folded]).value_and_error(np.ones((1, 2)))


@pytest.mark.parametrize(
    ("events", "sizes", "clusters", "expected"),
    [
        ([1, 0, 1, 0], [1, 1, 1, 1], [0, 1, 2, 3], 1.0),  # every row by itself
        ([1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1], 3.0),  # of one mind: m·(1 + …), with n − 1 below
        ([1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 1, 1], 0.0),  # clusters alike: less than by chance
        ([0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1], math.nan),
        ([1, 0], [1, 1], [0, 0], math.nan),
    ],
)
def test_design_effect(events: list[float], sizes: list[float], clusters: list[int], expected: float) -> None:
    found = design_effect(np.array(events, dtype=float), np.array(sizes, dtype=float), np.array(clusters))
    assert found == pytest.approx(expected, nan_ok=True)


def test_design_effect_of_a_real_recogniser(mirror: Path) -> None:
    """AISHELL-1 by speaker: 13.9 times the variance of 7,176 independent utterances."""
    folder = mirror / "speech/aishell1-test-hyp-zh"
    speakers = {
        name: path.split("/")[-2]
        for name, path in (line.split() for line in (folder / "wav.scp").read_text("utf-8").splitlines())
    }
    said: dict[str, dict[str, str]] = {}
    for line in (folder / "recogs-aishell1_test.txt").read_text("utf-8").splitlines():
        name, _, rest = line.partition(":\t")
        kind, _, words = rest.partition("=")
        said.setdefault(name, {})[kind] = "".join(ast.literal_eval(words))
    references, outputs = ([each[kind] for each in said.values()] for kind in ("ref", "hyp"))
    errors = edit_counts(references, outputs)[:, :3].sum(axis=1).astype(float)
    characters = np.array([len(reference) for reference in references], dtype=float)
    names = sorted(set(speakers.values()))
    codes = np.array([names.index(speakers[name]) for name in said])
    assert (errors.sum(), characters.sum(), len(names)) == (6236, 104_765, 20)
    assert design_effect(errors, characters, codes) == pytest.approx(13.9, abs=0.05)
    folded = PooledSums(20, np.arange(20)[:, None], np.bincount(codes, errors), np.bincount(codes, characters))
    found = jackknife_log(folded, errors.sum() / characters.sum(), 0.95)
    assert found is not None
    assert 1 - errors.sum() / characters.sum() == pytest.approx(0.9405, abs=5e-5)
    assert (1 - found.upper, 1 - found.lower) == (pytest.approx(0.933, abs=5e-4), pytest.approx(0.947, abs=5e-4))
