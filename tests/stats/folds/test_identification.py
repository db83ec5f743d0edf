"""Identification: against loops over searches, and three matchers of NIST's BSSR1."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.sample import Rows
from steelyard.stats.folds.identification import IdentificationRate, RankRate, searches
from steelyard.stats.intervals.resampling import resampled

COLUMNS = ("score", "mated")
CANDIDATES = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=5)
PROBES = st.lists(st.tuples(CANDIDATES, st.integers(0, 3)), max_size=8)


def rows_of(probes: list[tuple[list[tuple[int, bool]], int]]) -> Rows:
    """Candidates of each probe, and its person."""
    values = [candidate for candidates, _ in probes for candidate in candidates]
    samples = [place for place, (candidates, _) in enumerate(probes) for _ in candidates]
    units = [person for candidates, person in probes for _ in candidates]
    return Rows(
        np.array(values, dtype=float).reshape(-1, 2),
        np.array(samples, dtype=np.int64),
        np.array(units, dtype=np.int64)[:, None],
    )


def plain(candidates: list[tuple[int, bool]]) -> tuple[float, float, float]:
    """The mate's score, its rank (ties count against it), and the best score of anyone else."""
    mates = [score for score, mated in candidates if mated]
    others = [score for score, mated in candidates if not mated]
    mate = max(mates, default=-math.inf)
    return mate, 1 + sum(score >= mate for score in others) if mates else math.inf, max(others, default=-math.inf)


@given(PROBES, st.lists(st.integers(0, 3), min_size=4, max_size=4), st.integers(1, 3))
def test_rank_rates_are_those_of_a_loop(
    probes: list[tuple[list[tuple[int, bool]], int]], weights: list[int], rank: int
) -> None:
    enrolled = [
        (plain(candidates)[1] <= rank, weights[person])
        for candidates, person in probes
        if any(g for _, g in candidates)
    ]
    total = sum(weight for _, weight in enrolled)
    expected = sum(weight for first, weight in enrolled if first) / total if total else math.nan
    fold = RankRate(*COLUMNS, rank)
    found = fold(rows_of(probes), COLUMNS, 4).value(np.array([weights], dtype=float))
    assert found == pytest.approx([expected], nan_ok=True)
    events, opportunities = fold.counts(rows_of(probes), COLUMNS)
    assert len(events) == len(opportunities) == sum(len(candidates) for candidates, _ in probes)
    assert (events.sum(), opportunities.sum()) == (sum(first for first, _ in enrolled), len(enrolled))


@given(
    PROBES,
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.2, 0.5, 1.0]),
)
def test_identification_rates_are_those_of_a_loop(
    probes: list[tuple[list[tuple[int, bool]], int]], weights: list[int], rank: int, rate: float
) -> None:
    found = IdentificationRate(*COLUMNS, rate, rank)(rows_of(probes), COLUMNS, 4).value(
        np.array([weights], dtype=float)
    )
    done = [(*plain(candidates), weights[person], any(g for _, g in candidates)) for candidates, person in probes]
    own = sum(weight for *_, weight, mated in done if mated)
    others = sum(weight for *_, weight, mated in done if not mated)
    if not own or not others:
        assert np.isnan(found[0])
        return
    best = 0.0
    for threshold in [*{score for candidates, _ in probes for score, _ in candidates}, math.inf]:
        false = sum(weight for _, _, other, weight, mated in done if not mated and other >= threshold)
        if false <= rate * others + 1e-9:
            returned = sum(w for mate, place, _, w, mated in done if mated and mate >= threshold and place <= rank)
            best = max(best, returned / own)
    assert found[0] == pytest.approx(best)


def test_searches() -> None:
    found = searches(rows_of([([(3, True), (3, False), (1, False), (5, True)], 0), ([(2, False)], 1)]), 0, 1)
    assert found.enrolled.tolist() == [True, False]
    assert found.mate.tolist() == [5.0, -math.inf]  # the better of two entries of one person
    assert found.other.tolist() == [3.0, 2.0]
    assert found.rank[0] == 1


@pytest.mark.parametrize(
    ("candidates", "first"),
    [
        ([(2, True), (1, False)], 1.0),
        ([(2, True), (2, False)], 0.0),  # a tie counts against the product: all scores the same finds nobody
        ([(1, True), (2, False)], 0.0),
        ([(1, True)], 1.0),
        ([(1, False)], math.nan),  # not enrolled: no closed-set search
    ],
)
def test_first_rank(candidates: list[tuple[int, bool]], first: float) -> None:
    found = RankRate(*COLUMNS)(rows_of([(candidates, 0)]), COLUMNS, 1).value(np.ones((1, 1)))
    assert found == pytest.approx([first], nan_ok=True)


def bssr1(mirror: Path, name: str) -> Rows:
    with (mirror / "identity" / "nist-bssr1-set1" / f"{name}.csv").open(encoding="utf-8") as file:
        scores = np.array([line[1:] for line in list(csv.reader(file))[1:]], dtype=float)
    probe, entry = np.divmod(np.arange(scores.size), len(scores))
    values = np.column_stack([scores.ravel(), probe == entry]).astype(float)
    return Rows(values, probe, probe[:, None])  # the gallery is fixed: a row has its probe's person alone


@pytest.mark.parametrize(("name", "percent"), [("face-C", 88.39), ("face-G", 85.69), ("finger-left", 85.88)])
def test_first_ranks_of_bssr1(mirror: Path, name: str, percent: float) -> None:
    found = RankRate(*COLUMNS)(bssr1(mirror, name), COLUMNS, 517).value(np.ones((1, 517)))
    assert found == pytest.approx([percent / 100], abs=0.00005)


def test_open_set_of_bssr1(mirror: Path) -> None:
    """Half of the people are taken out of the gallery; against a loop over thresholds."""
    rows = bssr1(mirror, "face-G")
    person, entry = rows.samples, np.tile(np.arange(517), 517)
    kept = entry % 2 == 0
    rows = Rows(rows.values[kept], rows.samples[kept], rows.units[kept])
    folded = IdentificationRate(*COLUMNS, 0.1)(rows, COLUMNS, 517)
    scores = np.full((517, 517), -np.inf)
    scores[person[kept], entry[kept]] = rows.values[:, 0]
    top = scores.max(axis=1)
    threshold = np.sort(top[1::2])[::-1][25]  # 25 of 258 searches may return someone: just above the 26th
    mate = scores[np.arange(0, 517, 2), np.arange(0, 517, 2)]
    scores[np.arange(0, 517, 2), np.arange(0, 517, 2)] = -np.inf
    expected = np.mean((mate > threshold) & (mate > scores[::2].max(axis=1)))
    assert folded.value(np.ones((1, 517)))[0] == pytest.approx(expected)
    found = resampled(folded, 0.95, seed=1, resamples=200)
    assert found is not None
    assert found.lower < expected < found.upper
    assert len(found.flags) == 1  # 26 false positives are fewer than 30
