"""Free-response ROC: against a loop over thresholds, and a detector of LUNA16."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steelyard.core.sample import Rows
from steelyard.measures.marks import match_marks
from steelyard.stats.folds.froc import FreeResponse
from steelyard.stats.intervals.resampling import resampled

COLUMNS = ("score", "hit", "false", "lesions", "scans")
RATES = (0.5, 1.0, 2.0)
FOLD = FreeResponse(*COLUMNS, rates=RATES)
SCANS = 4


@st.composite
def marked(draw: st.DrawFn) -> Rows:
    values, units = [], []
    for scan in range(draw(st.integers(0, SCANS))):
        lesions = draw(st.integers(0, 3))
        values.append((0, 0, 0, lesions, 1))
        hits = draw(st.lists(st.integers(0, 5), max_size=lesions))
        falses = draw(st.lists(st.integers(0, 5), max_size=4))
        values += [(score, 1, 0, 0, 0) for score in hits] + [(score, 0, 1, 0, 0) for score in falses]
        units += [scan] * (1 + len(hits) + len(falses))
    return Rows(
        np.array(values, dtype=float).reshape(-1, 5), np.array(units, dtype=int), np.array(units, dtype=int)[:, None]
    )


def plain(rows: Rows, weights: NDArray[np.float64]) -> float:
    weight = weights[rows.units[:, 0]]
    score, hit, false, lesions, scans = rows.values.T
    if not (weight * lesions).sum():
        return float("nan")
    found = []
    for rate in RATES:
        allowed = rate * (weight * scans).sum()
        reached = [
            (weight * hit * (score >= threshold)).sum() / (weight * lesions).sum()
            for threshold in [np.inf, *set(score.tolist())]
            if (weight * false * (score >= threshold)).sum() <= allowed
        ]
        found.append(max(reached))
    return float(np.mean(found))


@given(marked(), st.lists(st.lists(st.integers(0, 3), min_size=SCANS, max_size=SCANS), min_size=1, max_size=3))
def test_values_are_those_of_a_loop(rows: Rows, weights: list[list[int]]) -> None:
    folded = FOLD(rows, COLUMNS, SCANS)
    each = np.array(weights, dtype=float)
    assert folded.value(each) == pytest.approx([plain(rows, row) for row in each], nan_ok=True)
    leave = [plain(rows, row) for row in 1.0 - np.eye(SCANS)]
    assert folded.leave_one_out() == pytest.approx(leave, nan_ok=True)


@given(marked(), st.randoms(use_true_random=False))
def test_order_and_monotone_transformations_change_nothing(rows: Rows, random: object) -> None:
    order = np.array(random.sample(range(len(rows.values)), len(rows.values)), dtype=int)  # type: ignore[attr-defined]
    values = rows.values.copy()
    values[:, 0] = np.exp(values[:, 0])
    weights = np.array([[1.0] * SCANS, [2, 0, 1, 3]])
    other = FOLD(Rows(values[order], rows.samples[order], rows.units[order]), COLUMNS, SCANS)
    assert np.array_equal(FOLD(rows, COLUMNS, SCANS).value(weights), other.value(weights), equal_nan=True)


@given(marked())
def test_a_weight_of_two_is_the_scan_twice(rows: Rows) -> None:
    twice = np.append(np.arange(len(rows.values)), np.flatnonzero(rows.units[:, 0] == 1))
    doubled = FOLD(Rows(rows.values[twice], twice, rows.units[twice]), COLUMNS, SCANS)
    weighed = FOLD(rows, COLUMNS, SCANS).value(np.array([[1.0, 2, 1, 1]]))
    assert weighed == pytest.approx(doubled.value(np.ones((1, SCANS))), nan_ok=True)


@pytest.mark.parametrize(("hits", "value"), [(1.0, 1.0), (0.0, 0.0)])
def test_all_found_and_nothing_found_leave_room(hits: float, value: float) -> None:
    scans = np.arange(30)
    held = np.column_stack([scans * 0, scans * 0, scans * 0, scans * 0 + 1, scans * 0 + 1]).astype(float)
    marks = np.column_stack([scans, scans * 0 + hits, scans * 0 + 1 - hits, scans * 0, scans * 0]).astype(float)
    rows = Rows(np.concatenate([held, marks]), np.tile(scans, 2), np.tile(scans, 2)[:, None])
    folded = FOLD(rows, COLUMNS, 30)
    found = resampled(folded, 0.95, seed=1, resamples=50)
    assert folded.value(np.ones((1, 30))).tolist() == [value]
    assert found is not None
    assert found.upper - found.lower == pytest.approx(1 - 0.05 ** (1 / 30))


def luna16(mirror: Path) -> Rows:
    """Marks of DeepLung (3D DPN) on the 888 scans of LUNA16, matched with its nodules."""
    folder = mirror / "medical" / "luna16-froc-deeplung"

    def table(name: str, mark: str = ",") -> NDArray[np.float64]:
        path = folder / name
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
            return np.array([line for line in csv.reader(file, delimiter=mark) if line[0] != "seriesuid"], dtype=float)

    scans = np.array((folder / "newseriesuids.csv").read_text().split(), dtype=float)
    marks, nodules = table("dpn26bs32.csv.gz", "\t"), table("newannotations.csv")
    excluded = table("newannotations_excluded.csv.gz")
    excluded[excluded[:, 4] < 0, 4] = 10.0
    values, units = [], []
    for place, scan in enumerate(scans):
        mark, nodule, other = (each[each[:, 0] == scan] for each in (marks, nodules, excluded))
        found = match_marks(mark[:, 1:4], mark[:, 4], nodule[:, 1:4], nodule[:, 4] / 2, other[:, 1:4], other[:, 4] / 2)
        hits = mark[found.best[found.best >= 0], 4]
        values.append([0.0, 0, 0, len(nodule), 1])
        values += [[score, 1, 0, 0, 0] for score in hits] + [[score, 0, 1, 0, 0] for score in mark[found.false, 4]]
        units += [place] * (len(values) - len(units))
    return Rows(np.array(values), np.array(units), np.array(units)[:, None])


def test_deeplung_on_luna16(mirror: Path) -> None:
    """Against the row "3D DPN" that its authors publish (published-froc.csv of the set)."""
    folded = FreeResponse(*COLUMNS)(luna16(mirror), COLUMNS, 888)
    published = [0.692, 0.769, 0.824, 0.865, 0.893, 0.917, 0.933]
    assert folded.sensitivities(np.ones((1, 888)))[0] == pytest.approx(published, abs=0.0005)
    assert folded.value(np.ones((1, 888)))[0] == pytest.approx(0.842, abs=0.0005)
    assert (folded.lesions.sum(), folded.scans.sum()) == (1186, 888)
    found = resampled(folded, 0.95, seed=1, resamples=300)
    assert found is not None
    assert found.lower < 0.842 < found.upper
    assert found.upper - found.lower < 0.06
    assert found.decisive
