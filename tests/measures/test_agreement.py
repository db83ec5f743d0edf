"""Agreement, against published tables and others' implementations."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

from steelyard.measures.agreement import Level, alpha_of, cohen_kappa, fleiss_kappa, krippendorff_alpha

NAN = float("nan")
# K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C.
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)
# J. L. Fleiss, Psychological Bulletin 76 (1971), table 1: 30 patients, 6 psychiatrists, 5 diagnoses.
FLEISS = np.array(
    [
        [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0],
        [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0],
        [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1], [0, 0, 5, 0, 1], [3, 0, 0, 1, 2], [5, 1, 0, 0, 0],
        [0, 2, 0, 4, 0], [1, 0, 2, 0, 3], [0, 0, 0, 0, 6], [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0],
        [1, 0, 0, 4, 1], [0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0], [1, 0, 5, 0, 0], [0, 0, 0, 0, 6],
    ],
    dtype=np.float64,
)  # fmt: skip


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_krippendorff_s_own_example(level: str, published: float) -> None:
    assert krippendorff_alpha(KRIPPENDORFF, Level(level)) == pytest.approx(published, abs=5e-4)


def test_fleiss_s_own_table() -> None:
    assert fleiss_kappa(FLEISS) == pytest.approx(0.430, abs=5e-4)


RATINGS = st.lists(
    st.lists(st.sampled_from([1.0, 2.0, 3.0, 7.0, NAN]), min_size=4, max_size=4), min_size=2, max_size=12
).map(lambda rows: np.array(rows).T)


@given(RATINGS, st.sampled_from(list(Level)))
def test_alpha_is_the_package_s(ratings: np.ndarray, level: Level) -> None:
    ours = krippendorff_alpha(ratings, level)
    given_twice = ratings[:, (~np.isnan(ratings)).sum(axis=0) > 1]
    if len(np.unique(given_twice[~np.isnan(given_twice)])) < 2:
        assert np.isnan(ours), "where nothing varies there is nothing to agree on"
        return
    assert ours == pytest.approx(krippendorff.alpha(ratings, level_of_measurement=level.value), abs=1e-9)


@given(st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=2, max_size=15))
def test_fleiss_is_statsmodels_s(rows: list[list[int]]) -> None:
    counts = np.stack([np.bincount(row, minlength=4) for row in rows]).astype(np.float64)
    if (counts.sum(axis=0) > 0).sum() > 1:
        assert fleiss_kappa(counts) == pytest.approx(inter_rater.fleiss_kappa(counts))
    else:
        assert np.isnan(fleiss_kappa(counts))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40))
def test_cohen_is_scikit_learn_s(pairs: list[tuple[int, int]]) -> None:
    one, other = np.array(pairs, dtype=np.float64).T
    if len(set(one) | set(other)) > 1:
        assert cohen_kappa(one, other) == pytest.approx(cohen_kappa_score(one, other))


@given(RATINGS, st.sampled_from(list(Level)), st.data())
def test_a_weight_of_two_is_an_item_twice(ratings: np.ndarray, level: Level, data: st.DataObject) -> None:
    weights = np.array(data.draw(st.lists(st.integers(0, 3), min_size=ratings.shape[1], max_size=ratings.shape[1])))
    weighed = alpha_of(ratings, level).value(weights[None, :].astype(float))[0]
    repeated = krippendorff_alpha(np.repeat(ratings, weights, axis=1), level) if weights.sum() else NAN
    assert weighed == pytest.approx(repeated, nan_ok=True)


def test_without_data_there_is_no_value() -> None:
    assert np.isnan(krippendorff_alpha(np.full((3, 4), NAN), Level.NOMINAL))
    assert np.isnan(fleiss_kappa(np.array([[3.0, 0], [1, 1]])))
    assert np.isnan(cohen_kappa(np.array([1.0, NAN]), np.array([NAN, 1.0])))
