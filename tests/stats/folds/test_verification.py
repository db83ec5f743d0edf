"""Verification: against loops over thresholds and people, and three matchers of NIST's BSSR1."""

from __future__ import annotations

import csv
import math
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steelyard.core.sample import Rows
from steelyard.stats.folds import verification
from steelyard.stats.folds.verification import EqualErrorRate, TrueMatchRate
from steelyard.stats.intervals.philox import multinomial_weights
from steelyard.stats.intervals.resampling import resampled

COLUMNS = ("score", "genuine")
PEOPLE = 4


def rows_of(values: list[tuple[int, bool]], units: list[tuple[int, ...]], width: int = 2) -> Rows:
    return Rows(
        np.array(values, dtype=float).reshape(-1, 2),
        np.arange(len(values)),
        np.array(units, dtype=np.int64).reshape(-1, width),
    )


@st.composite
def comparisons(draw: st.DrawFn, width: int = 2) -> Rows:
    count = draw(st.integers(0, 20))
    values = draw(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=count, max_size=count))
    person = st.integers(0, PEOPLE - 1)
    units = draw(st.lists(st.tuples(*[person] * width), min_size=count, max_size=count))
    return rows_of(values, units, width)


def curve(rows: Rows, weights: NDArray[np.float64]) -> list[tuple[float, float]] | None:
    """(False match rate, true match rate) at each threshold from the strictest, row by row."""
    weight = [math.prod(weights[person] for person in set(people)) for people in rows.units.tolist()]
    scores, genuine = rows.values[:, 0], rows.values[:, 1] > 0
    own = sum(w for w, is_genuine in zip(weight, genuine, strict=True) if is_genuine)
    other = sum(weight) - own
    if own == 0 or other == 0:
        return None
    points = []
    for threshold in [math.inf, *sorted(set(scores.tolist()), reverse=True)]:
        matched = [(w, g) for w, s, g in zip(weight, scores, genuine, strict=True) if s >= threshold]
        points.append((sum(w for w, g in matched if not g) / other, sum(w for w, g in matched if g) / own))
    return points


def plain_true_match(rows: Rows, weights: NDArray[np.float64], rate: float) -> float:
    points = curve(rows, weights)
    return math.nan if points is None else max(true for false, true in points if false <= rate + 1e-12)


def plain_equal_error(rows: Rows, weights: NDArray[np.float64], rule: str) -> float:
    points = curve(rows, weights)
    if points is None:
        return math.nan
    points = [(false, 1 - true) for false, true in points]
    if rule == "nearest":
        false, missed = min(points, key=lambda point: round(abs(point[0] - point[1]), 12))
        return (false + missed) / 2
    for (false, missed), (more, fewer) in pairwise(points):
        if more >= fewer - 1e-12:
            part = (missed - false) / ((missed - false) - (fewer - more))
            return false + part * (more - false)
    raise AssertionError


WEIGHTS = st.lists(st.lists(st.integers(0, 3), min_size=PEOPLE, max_size=PEOPLE), min_size=1, max_size=3)


@pytest.mark.parametrize("width", [1, 2, 3])
@given(data=st.data(), weights=WEIGHTS, rate=st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]))
def test_true_match_rates_are_those_of_a_loop(
    width: int, data: st.DataObject, weights: list[list[int]], rate: float
) -> None:
    rows = data.draw(comparisons(width))
    each = np.array(weights, dtype=float)
    found = TrueMatchRate(*COLUMNS, rate)(rows, COLUMNS, PEOPLE)
    expected = [plain_true_match(rows, row, rate) for row in each]
    assert found.value(each) == pytest.approx(expected, nan_ok=True)
    leave = [plain_true_match(rows, row, rate) for row in 1.0 - np.eye(PEOPLE)]
    assert found.leave_one_out() == pytest.approx(leave, nan_ok=True)


@pytest.mark.parametrize("rule", ["interpolated", "nearest"])
@given(rows=comparisons(), weights=WEIGHTS)
def test_equal_error_rates_are_those_of_a_loop(rule: str, rows: Rows, weights: list[list[int]]) -> None:
    each = np.array(weights, dtype=float)
    found = EqualErrorRate(*COLUMNS, rule)(rows, COLUMNS, PEOPLE)  # type: ignore[arg-type]
    expected = [plain_equal_error(rows, row, rule) for row in each]
    assert found.value(each) == pytest.approx(expected, nan_ok=True)
    leave = [plain_equal_error(rows, row, rule) for row in 1.0 - np.eye(PEOPLE)]
    assert found.leave_one_out() == pytest.approx(leave, nan_ok=True)


