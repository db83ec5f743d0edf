"""Raters' columns, and the bounds of what they agree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest

from steelyard.core.words import Words
from steelyard.library.quality import examine
from steelyard.library.quality.agreement import bounded
from steelyard.library.store import open_set
from steelyard.library.stored_set import StoredSet
from steelyard.measures.agreement import Level, alpha_of


@pytest.mark.parametrize(
    ("columns", "kinds"),
    [
        ({"rater:one": ["a", "b", "a"], "rater:two": ["a", "b", "b"]}, {"alpha.nominal", "kappa"}),
        ({"ratings": [[1, 2], [3, 3], [5, None]]}, {"alpha.interval", "alpha.ordinal", "kappa"}),
        ({"scores": [[0.25, 0.5], [0.75, 0.5]], "raters": [["x", "y"], ["y", "z"]]}, None),
    ],
)
def test_columns_of_raters(
    columns: dict[str, Any], kinds: set[str] | None, made: Callable[..., StoredSet], found: Callable[..., Any]
) -> None:
    rows = len(next(iter(columns.values())))
    findings = found(made(columns | {"reference": [str(row) for row in range(rows)]}), "agreement")
    assert "alpha.interval" in findings if kinds is None else kinds - {"kappa"} <= set(findings)


def test_none_is_said(made: Callable[..., StoredSet]) -> None:
    outcome = examine(made({"reference": ["a", "b"]}, raters=3), only=["agreement"]).outcomes["agreement"]
    assert outcome.not_applicable is not None
    assert "3 raters" in outcome.not_applicable.en


def test_bounds_are_about_the_value_and_hold_most_of_the_time() -> None:
    """Coverage by simulation: raters who see a truth through noise; 40 items, the population's alpha from 5 000."""
    generator = np.random.Generator(np.random.Philox(4))

    def ratings(items: int) -> Any:
        truth = generator.standard_normal(items)
        return truth + 0.7 * generator.standard_normal((3, items))

    population = float(alpha_of(ratings(5_000), Level.INTERVAL).value(np.ones((1, 5_000)))[0])
    inside = 0
    for seed in range(30):
        value, lower, upper = bounded(alpha_of(ratings(40), Level.INTERVAL), seed)
        assert lower <= value <= upper
        inside += lower <= population <= upper
    assert inside >= 22, "two one-sided bounds of 95 % hold the truth in nine runs of ten"


def test_few_units_have_no_bounds() -> None:
    value, lower, upper = bounded(alpha_of(np.array([[1.0, 2, 3], [1, 2, 2]]), Level.NOMINAL), 0)
    assert value > 0
    assert np.isnan([lower, upper]).all()


@pytest.mark.usefixtures("mirror")
def test_wmt23_raters_as_the_package_says(found: Callable[..., Any]) -> None:
    stored = open_set("wmt23-mqm-zh-en")
    rows = [row for batch in stored.batches(["raters", "scores"]) for row in batch.to_pylist()]
    names = sorted({name for row in rows for name in row["raters"]})
    matrix = np.full((len(names), len(rows)), np.nan)
    for place, row in enumerate(rows):
        for name, score in zip(row["raters"], row["scores"], strict=True):
            matrix[names.index(name), place] = score
    finding = found(stored, "agreement")["alpha.interval"]
    expected = krippendorff.alpha(matrix, level_of_measurement="interval")
    assert finding.figures["alpha"] == pytest.approx(expected, abs=1e-9)
    assert finding.figures["lower"] < expected < finding.figures["upper"]
    assert finding.severity.value == "warning"


def test_luna16_radiologists(mirror: Path, made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    """Malignancy, one to five, by up to four radiologists for each of 1,004 nodules."""
    lines = (mirror / "medical/luna16-froc-deeplung/reader-ratings.csv").read_text().splitlines()[1:]
    ratings = [[float(each) for each in line.split(",")[6:] if each] for line in lines]
    scans = [line.split(",")[0] for line in lines]
    stored = made({"ratings": ratings, "scan": scans}, units={"scan": Words("scans", "CT 例")})
    finding = found(stored, "agreement")["alpha.ordinal"]
    wide = max(map(len, ratings))
    matrix = np.array([each + [np.nan] * (wide - len(each)) for each in ratings]).T
    assert finding.count > 950
    assert finding.figures["alpha"] == pytest.approx(krippendorff.alpha(matrix, level_of_measurement="ordinal"))
