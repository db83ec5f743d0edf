"""Segments against a walk from word to word and NIST's own alignments; the test against SciPy's and statsmodels'."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, ttest_1samp
from statsmodels.stats.weightstats import ztest

from steelyard.stats.comparison.mapsswe import mapsswe, mapsswe_bounds, segment_errors

Counts = Sequence[int]


def walked(errors: tuple[Counts, Counts], inserted: tuple[Counts, Counts], correct_between: int) -> list[list[int]]:
    """Word by word, as SCTK describes its cutting: beginning, error, good words, until there are enough of them."""
    segments: list[list[int]] = []
    counted, state, good = [0, 0], "beginning", 0
    for word in range(len(errors[0]) + 1):
        before = [each[word] for each in inserted]
        if any(before):
            counted = [counted[0] + before[0], counted[1] + before[1]]
            state = "error"
        if word == len(errors[0]):
            break
        wrong = [each[word] for each in errors]
        if any(wrong):
            counted = [counted[0] + wrong[0], counted[1] + wrong[1]]
            state = "error"
        elif state != "beginning":
            good = 1 if state == "error" else good + 1
            state = "good"
            if good == correct_between:
                segments.append(counted)
                counted, state = [0, 0], "beginning"
    if state != "beginning":
        segments.append(counted)
    return segments


UTTERANCES = st.integers(0, 25).flatmap(
    lambda words: st.tuples(
        *[st.lists(st.sampled_from([0, 0, 0, 1]), min_size=words, max_size=words)] * 2,
        *[st.lists(st.sampled_from([0] * 9 + [1, 2]), min_size=words + 1, max_size=words + 1)] * 2,
    )
)


@given(utterance=UTTERANCES, correct_between=st.integers(1, 4))
def test_segments_are_those_of_a_walk_from_word_to_word(
    utterance: tuple[list[int], list[int], list[int], list[int]], correct_between: int
) -> None:
    errors, inserted = utterance[:2], utterance[2:]
    found = segment_errors(
        (np.array(errors[0], dtype=int), np.array(errors[1], dtype=int)),
        (np.array(inserted[0]), np.array(inserted[1])),
        correct_between,
    )
    assert found.tolist() == walked(errors, inserted, correct_between)
    # No error is lost, and no segment is without one.
    assert found.sum(axis=0).tolist() == [sum(e) + sum(i) for e, i in zip(errors, inserted, strict=True)]
    assert (found.sum(axis=1) > 0).all()


@pytest.mark.parametrize(
    ("first", "second", "segments"),
    [
        ("..x....", ".......", [[1, 0]]),
        (".x.x...", ".......", [[2, 0]]),  # one word right between: the same segment
        (".x..x..", ".......", [[1, 0], [1, 0]]),  # two: another
        (".x.....", "....x..", [[1, 0], [0, 1]]),
        (".x.....", "...x...", [[1, 1]]),  # both must have the words between right
        (".......", ".......", []),
    ],
)
def test_cutting(first: str, second: str, segments: list[list[int]]) -> None:
    errors = [np.array([mark == "x" for mark in each]).astype(int) for each in (first, second)]
    nothing = np.zeros(len(first) + 1, dtype=int)
    assert segment_errors((errors[0], errors[1]), (nothing, nothing)).tolist() == segments


def alignments(path: Path) -> list[tuple[list[int], list[int]]]:
    """Errors and insertions of each utterance, from the REF and HYP lines that sclite printed; capitals are errors."""
    found = []
    lines = path.read_text("utf-8").splitlines()
    for place, line in enumerate(lines):
        if not line.startswith("REF:"):
            continue
        errors, inserted = [], [0]
        for word, heard in zip(line.split()[1:], lines[place + 1].split()[1:], strict=True):
            if set(word) == {"*"}:
                inserted[-1] += 1
                continue
            errors.append(int(word != heard))
            inserted.append(0)
        found.append((errors, inserted))
    return found


def test_nist_s_own_alignments_against_a_recogniser_that_mends_every_other_utterance(mirror: Path) -> None:
    utterances = alignments(mirror / "speech" / "nist-sctk-scoring" / "base" / "test1.pra")
    words = sum(len(errors) for errors, _ in utterances)
    segments, expected = [], []
    for place, (errors, inserted) in enumerate(utterances):
        kept = [each * (place % 2) for each in errors], [each * (place % 2) for each in inserted]
        expected += walked((errors, kept[0]), (inserted, kept[1]), 2)
        segments.append(segment_errors((np.array(errors), np.array(kept[0])), (np.array(inserted), np.array(kept[1]))))
    joined = np.concatenate(segments)
    assert joined.tolist() == expected
    # sclite's summary of the same file (test1.raw): 51 utterances, 1,406 words, 169 errors.
    assert (len(utterances), words, joined[:, 0].sum()) == (51, 1406, 169)
    found = mapsswe(joined)
    apart = joined[:, 0] - joined[:, 1]
    assert (found.statistic, found.p_value) == pytest.approx(ztest(apart))
    bounds = mapsswe_bounds(joined, words, 0.95)
    assert bounds is not None
    assert 0 < bounds.lower < apart.sum() / words < bounds.upper
    assert not bounds.decisive


@given(segments=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=40))
def test_the_test_is_statsmodels_s_and_the_bounds_scipy_s(segments: list[tuple[int, int]]) -> None:
    table = np.array(segments)
    found = mapsswe(table)
    bounds = mapsswe_bounds(table, 1000, 0.95)
    assert bounds is not None
    apart = (table[:, 0] - table[:, 1]).astype(float)
    assert bounds.lower < apart.sum() / 1000 < bounds.upper
    if apart.std() > 0:
        assert (found.statistic, found.p_value) == pytest.approx(ztest(apart))
        interval = ttest_1samp(apart, 0).confidence_interval(0.9)
        scale = len(table) / 1000
        assert bounds[:2] == pytest.approx((interval.low * scale, interval.high * scale), abs=1e-12)
    mirrored = mapsswe(table[:, ::-1])
    assert (-mirrored.statistic, mirrored.p_value) == pytest.approx((found.statistic, found.p_value))


@pytest.mark.parametrize(
    ("segments", "statistic", "p_value"),
    [
        ([], 0.0, 1.0),
        ([(1, 0)], 0.0, 1.0),  # one segment tells nothing
        ([(2, 2), (1, 1)], 0.0, 1.0),
        ([(1, 0)] * 6, math.inf, 1 / 32),  # six signs that all point one way, either way
        ([(0, 2)] * 3, -math.inf, 1 / 4),
    ],
)
def test_segments_without_spread(segments: list[tuple[int, int]], statistic: float, p_value: float) -> None:
    found = mapsswe(np.array(segments, dtype=int).reshape(-1, 2))
    assert (found.segments, found.statistic, found.p_value) == (len(segments), statistic, pytest.approx(p_value))
    bounds = mapsswe_bounds(np.array(segments, dtype=int).reshape(-1, 2), 100, 0.95)
    assert bounds is None if len(segments) < 2 else bounds is not None and bounds.lower < bounds.upper


def test_what_the_test_assumes_is_said() -> None:
    few, many = (mapsswe_bounds(np.tile([(2, 1), (0, 1), (1, 0)], (count, 1)), 900, 0.95) for count in (5, 30))
    assert few is not None
    assert many is not None
    assert (len(few.flags), len(many.flags)) == (2, 1)
    assert mapsswe_bounds(np.ones((3, 2), dtype=int), 0, 0.95) is None


def test_at_many_segments_the_test_holds_its_level() -> None:
    generator = np.random.Generator(np.random.Philox(20263))
    runs = 1000
    shown = sum(mapsswe(generator.poisson(1.2, (100, 2))).p_value <= 2 * (1 - norm.cdf(1.96)) for _ in range(runs))
    assert shown / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