FOLDS = [TrueMatchRate(*COLUMNS, 0.2), EqualErrorRate(*COLUMNS), EqualErrorRate(*COLUMNS, "nearest")]


@pytest.mark.parametrize("fold", FOLDS)
@given(rows=comparisons(), parts=st.randoms(use_true_random=False))
def test_order_merging_and_monotone_transformations_change_nothing(
    fold: TrueMatchRate | EqualErrorRate, rows: Rows, parts: object
) -> None:
    order = np.array(parts.sample(range(len(rows.values)), len(rows.values)), dtype=int)  # type: ignore[attr-defined]
    values = rows.values.copy()
    values[:, 0] = np.exp(values[:, 0] / 3)
    other = Rows(values[order], rows.samples, rows.units[order])
    weights = np.array([[1.0] * PEOPLE, [2, 0, 1, 3]])
    one, two = (fold(each, COLUMNS, PEOPLE).value(weights) for each in (rows, other))
    assert np.array_equal(one, two, equal_nan=True)


@pytest.mark.parametrize("fold", FOLDS)
@given(rows=comparisons(1))
def test_a_weight_of_two_is_the_person_twice(fold: TrueMatchRate | EqualErrorRate, rows: Rows) -> None:
    twice = np.append(np.arange(len(rows.values)), np.flatnonzero(rows.units[:, 0] == 1))
    doubled = Rows(rows.values[twice], twice, rows.units[twice])
    weighed = fold(rows, COLUMNS, PEOPLE).value(np.array([[1.0, 2, 1, 1]]))
    assert weighed == pytest.approx(fold(doubled, COLUMNS, PEOPLE).value(np.ones((1, PEOPLE))), nan_ok=True)


@pytest.mark.parametrize(
    "units",
    [
        [(a, b) for a in range(5) for b in range(5) if a != b],  # everyone with everyone: in closed form
        [(a, b) for a in range(5) for b in range(5) if a <= b],  # each pair once, and each person with himself
        [(a, a) for a in range(5)] + [(0, 1), (0, 1), (3, 3)],  # few pairs, one of them twice
    ],
)
@pytest.mark.parametrize("dense", [verification.DENSE, 0])
def test_totals_of_impostors_however_they_are_found(
    units: list[tuple[int, int]], dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "DENSE", dense)
    rows = rows_of([(0, False) for _ in units], units)
    weights = multinomial_weights(5, 20, 3)
    compared = TrueMatchRate(*COLUMNS, 0.1)(rows, COLUMNS, 5).compared
    expected = [sum(w[a] * w[b] if a != b else w[a] for a, b in units) for w in weights]
    assert compared.impostor_total(weights).tolist() == expected


@pytest.mark.parametrize(
    ("values", "rate", "share"),
    [
        ([(3, True), (2, False), (1, True), (0, False)], 0.5, 1.0),
        ([(3, True), (2, False), (1, True), (0, False)], 0.49, 0.5),
        ([(1, True), (1, False)], 0.5, 0.0),  # a tie with an impostor who may not match
        ([(1, True), (1, False)], 1.0, 1.0),
        ([(3, True), (2, True), (1, False)], 0.0, 1.0),
        ([(1, True), (2, False)], 0.0, 0.0),  # all wrong
        ([(-math.inf, True), (2, False)], 1.0, 0.0),  # no score reaches no threshold
    ],
)
def test_true_match_rate(values: list[tuple[float, bool]], rate: float, share: float) -> None:
    units = [(place, place if genuine else place + 9) for place, (_, genuine) in enumerate(values)]
    rows = rows_of(values, units)  # type: ignore[arg-type]
    assert TrueMatchRate(*COLUMNS, rate)(rows, COLUMNS, 20).value(np.ones((1, 20))).tolist() == [share]


