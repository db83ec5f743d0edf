"""Values with their bounds: where they may decide, and that nothing makes them a point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from steelyard.core.method import Direction, Family, Indicator
from steelyard.core.sample import Rows
from steelyard.stats.estimate import estimate
from steelyard.stats.folds.roc import AreaUnderCurve
from steelyard.stats.intervals.binomial import clopper_pearson
from steelyard.stats.intervals.jackknife import jackknife_log

MakeIndicator = Callable[..., Indicator]
MakeRows = Callable[..., Rows]

# (errors, characters) of each row, and the rows' clusters
DEGENERATE: dict[str, tuple[Sequence[tuple[int, int]], Sequence[int]]] = {
    "no rows": ([], []),
    "no opportunity": ([(0, 0)] * 3, [0, 1, 2]),
    "one row": ([(1, 5)], [0]),
    "one cluster": ([(1, 5), (2, 5)], [0, 0]),
    "two clusters, all right": ([(0, 5)] * 2, [0, 1]),
    "all right": ([(0, 5)] * 30, list(range(30))),
    "all wrong": ([(5, 5)] * 30, list(range(30))),
    "constant ratio": ([(1, 3), (2, 6)] * 15, list(range(30))),
    "one cluster holds all errors": ([(3, 5)] + [(0, 5)] * 29, list(range(30))),
    "one large cluster holds all errors": ([(280, 280)] + [(0, 14)] * 49, list(range(50))),
    "one cluster holds nearly everything": ([(500, 1000)] + [(0, 1), (1, 1)] * 10, list(range(21))),
    "one cluster holds nothing": ([(0, 0)] + [(1, 5), (2, 5)] * 10, list(range(21))),
}


def cases() -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("values", "units"), DEGENERATE.values(), ids=DEGENERATE)


@cases()
@pytest.mark.parametrize("complement", [False, True])
@pytest.mark.parametrize("shift", [0, 100])  # most units of the set have no row here: another split, another group
def test_degenerate_rows_have_no_interval_of_width_zero(
    values: Sequence[tuple[int, int]],
    units: Sequence[int],
    complement: bool,
    shift: int,
    indicator: MakeIndicator,
    rows: MakeRows,
) -> None:
    found = estimate(indicator(complement=complement), [rows(values, [unit + shift for unit in units])], 200, 0.95)
    total = sum(characters for _, characters in values)
    if not total:
        assert (found.value, found.lower, found.upper) == (None, None, None)
        return
    rate = sum(errors for errors, _ in values) / total
    value = 1 - rate if complement else rate
    assert found.value == pytest.approx(value)
    clusters = {unit for unit, (_, characters) in zip(units, values, strict=True) if characters}
    assert found.units == len(clusters)
    if len(clusters) < 2:
        assert (found.lower, found.upper, found.decisive) == (None, None, False)
        return
    assert found.value is not None
    assert found.lower is not None
    assert found.upper is not None
    assert 0 <= found.lower < found.upper <= 1
    assert found.lower < found.value or found.value == 0
    assert found.value < found.upper or found.value == 1


@given(
    clusters=st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=3), max_size=30),
    family=st.sampled_from([Family.PROPORTION, Family.RATIO]),
    complement=st.booleans(),
    confidence=st.sampled_from([0.9, 0.95]),
)
def test_bounds_enclose_the_value(
    clusters: list[list[tuple[int, int]]],
    family: Family,
    complement: bool,
    confidence: float,
    indicator: MakeIndicator,
    rows: MakeRows,
) -> None:
    """Proportions count yes or no; of ratios the errors may be more than the opportunities."""
    flat = [(row, unit) for unit, some in enumerate(clusters) for row in some]
    values = [row for row, _ in flat]
    if family is Family.PROPORTION:
        values = [(min(errors, characters, 1), min(characters, 1)) for errors, characters in values]
    spread = (-np.inf, np.inf) if family is Family.RATIO else (0.0, 1.0)
    kind = indicator(family=family, complement=complement, range=spread)
    found = estimate(kind, [rows(values, [unit for _, unit in flat])], max(len(clusters), 1), confidence)
    if found.value is not None and found.lower is not None and found.upper is not None:
        assert found.lower <= found.value <= found.upper
        assert found.lower < found.upper


@given(
    values=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=3),
    data=st.data(),
)
def test_rows_of_many_workers_merge_in_any_order(
    values: list[tuple[int, int]], cuts: list[int], data: st.DataObject, indicator: MakeIndicator, rows: MakeRows
) -> None:
    units = data.draw(st.lists(st.integers(0, 6), min_size=len(values), max_size=len(values)))
    whole = rows(values, units)
    order = np.array(data.draw(st.permutations(range(len(values)))))
    parts = np.split(order, sorted(cut for cut in cuts if cut < len(values)))
    merged = Rows(
        *(np.concatenate([getattr(whole, name)[part] for part in parts]) for name in ("values", "samples", "units"))
    )
    assert estimate(indicator(), [merged], 7, 0.95) == estimate(indicator(), [whole], 7, 0.95)


def test_yes_and_no_of_independent_rows_get_exact_bounds(indicator: MakeIndicator, rows: MakeRows) -> None:
    yes_no = [(1, 1)] * 3 + [(0, 1)] * 67
    found = estimate(indicator(family=Family.PROPORTION), [rows(yes_no)], 70, 0.95)
    assert found.method == "clopper-pearson/1"
    assert (found.lower, found.upper) == clopper_pearson(3, 70, 0.95)
    assert (found.events, found.opportunities, found.units, found.decisive, found.flags) == (3, 70, 70, True, ())


@pytest.mark.parametrize(
    ("units", "method"),
    [
        ([*range(30)], "clopper-pearson/1"),
        ([0, 0, *range(2, 30)], "jackknife-t-log/2"),  # one patient with two rows: no longer independent
        ([*range(29), 28], "jackknife-t-log/2"),
    ],
)
def test_rows_that_share_a_unit_are_not_independent(
    units: list[int], method: str, indicator: MakeIndicator, rows: MakeRows
) -> None:
    yes_no = [(int(place % 5 == 0), 1) for place in range(30)]
    assert estimate(indicator(family=Family.PROPORTION), [rows(yes_no, units)], 30, 0.95).method == method


def test_rows_without_opportunity_make_nobody_dependent(indicator: MakeIndicator, rows: MakeRows) -> None:
    # A healthy patient is no opportunity to miss a disease, however often the patient is seen.
    yes_no = [(0, 1), (0, 0), (1, 1), (0, 0)]
    found = estimate(indicator(family=Family.PROPORTION), [rows(yes_no, [0, 0, 1, 1])], 2, 0.95)
    assert found.method == "clopper-pearson/1"
    assert found.units == 2


@pytest.mark.parametrize(
    ("clusters", "decisive", "says"),
    [
        (9, False, "fewer than 10 decide nothing"),
        (10, True, "below 20 the bounds are less sure"),
        (19, True, "below 20 the bounds are less sure"),
        (20, True, None),
    ],
)
def test_few_clusters_are_flagged_and_fewer_decide_nothing(
    clusters: int, decisive: bool, says: str | None, indicator: MakeIndicator, rows: MakeRows
) -> None:
    values = [(1 + unit % 3, 50) for unit in range(clusters)]
    found = estimate(indicator(), [rows(values)], clusters, 0.95)
    assert found.decisive is decisive
    assert [says in flag.en for flag in found.flags] == ([True] if says else []) if says else found.flags == ()


def test_unequal_clusters_count_for_fewer(indicator: MakeIndicator, rows: MakeRows) -> None:
    values = [(5, 500), *[(1 + unit % 3, 50) for unit in range(20)]]
    found = estimate(indicator(), [rows(values)], 21, 0.95)
    assert (found.units, found.decisive) == (21, False)
    assert found.effective_units == pytest.approx(1500**2 / (500**2 + 20 * 50**2))


def test_an_accuracy_s_bounds_are_its_errors_turned_round(indicator: MakeIndicator, rows: MakeRows) -> None:
    values = [(unit % 4, 40) for unit in range(25)]
    errors = estimate(indicator(), [rows(values)], 25, 0.95)
    accuracy = estimate(indicator(complement=True), [rows(values)], 25, 0.95)
    assert errors.value is not None
    assert errors.lower is not None
    assert errors.upper is not None
    assert (accuracy.value, accuracy.lower, accuracy.upper) == pytest.approx(
        (1 - errors.value, 1 - errors.upper, 1 - errors.lower)
    )
    for mine, other in zip(accuracy.beside, errors.beside, strict=True):
        assert mine.lower is not None
        assert other.upper is not None
        assert (mine.method, mine.lower) == (other.method, pytest.approx(1 - other.upper))
    alike = [astuple(replace(found, beside=())) for found in (accuracy, errors)]
    assert alike[0][5:] == alike[1][5:], "all else is the same"


@pytest.mark.parametrize("wrong", [0, 1, 3, 7, 14, 30, 50, 99, 100])
def test_a_share_of_hundred_is_the_number_that_a_limit_is_written_as(
    wrong: int, indicator: MakeIndicator, rows: MakeRows
) -> None:
    # Else 93 right of 100 would miss "≥ 93 %" in a census, by the last bit of 1 − 0.07.
    values = [(int(place < wrong), 1) for place in range(100)]
    found = estimate(indicator(family=Family.PROPORTION, complement=True), [rows(values)], 100, 0.95)
    assert found.value == (100 - wrong) / 100


def test_groups_are_averaged_by_one_joint_draw(indicator: MakeIndicator, rows: MakeRows) -> None:
    """Speakers that read in two scenes are resampled with both."""
    near, far = [(1 + unit % 3, 100) for unit in range(20)], [(5 + unit % 3, 50) for unit in range(20)]
    found = estimate(indicator(), [rows(near), rows(far)], 20, 0.95)
    assert found.value == pytest.approx((sum(e for e, _ in near) / 2000 + sum(e for e, _ in far) / 1000) / 2)

    class Brute:
        def size(self) -> np.ndarray:
            return np.ones(20)

        def leave_one_out(self) -> np.ndarray:
            kept = [[place for place in range(20) if place != unit] for unit in range(20)]
            means = [
                [sum(part[k][0] for k in keep) / sum(part[k][1] for k in keep) for keep in kept] for part in (near, far)
            ]
            return np.mean(means, axis=0)

        def value(self, weights: np.ndarray) -> np.ndarray:
            raise NotImplementedError

    expected = jackknife_log(Brute(), found.value or 0.0, 0.95)
    assert expected is not None
    assert (found.lower, found.upper) == pytest.approx(expected[:2])


def test_a_group_without_data_leaves_no_mean(indicator: MakeIndicator, rows: MakeRows) -> None:
    found = estimate(indicator(), [rows([(1, 9)] * 20), rows([])], 20, 0.95)
    assert (found.value, found.lower, found.upper) == (None, None, None)


def test_no_groups_at_all_have_no_value(indicator: MakeIndicator) -> None:
    assert estimate(indicator(), [], 20, 0.95).value is None


def test_other_families_are_bounded_by_their_own_folds(indicator: MakeIndicator) -> None:
    """The area under a curve knows its bounds; a mean over scenes that share their people is resampled as one."""
    generator = np.random.default_rng(2)
    units = np.repeat(np.arange(40), 5)
    positive = np.arange(200) % 2
    values = np.column_stack([generator.normal(size=200) + 1.5 * positive, positive])
    made = indicator(family=Family.RANK, columns=("score", "positive"))
    area = replace(made, fold=AreaUnderCurve("score", "positive"), direction=Direction.HIGHER)
    scene = Rows(values, np.arange(200), units[:, None])
    alone, mean = (estimate(area, strata, 40, 0.95, seed=1) for strata in ([scene], [scene, scene]))
    assert (alone.method, mean.method) == ("delong-share/1", "resampled-share/1")
    assert alone.value == pytest.approx(roc_auc_score(positive, values[:, 0]))
    assert alone.value == pytest.approx(mean.value)
    assert alone.lower is not None
    assert mean.lower is not None
    assert alone.value is not None
    # The same scene twice is no second scene: its bound is as far away.
    assert alone.value - mean.lower == pytest.approx(alone.value - alone.lower, rel=0.2)
    assert estimate(area, [scene, scene], 40, 0.95, seed=1) == mean
    tracked = replace(area, family=Family.NONE)
    assert estimate(tracked, [scene], 40, 0.95).method == "none"
    assert not estimate(tracked, [scene], 40, 0.95).decisive
