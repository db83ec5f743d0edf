"""Two versions of a set, weighed with one product, are called equally hard only where that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import ttest_ind
from statsmodels.stats.proportion import confint_proportions_2indep

import steelyard
from steelyard.bench.equating import Equated, equate_runs
from steelyard.core.card import Card
from steelyard.core.errors import CallError, SetError
from steelyard.core.words import Words
from steelyard.library.writing import write_set
from steelyard.stats.comparison.non_inferiority import Outcome
from steelyard.stats.comparison.paired import paired_jackknife_t
from steelyard.stats.folds.pooled import PooledSums

SPEC = "miit-2017-315#medical"
WORDS = Words("made for this test", "为本测试而造")
# Errs where the first feature says so: a sample is as hard as it was made.
ERRS = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    hard, sick = asked["input"]
    print(json.dumps({"id": asked["id"], "output": "positive" if bool(sick) != bool(hard) else "negative"}), flush=True)
"""


def write(folder: Path, ids: Sequence[str], hard: Sequence[int], *, patients: Sequence[str] | None = None) -> Path:
    """Write a set every other sample of which is sick, and which the product errs on where it is hard."""
    sick = [number % 2 for number in range(len(ids))]
    card = Card(
        name=folder.name,
        version="1",
        title=WORDS,
        licence="CC0-1.0",
        source="made",
        citation="made",
        methods=("medical.diagnosis",),
        reference=WORDS,
        input={"type": "features", "size": 2},
        groups={"disease": WORDS},
        units={"patient": WORDS},
    )
    table = pa.table(
        {
            "id": list(ids),
            "input": pa.array(np.column_stack([hard, sick]).astype(float).tolist(), pa.list_(pa.float64())),
            "reference": ["positive" if each else "negative" for each in sick],
            "disease": ["breast cancer"] * len(ids),
            "patient": [f"patient of {name}" for name in ids] if patients is None else list(patients),
        }
    )
    write_set(folder, card, table)
    return folder


@pytest.fixture
def equate(program: Callable[[str], str], tmp_path: Path) -> Callable[..., Equated]:
    def make(old: Path, new: Path, margin: float = 0.1) -> Equated:
        product = program(ERRS)
        for each in (old, new):
            steelyard.run(SPEC, product, test_set=str(each), out=tmp_path / f"run-{each.name}")
        runs = [tmp_path / f"run-{each.name}" for each in (old, new)]
        return equate_runs(*runs, margin=margin, old_set=str(old), new_set=str(new))

    return make