@pytest.mark.parametrize("apart", [1.0, 0.0, -1.0])  # all right, all the same, all wrong
@pytest.mark.parametrize("fold", FOLDS)
def test_degenerate_scores_give_bounds_of_some_width(fold: TrueMatchRate | EqualErrorRate, apart: float) -> None:
    first, second = np.divmod(np.arange(144), 12)
    values = np.column_stack([apart * (first == second), first == second]).astype(float)
    found = resampled(
        fold(Rows(values, first, np.column_stack([first, second])), COLUMNS, 12), 0.95, seed=1, resamples=50
    )
    assert found is not None
    assert found.lower < found.upper


@pytest.mark.parametrize(
    ("people", "shift", "rate", "decisive", "flags"),
    [
        (60, 0.0, 0.0001, False, 1),  # no false match may be
        (60, 0.0, 0.001, False, 1),  # three false matches of six people
        (60, 0.0, 0.007, True, 1),
        (60, 0.0, 0.02, True, 0),
        (60, 2.0, 0.02, False, 1),  # as many false matches, but of few people
    ],
)
def test_a_threshold_that_rests_on_few_people_decides_nothing(
    people: int, shift: float, rate: float, decisive: bool, flags: int
) -> None:
    generator = np.random.Generator(np.random.Philox(4))
    own = shift * generator.normal(size=people)
    scores = generator.normal(size=(people, people)) + own[:, None] + own + 4 * np.eye(people)
    first, second = np.divmod(np.arange(people**2), people)
    values = np.column_stack([scores.ravel(), first == second]).astype(float)
    rows = Rows(values, first, np.column_stack([first, second]))
    folded = TrueMatchRate(*COLUMNS, rate)(rows, COLUMNS, people)
    limit = int(rate * people * (people - 1))
    top = np.argsort(-np.where(first == second, -np.inf, scores.ravel()))[:limit]
    held = np.bincount(np.concatenate([first[top], second[top]]), minlength=people)
    assert folded.behind() == pytest.approx(held.sum() ** 2 / (held**2).sum() if limit else 0.0)
    found = resampled(folded, 0.95, seed=1, resamples=50)
    assert found is not None
    assert (found.decisive, len(found.flags)) == (decisive, flags)


def bssr1(mirror: Path, name: str) -> Rows:
    """NIST Biometric Scores Set, release 1, set 1: 517 people, each compared with each."""
    with (mirror / "identity" / "nist-bssr1-set1" / f"{name}.csv").open(encoding="utf-8") as file:
        scores = np.array([line[1:] for line in list(csv.reader(file))[1:]], dtype=float)
    first, second = np.divmod(np.arange(scores.size), len(scores))
    values = np.column_stack([scores.ravel(), first == second]).astype(float)
    return Rows(values, first, np.column_stack([first, second]))


@pytest.mark.parametrize(
    ("name", "rule", "percent"),
    [
        ("face-C", "interpolated", 4.45),
        ("face-G", "interpolated", 5.80),
        ("finger-left", "interpolated", 8.39),  # whole-number scores: the thresholds are far apart
        ("finger-left", "nearest", 8.51),
    ],
)
def test_equal_error_rates_of_bssr1(mirror: Path, name: str, rule: str, percent: float) -> None:
    folded = EqualErrorRate(*COLUMNS, rule)(bssr1(mirror, name), COLUMNS, 517)  # type: ignore[arg-type]
    assert folded.value(np.ones((1, 517)))[0] == pytest.approx(percent / 100, abs=0.00005)


def test_face_c_of_bssr1_at_one_false_match_in_a_thousand(mirror: Path) -> None:
    folded = TrueMatchRate(*COLUMNS, 0.001)(bssr1(mirror, "face-C"), COLUMNS, 517)
    assert folded.value(np.ones((1, 517)))[0] == pytest.approx(0.8395, abs=0.00005)
    found = resampled(folded, 0.95, seed=20260)
    assert found is not None
    assert found[:2] == pytest.approx((0.812, 0.870), abs=0.005)
    assert found.decisive
    assert not found.flags
    # Two thousand resamples are a matter of a tenth of a second (benchmarks/ranking.py measures it); here: not of ten.
    started = time.process_time()
    folded.value(multinomial_weights(517, 2000, 1))
    assert time.process_time() - started < 10.0  # of a processor: other work counts for nothing
