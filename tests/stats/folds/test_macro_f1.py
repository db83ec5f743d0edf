"""Macro-averaged F1 against scikit-learn, its derivative, and that no wrong answer is worse than none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from steelyard.core.sample import Rows
from steelyard.stats.folds.macro_f1 import NO_ANSWER, ClassCounts, MacroF1

COLUMNS = ("reference", "answer")


def folded(wanted: list[float], said: list[float], units: NDArray[np.int64] | None = None) -> ClassCounts:
    own = np.arange(len(wanted))[:, None] if units is None else units
    rows = Rows(np.column_stack([wanted, said]).astype(np.float64), np.arange(len(wanted)), own)
    return MacroF1(*COLUMNS)(rows, COLUMNS, int(own.max()) + 1)


def value(of: ClassCounts) -> float:
    return float(of.value(np.ones((1, of.units)))[0])


codes = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=30)


@given(pairs=codes)
def test_it_is_scikit_learn_s(pairs: list[tuple[int, int]]) -> None:
    wanted, said = zip(*pairs, strict=True)
    classes = sorted(set(wanted))
    peer = f1_score(wanted, said, labels=classes, average="macro", zero_division=0)
    assert value(folded(list(wanted), list(said))) == pytest.approx(peer, abs=1e-12)


@given(pairs=codes, data=st.data())
def test_weights_are_those_of_scikit_learn(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    wanted, said = zip(*pairs, strict=True)
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(pairs), max_size=len(pairs)))
    classes = sorted({each for each, weight in zip(wanted, weights, strict=True) if weight})
    found = folded(list(wanted), list(said)).value(np.array([weights], dtype=np.float64))[0]
    if not classes:
        assert np.isnan(found)
        return
    peer = f1_score(wanted, said, labels=classes, average="macro", zero_division=0, sample_weight=weights)
    assert found == pytest.approx(peer, abs=1e-12)


@given(
    pairs=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=3, max_size=8), silent=st.integers(1, 2)
)
@settings(max_examples=60)
def test_no_answers_cost_what_the_worst_wrong_answers_would(pairs: list[tuple[int, int]], silent: int) -> None:
    wanted, said = map(list, zip(*pairs, strict=True))
    without = value(folded(wanted, [NO_ANSWER] * silent + said[silent:]))
    for instead in itertools.product(range(4), repeat=silent):
        assert without <= value(folded(wanted, [*instead, *said[silent:]])) + 1e-12


def test_one_no_answer_costs_no_more_than_it_must() -> None:
    wanted, said = [0.0, 0, 1, 1, 2, 2], [0.0, 0, 1, 1, 2, NO_ANSWER]
    worst = min(value(folded(wanted, [*said[:-1], other])) for other in (0.0, 1, 3))
    assert value(folded(wanted, said)) == pytest.approx(worst, abs=0.02)


@given(pairs=codes, silent=st.integers(0, 3), clusters=st.sampled_from([1, 3, 30]))
@settings(max_examples=60)
def test_influence_is_the_derivative(pairs: list[tuple[int, int]], silent: int, clusters: int) -> None:
    wanted, said = map(list, zip(*pairs, strict=True))
    answers = [NO_ANSWER if place < silent else each for place, each in enumerate(said)]
    of = folded(wanted, answers, (np.arange(len(wanted)) % clusters)[:, None])
    influence, step = of.influence(), 1e-6
    for unit in range(of.units):
        moved = np.ones((2, of.units))
        moved[:, unit] += (step, -step)
        up, down = of.value(moved)
        assert influence[unit] == pytest.approx((up - down) / (2 * step), abs=1e-4)
    assert influence.sum() == pytest.approx(0.0, abs=1e-9)


def test_bounds_hold_the_value_and_say_what_is_scarce() -> None:
    generator = np.random.Generator(np.random.Philox(5))
    wanted = generator.integers(0, 10, 400)
    said = np.where(generator.random(400) < 0.8, wanted, generator.integers(0, 10, 400))
    of = folded(wanted.tolist(), said.tolist())
    bounds = of.bounds(0.95, 0)
    assert bounds is not None
    assert bounds.lower < value(of) < bounds.upper
    assert (bounds.flags, bounds.decisive) == ((), True)
    scarce = folded([*wanted.tolist(), 99.0], [*said.tolist(), 99.0]).bounds(0.95, 0)
    assert scarce is not None
    assert "1 of 11 classes have fewer than 5 samples" in scarce.flags[0].en
    assert scarce.decisive
    many = folded([*wanted.tolist(), 97.0, 98.0, 99.0, 96.0], [*said.tolist(), 97.0, 98.0, 99.0, 96.0]).bounds(0.95, 0)
    assert many is not None
    assert not many.decisive


def test_without_rows_there_is_no_value() -> None:
    rows = Rows(np.empty((0, 2)), np.empty(0, dtype=np.int64), np.empty((0, 1), dtype=np.int64))
    assert np.isnan(MacroF1(*COLUMNS)(rows, COLUMNS, 3).value(np.ones((1, 3)))[0])