def errors(count: int, each: int, shift: int = 0) -> list[int]:
    """Return which of the samples are hard: one sick and one healthy of so many pairs."""
    return [int((number // 2 + shift) % each == 0) for number in range(count)]


def shift_of(found: Equated, name: str) -> Any:
    return next(each for each in found.shifts if each.requirement.indicator == name)


def test_versions_that_share_nothing_are_two_independent_samples(
    equate: Callable[..., Equated], tmp_path: Path
) -> None:
    old = write(tmp_path / "old", [f"old-{n}" for n in range(600)], errors(600, 10))
    new = write(tmp_path / "new", [f"new-{n}" for n in range(500)], errors(500, 8))
    found = equate(old, new)
    assert (found.anchors, found.shared_units) == (0, 0)
    misses = shift_of(found, "false_negative_rate")
    wrong = [30, 32]  # of 300 and 250 sick ones
    assert (misses.old, misses.new) == (wrong[0] / 300, wrong[1] / 250)
    assert misses.advantage == pytest.approx(30 / 300 - 32 / 250)
    # Others' intervals of the same difference, each side at 5 %.
    peers = [
        confint_proportions_2indep(wrong[0], 300, wrong[1], 250, method=method, alpha=0.1)
        for method in ("newcomb", "score", "agresti-caffo")
    ]
    rows = [np.repeat([1.0, 0.0], [hits, size - hits]) for hits, size in zip(wrong, (300, 250), strict=True)]
    welch = ttest_ind(*rows, equal_var=False).confidence_interval(0.9)
    for low, high in [*peers, (welch.low, welch.high)]:
        assert misses.lower == pytest.approx(low, abs=0.006)
        assert misses.upper == pytest.approx(high, abs=0.006)


def test_anchors_are_paired(equate: Callable[..., Equated], tmp_path: Path) -> None:
    ids = [f"anchor-{n}" for n in range(400)]
    old = write(tmp_path / "old", ids, errors(400, 10))
    fresh = [f"new-{n}" for n in range(40)]
    new = write(tmp_path / "new", [*ids, *fresh], [*errors(400, 10), *errors(40, 10, 3)])
    apart = write(tmp_path / "apart", [f"other-{n}" for n in range(440)], errors(440, 10))
    paired, independent = (equate(old, each) for each in (new, apart))
    assert paired.anchors == 400
    assert paired.shared_units == 200 + 200  # a patient each
    assert independent.anchors == 0
    widths = [
        shift_of(found, "false_negative_rate").upper - shift_of(found, "false_negative_rate").lower
        for found in (paired, independent)
    ]
    assert widths[0] < widths[1] / 3
    assert paired.equally_hard


@pytest.mark.parametrize(
    ("margin", "new_each", "outcome", "equally"),
    [
        (0.10, 10, Outcome.EQUAL, True),
        (0.02, 10, Outcome.UNKNOWN, False),  # as hard, and yet not shown to be
        (0.10, 2, Outcome.WORSE, False),
    ],
)
def test_equally_hard_is_what_was_shown(
    equate: Callable[..., Equated], tmp_path: Path, margin: float, new_each: int, outcome: Outcome, equally: bool
) -> None:
    old = write(tmp_path / "old", [f"old-{n}" for n in range(400)], errors(400, 10))
    new = write(tmp_path / "new", [f"new-{n}" for n in range(400)], errors(400, new_each))
    found = equate(old, new, margin)
    assert shift_of(found, "false_negative_rate").outcome is outcome
    assert found.equally_hard is equally


def test_runs_that_differ_in_more_than_the_version_are_refused(
    equate: Callable[..., Equated], program: Callable[..., str], tmp_path: Path
) -> None:
    old = write(tmp_path / "old", [f"old-{n}" for n in range(40)], errors(40, 5))
    new = write(tmp_path / "new", [f"new-{n}" for n in range(40)], errors(40, 5))
    other = write(tmp_path / "other", [f"old-{n}" for n in range(40)], errors(40, 4))
    with pytest.raises(CallError, match="both runs are on the same set"):
        equate(old, old)
    with pytest.raises(CallError, match="it must be above zero"):
        equate(old, new, 0.0)
    with pytest.raises(SetError, match=r"'old-.*' is one sample in old@1 and another in other@1"):
        equate(old, other)
    steelyard.run(SPEC, program(ERRS + "# another one\n"), test_set=str(new), out=tmp_path / "run-another")
    with pytest.raises(CallError, match="differ in: product"):
        equate_runs(tmp_path / "run-old", tmp_path / "run-another", margin=0.1, old_set=str(old), new_set=str(new))


def sums(units: int, place: np.ndarray[Any, Any], events: np.ndarray[Any, Any]) -> PooledSums:
    per_unit = np.bincount(place, events, units), np.bincount(place, minlength=units).astype(float)
    return PooledSums(units, np.arange(units)[:, None], *per_unit)


@pytest.mark.parametrize(
    ("rate", "sizes", "clustered"), [(0.1, (150, 150), 1), (0.25, (80, 240), 1), (0.1, (200, 100), 4)]
)
def test_bounds_over_two_samples_keep_what_they_say(rate: float, sizes: tuple[int, int], clustered: int) -> None:
    draw, trials, missed = np.random.default_rng(5), 500, [0, 0]
    units = sum(sizes)
    for _ in range(trials):
        folds = []
        for first, size in ((0, sizes[0]), (sizes[0], sizes[1])):
            rates = draw.beta(4 * rate, 4 * (1 - rate), size) if clustered > 1 else np.full(size, rate)
            place = np.repeat(np.arange(first, first + size), clustered)
            folds.append(sums(units, place, draw.random(len(place)) < np.repeat(rates, clustered)))
        found = paired_jackknife_t(folds[1], folds[0], 0.95)
        assert found is not None
        missed[0] += found.lower > 0.0
        missed[1] += found.upper < 0.0
    # 5 % on either side; four standard errors of 500 trials above it.
    assert max(missed) <= trials * 0.05 + 4 * np.sqrt(trials * 0.05 * 0.95)
    assert min(missed) >= trials * 0.05 / 3  # nor are they needlessly wide
