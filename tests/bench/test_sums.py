"""Rows that are added up give the estimates, the groups and the mistakes that single rows give, to the last bit."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steelyard.bench.scoring import Scored, _Gathered
from steelyard.bench.sums import MOST_CELLS, Costs, Summed, costs_of
from steelyard.core.method import Direction, Family, Indicator
from steelyard.core.sample import Records, Rows, Samples
from steelyard.core.words import Words
from steelyard.stats.estimate import estimate
from steelyard.stats.folds.pooled import Pooled

WORDS = Words("errors", "错误")
COLUMNS = ("errors", "more", "characters")


def nothing(samples: Samples, records: Records) -> Rows:
    raise NotImplementedError


def indicator(name: str, events: tuple[str, ...], family: Family = Family.RATIO, complement: bool = False) -> Indicator:
    fold = Pooled(events, ("characters",), complement)
    return Indicator(name, WORDS, Direction.LOWER, nothing, COLUMNS, fold, family, WORDS, WORDS, WORDS)


@dataclass(frozen=True)
class Weighted(Pooled):
    """A fold of a third party, of which nothing is known."""


INDICATORS = (indicator("one", ("errors",)), indicator("both", ("errors", "more"), complement=True))


@st.composite
def counted(draw: st.DrawFn) -> tuple[dict[str, tuple[NDArray[np.int64], list[str]]], list[tuple[slice, Rows]]]:
    """Return codes of a speaker and a region, and rows of parts of the samples, 0 to 3 of each sample."""
    count = draw(st.integers(1, 40))
    codes = {}
    for name, most in (("region", 3), ("speaker", 12)):
        members = draw(st.integers(1, most))
        each = draw(st.lists(st.integers(0, members - 1), min_size=count, max_size=count))
        codes[name] = np.array(each, dtype=np.int64), [f"{name}-{code}" for code in range(members)]
    ends = sorted(draw(st.sets(st.integers(0, count), max_size=3)) | {0, count})
    parts = []
    for start, end in itertools.pairwise(ends):
        times = draw(st.lists(st.integers(0, 3), min_size=end - start, max_size=end - start))
        samples = np.repeat(np.arange(start, end), times)
        values = draw(st.lists(st.tuples(*[st.integers(0, 2**20)] * 3), min_size=len(samples), max_size=len(samples)))
        made = np.array(values, dtype=np.float64).reshape(len(samples), 3)
        parts.append((slice(start, end), Rows(made, samples, codes["speaker"][0][samples][:, None])))
    return codes, parts


def scored(codes: Any, parts: Any, kept: Any) -> Scored:
    positions = np.arange(len(codes["speaker"][0]))
    for place, rows in parts:
        assert kept.add(place, Samples([], positions[place], codes["speaker"][0][place, None]), rows)
    keys = [((id(each.rows), "speaker"), each) for each in INDICATORS]
    costs: Any = {(key, each.name): kept.costs()[each.name] for key, each in keys if kept.costs()}
    return Scored({key: kept.rows() for key, _ in keys}, codes, positions, positions, costs)


@given(counted())
def test_what_is_made_of_sums_is_what_is_made_of_rows(drawn: Any) -> None:
    codes, parts = drawn
    single = scored(codes, parts, _Gathered(np.arange(len(codes["speaker"][0])), codes["speaker"][0]))
    summed = Summed.of(INDICATORS, "speaker", codes)
    assert summed is not None
    added = scored(codes, parts, summed)
    units = len(codes["speaker"][1])
    for each in INDICATORS:
        one, other = single.rows(each, "speaker"), added.rows(each, "speaker")
        assert estimate(each, [one], units, 0.95) == estimate(each, [other], units, 0.95)
        assert np.array_equal(one.values.sum(axis=0), other.values.sum(axis=0))
        assert single.costs(each, "speaker").same_as(added.costs(each, "speaker"))
        for column in ("region", "speaker"):
            split, again = single.split(one, column), added.split(other, column)
            assert list(split) == list(again)
            for name in split:
                assert estimate(each, [split[name]], units, 0.9) == estimate(each, [again[name]], units, 0.9)


CODES = {"speaker": (np.array([0, 1, 1]), ["a", "b"])}


def rows(*values: float) -> Rows:
    places = np.arange(len(values))
    return Rows(np.array([[value, 0.0, 9.0] for value in values]), places, CODES["speaker"][0][places, None])


KEPT = [
    pytest.param(rows(1.0, 0.5), id="no whole number: the order of addition shows in the last bit"),
    pytest.param(rows(1.0, np.nan), id="no number"),
    pytest.param(rows(1.0, 2.0**53), id="too large to be exact"),
    pytest.param(replace(rows(1.0, 2.0), units=np.array([[0, 1], [1, 0]])), id="rows of two units"),
    pytest.param(replace(rows(1.0, 2.0), units=np.array([[1], [1]])), id="units that the method changed"),
]


@pytest.mark.parametrize("odd", KEPT)
def test_rows_whose_sum_may_hang_on_their_order_are_kept(odd: Rows) -> None:
    summed = Summed.of(INDICATORS, "speaker", CODES)
    assert summed is not None
    samples = Samples([], np.arange(2), CODES["speaker"][0][:2, None])
    assert summed.add(slice(0, 2), samples, rows(1.0, 3.0))
    assert not summed.add(slice(0, 2), samples, odd)


MANY = {"speaker": (np.zeros(1, np.int64), [str(code) for code in range(MOST_CELLS + 1)])}
NOT_SUMMED = [
    pytest.param(INDICATORS, None, CODES, id="each sample is a unit of its own"),
    pytest.param(INDICATORS, "speaker", MANY, id="as many clusters as samples"),
    pytest.param((INDICATORS[0], indicator("p", ("errors",), Family.PROPORTION)), "speaker", CODES, id="yes or no"),
    pytest.param(
        (replace(INDICATORS[0], fold=Weighted(("errors",), ("characters",))),), "speaker", CODES, id="another fold"
    ),
]


@pytest.mark.parametrize(("indicators", "cluster", "codes"), NOT_SUMMED)
def test_what_needs_single_rows_is_not_summed(indicators: Any, cluster: str | None, codes: Any) -> None:
    assert Summed.of(indicators, cluster, codes) is None


def test_costs_name_who_cost_something() -> None:
    made = costs_of(INDICATORS[0], rows(0.0, 3.0, 1.0))
    assert (made.positions.tolist(), made.amounts.tolist(), made.end) == ([1, 2], [3.0, 1.0], 3)
    assert not made.same_as(Costs(made.positions, made.amounts, 4))
