"""Two products on the same clusters: against plain loops, against real classifiers, against simulated test sets."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, ttest_rel

from steelyard.stats.comparison.mcnemar import paired_share_bounds
from steelyard.stats.comparison.paired import Scale, paired_bootstrap_t, paired_jackknife_t, paired_value
from steelyard.stats.folds.pooled import MeanOf, PooledSums
from steelyard.stats.intervals.philox import multinomial_weights

BOTH = pytest.mark.parametrize("scale", list(Scale))


def folded(events: Sequence[float], sizes: Sequence[float]) -> PooledSums:
    keys = np.arange(len(events))[:, None]
    return PooledSums(len(events), keys, np.array(events, dtype=float), np.array(sizes, dtype=float))


def some_clusters(count: int = 25, seed: int = 1) -> tuple[PooledSums, PooledSums]:
    generator = np.random.Generator(np.random.Philox(seed))
    sizes = generator.integers(50, 150, count)
    own = generator.beta(2, 20, count)
    worse = np.minimum(own * generator.gamma(16, 1.2 / 16, count), 1)
    return folded(generator.binomial(sizes, own), sizes), folded(generator.binomial(sizes, worse), sizes)


def contrast(first: PooledSums, second: PooledSums, weights: Sequence[float], scale: Scale) -> float:
    rates = [
        sum(w * e for w, e in zip(weights, each.events, strict=True))
        / sum(w * n for w, n in zip(weights, each.opportunities, strict=True))
        for each in (first, second)
    ]
    return rates[0] - rates[1] if scale is Scale.DIFFERENCE else math.log(rates[0] / rates[1])


@BOTH
def test_jackknife_is_the_plain_loop_s(scale: Scale) -> None:
    first, second = some_clusters()
    count = first.units
    left = [[float(unit != out) for unit in range(count)] for out in range(count)]
    without = [contrast(first, second, weights, scale) for weights in left]
    moves = [sum(without) / count - each for each in without]
    error = math.sqrt((count - 1) / count * sum(move**2 for move in moves))
    kurtosis = sum(move**4 for move in moves) / sum(move**2 for move in moves) ** 2
    kish = first.opportunities.sum() ** 2 / (first.opportunities**2).sum()
    quantile = t.ppf(0.95, min(kish - 1, 2 / (kurtosis - 1 / count), count - 1))
    skew = sum(move**3 for move in moves) / sum(move**2 for move in moves) ** 1.5
    lean = error * skew * (2 * quantile**2 + 1) / 6
    value = contrast(first, second, [1.0] * count, scale)
    expected = (value - quantile * error + min(lean, 0), value + quantile * error + max(lean, 0))
    if scale is Scale.RATIO:
        expected = (math.exp(expected[0]), math.exp(expected[1]))
    found = paired_jackknife_t(first, second, 0.95, scale)
    assert found is not None
    assert found[:2] == pytest.approx(expected)


@BOTH
def test_bootstrap_is_the_plain_loop_s(scale: Scale) -> None:
    first, second = some_clusters(12)
    resamples, seed = 99, 7

    def value_and_error(weights: Sequence[float]) -> tuple[float, float]:
        value = contrast(first, second, weights, scale)
        sums = [
            sum(w * x for w, x in zip(weights, of, strict=True))
            for each in (first, second)
            for of in (each.events, each.opportunities)
        ]
        total = 0.0
        for place, weight in enumerate(weights):
            move = 0.0
            for each, events, sizes, sign in ((first, *sums[:2], 1), (second, *sums[2:], -1)):
                part = (each.events[place] - events / sizes * each.opportunities[place]) / sizes
                move += sign * (part if scale is Scale.DIFFERENCE else part / (events / sizes))
            total += weight * move**2
        return value, math.sqrt(total * len(weights) / (len(weights) - 1))

    value, error = value_and_error([1.0] * 12)
    pivots = []
    for weights in multinomial_weights(12, resamples, seed):
        again, its = value_and_error(weights.tolist())
        pivots.append((again - value) / its)
    pivots.sort()
    # With 99 resamples, five lie on either side.
    expected = [value - pivots[94] * error, value - pivots[4] * error]
    if scale is Scale.RATIO:
        expected = [math.exp(each) for each in expected]
    found = paired_bootstrap_t(first, second, 0.95, scale, seed=seed, resamples=resamples)
    assert found is not None
    assert found[:2] == pytest.approx(expected)
    assert not found.decisive


@BOTH
def test_bootstrap_and_jackknife_agree(scale: Scale) -> None:
    first, second = some_clusters(60)
    jackknife = paired_jackknife_t(first, second, 0.95, scale)
    bootstrap = paired_bootstrap_t(first, second, 0.95, scale, seed=3)
    assert jackknife is not None
    assert bootstrap is not None
    assert bootstrap[:2] == pytest.approx(jackknife[:2], rel=0.05)
    assert paired_bootstrap_t(first, second, 0.95, scale, seed=3) == bootstrap


CLUSTERS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 12)), max_size=25)


@BOTH
@given(clusters=CLUSTERS, data=st.data())
def test_bounds_enclose_the_value_and_mirror(
    scale: Scale, clusters: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    """All right, all wrong, one cluster, identical products, clusters without opportunity: whatever comes."""
    one, other = (
        folded([min(cluster[place], cluster[2]) for cluster in clusters], [cluster[2] for cluster in clusters])
        for place in (0, 1)
    )
    found = paired_jackknife_t(one, other, 0.95, scale)
    value = paired_value(one, other, scale)
    if sum(cluster[2] > 0 for cluster in clusters) < 2 or math.isnan(value):
        assert found is None
        return
    if found is None:
        assert scale is Scale.RATIO, "a rate may be zero without some cluster"
        return
    assert found.lower <= value <= found.upper
    assert found.lower < found.upper
    mirrored = paired_jackknife_t(other, one, 0.95, scale)
    assert mirrored is not None
    back = (-mirrored.upper, -mirrored.lower) if scale is Scale.DIFFERENCE else (1 / mirrored.upper, 1 / mirrored.lower)
    assert back == pytest.approx(found[:2], rel=1e-6, abs=1e-9)
    order = np.array(data.draw(st.permutations(range(len(clusters)))))
    moved = [folded(each.events[order], each.opportunities[order]) for each in (one, other)]
    again = paired_jackknife_t(*moved, 0.95, scale)
    assert again is not None
    assert again[:2] == pytest.approx(found[:2], rel=1e-6, abs=1e-9)
    check = paired_bootstrap_t(one, other, 0.95, scale, seed=1, resamples=99)
    assert check is None or check.lower <= check.upper


@BOTH
def test_products_that_do_the_same_leave_room_for_what_was_not_seen(scale: Scale) -> None:
    same = folded([3, 1, 4, 1, 5] * 6, [20] * 30)
    unseen = 1 - 0.05 ** (1 / 30)
    expected = (-unseen, unseen) if scale is Scale.DIFFERENCE else (1 - unseen, 1 / (1 - unseen))
    found = paired_jackknife_t(same, same, 0.95, scale)
    assert found is not None
    assert found.method == "unseen-cluster/1"
    assert found[:2] == pytest.approx(expected)
    assert paired_bootstrap_t(same, same, 0.95, scale, seed=1) is None


@pytest.mark.parametrize(("count", "flags", "decisive"), [(9, 1, False), (10, 1, True), (19, 1, True), (20, 0, True)])
def test_few_clusters_are_said_and_too_few_decide_nothing(count: int, flags: int, decisive: bool) -> None:
    first, second = (folded([5 + (place * step) % 7 for place in range(count)], [50] * count) for step in (2, 3))
    found = paired_jackknife_t(first, second, 0.95)
    assert found is not None
    assert (len(found.flags), found.decisive) == (flags, decisive)


def test_a_mean_over_groups_is_compared_in_one_draw() -> None:
    first, second = some_clusters(40)
    found = paired_jackknife_t(MeanOf([first, first]), MeanOf([second, second]), 0.95)
    single = paired_jackknife_t(first, second, 0.95)
    assert found is not None
    assert single is not None
    assert found[:2] == pytest.approx(single[:2])


def test_two_real_classifiers_come_out_as_a_paired_t_test_and_as_by_discordant_images(mirror: Path) -> None:
    folder = mirror / "robustness" / "cifar10-1-predictions"
    labels = np.load(folder / "cifar10.1_v6_labels.npy")
    wrong = [
        (np.array(json.loads((folder / "v6_predictions" / f"{name}_predictions.json").read_text())) != labels).astype(
            float
        )
        for name in ("vgg_15_BN_64", "wrn_28_10")
    ]
    first, second = (folded(each, np.ones(len(labels))) for each in wrong)
    found = paired_jackknife_t(first, second, 0.95)
    assert found is not None
    plain = ttest_rel(*wrong).confidence_interval(0.9)
    assert found[:2] == pytest.approx((plain.low, plain.high), abs=3e-4)
    by_images = paired_share_bounds(
        int(((wrong[0] > 0) & (wrong[1] == 0)).sum()), int(((wrong[1] > 0) & (wrong[0] == 0)).sum()), len(labels), 0.95
    )
    assert by_images is not None
    assert found[:2] == pytest.approx(by_images[:2], abs=1e-3)
    check = paired_bootstrap_t(first, second, 0.95, seed=1)
    assert check is not None
    assert check[:2] == pytest.approx(found[:2], abs=1e-3)


RUNS = 1000
SIMULATION_ERROR = 3 * math.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize(
    ("count", "size", "rate", "worse", "scale"),
    [
        (20, 300, 0.06, 1.0, Scale.DIFFERENCE),
        (20, 300, 0.06, 1.0, Scale.RATIO),
        (20, 300, 0.06, 1.5, Scale.RATIO),  # a difference of rates so far apart is falsely settled in 7 %
        (60, 1, 0.1, 1.0, Scale.DIFFERENCE),  # yes or no, few of them discordant
    ],
)
def test_equal_products_are_told_apart_in_one_of_twenty_runs_on_either_side(
    count: int, size: int, rate: float, worse: float, scale: Scale
) -> None:
    generator = np.random.Generator(np.random.Philox(20262))
    hard = generator.gamma(4, 1 / 4, (RUNS, count))
    own = [np.minimum(hard * rate * more * generator.gamma(16, 1 / 16, hard.shape), 1) for more in (1.0, worse)]
    events = [generator.binomial(size, each) for each in own]
    truth = {Scale.DIFFERENCE: 0.0, Scale.RATIO: 1 / worse}[scale]
    above = below = 0
    for run in range(RUNS):
        found = paired_jackknife_t(*(folded(each[run], [size] * count) for each in events), 0.95, scale)
        above += found is not None and found.lower > truth
        below += found is not None and found.upper < truth
    assert above / RUNS <= 0.05 + SIMULATION_ERROR
    assert below / RUNS <= 0.05 + SIMULATION_ERROR


def test_rows_of_two_units_have_no_paired_bootstrap() -> None:
    pairs = PooledSums(3, np.array([[0, 1], [1, 2], [0, 2]]), np.array([1.0, 0, 1]), np.ones(3))
    other = PooledSums(3, pairs.keys, np.array([0.0, 0, 1]), np.ones(3))
    with pytest.raises(ValueError, match="one unit each"):
        paired_bootstrap_t(pairs, other, 0.95, seed=1)
