"""Counts of edits against jiwer, and against a dynamic programme that is written out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.measures.edit_distance import LEVENSHTEIN, SCLITE, Weights, edit_counts, words_as_numbers


def fewest(reference: str, output: str) -> tuple[int, int, int]:
    """Substitutions, deletions, insertions: of the shortest alignments one with the fewest substitutions."""
    # (distance, substitutions, deletions, insertions) of each pair of prefixes; tuples compare in this order.
    row = [(place, 0, 0, place) for place in range(len(output) + 1)]
    for i, wanted in enumerate(reference, 1):
        above, row = row, [(i, 0, i, 0)]
        for j, said in enumerate(output, 1):
            d, s, x, n = above[j - 1]
            replaced = (d, s, x, n) if wanted == said else (d + 1, s + 1, x, n)
            d, s, x, n = above[j]
            deleted = (d + 1, s, x + 1, n)
            d, s, x, n = row[j - 1]
            inserted = (d + 1, s, x, n + 1)
            row.append(min(replaced, deleted, inserted))
    return row[-1][1:]


@pytest.mark.parametrize(
    ("reference", "output", "expected"),
    [  # substitutions, deletions, insertions, reference characters
        ("", "", (0, 0, 0, 0)),
        ("杆秤", "", (0, 2, 0, 2)),
        ("", "杆秤", (0, 0, 2, 0)),
        ("杆秤", "杆秤", (0, 0, 0, 2)),
        ("杆秤", "杠秤", (1, 0, 0, 2)),
        ("杆秤称重", "杆称重量", (0, 1, 1, 4)),  # as short with two substitutions and one match fewer
        ("ab", "ba", (0, 1, 1, 2)),  # as short as two substitutions
        ("abc", "cab", (0, 1, 1, 3)),
        ("abcd", "wxyz", (4, 0, 0, 4)),
        ("a\u0301", "\u00e1", (1, 1, 0, 2)),  # characters are code points; normalising comes before
        ("\U0001f600x", "x", (0, 1, 0, 2)),  # beyond the basic plane one character is one
        ("a", "a" * 1000, (0, 0, 999, 1)),  # a runaway answer
    ],
)
def test_counts(reference: str, output: str, expected: tuple[int, ...]) -> None:
    counts = edit_counts([reference], [output])
    assert counts.dtype == np.int64
    assert tuple(counts[0]) == expected
    assert fewest(reference, output) == expected[:3]


FEW = st.text("ab杆秤\U0001f600", max_size=12)


@given(st.lists(st.tuples(FEW | st.text(max_size=12), FEW), max_size=6))
def test_counts_are_those_of_the_dynamic_programme(pairs: list[tuple[str, str]]) -> None:
    """In one call, so that a long pair beside a short one does not change its counts."""
    counts = edit_counts([reference for reference, _ in pairs], [output for _, output in pairs])
    assert counts.shape == (len(pairs), 4)
    for row, (reference, output) in zip(counts, pairs, strict=True):
        assert tuple(row) == (*fewest(reference, output), len(reference))


# jiwer strips blanks, which here are characters like any other.
@given(st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=1, max_size=30), FEW.map(str.strip))
def test_distance_and_lengths_are_jiwer_s(reference: str, output: str) -> None:
    theirs = jiwer.process_characters(reference, output)
    substitutions, deletions, insertions, characters = edit_counts([reference], [output])[0]
    # Which of the shortest alignments is counted is a matter of choice; how long it is, is not.
    assert substitutions + deletions + insertions == theirs.substitutions + theirs.deletions + theirs.insertions
    assert insertions - deletions == theirs.insertions - theirs.deletions
    assert characters == len(reference) == theirs.hits + theirs.substitutions + theirs.deletions
    assert substitutions <= theirs.substitutions


def test_an_answer_may_hold_more_words_than_there_are_characters() -> None:
    words = [str(number) for number in range(1_200_000)]
    references, outputs = words_as_numbers([["1", "x"]], [words])
    assert edit_counts(references, outputs, SCLITE).tolist() == [[1, 0, len(words) - 2, 2]]


@given(st.lists(st.tuples(FEW, FEW), max_size=6), st.sampled_from([LEVENSHTEIN, SCLITE]))
def test_numbers_count_as_characters_do(pairs: list[tuple[str, str]], weights: Weights) -> None:
    references, outputs = ([pair[side] for pair in pairs] for side in (0, 1))
    numbers = words_as_numbers(references, outputs)
    assert np.array_equal(edit_counts(*numbers, weights), edit_counts(references, outputs, weights))


def test_published_counts_of_a_recogniser_come_out(mirror: Path) -> None:
    """Its log states 172 insertions, 528 deletions and 5536 substitutions over 104765 characters."""
    folder = mirror / "speech/aishell1-test-hyp-zh"
    lines = (folder / "recogs-aishell1_test.txt").read_text("utf-8").splitlines()
    texts = ["".join(ast.literal_eval(line.partition("=")[2])) for line in lines]
    counts = edit_counts(texts[0::2], texts[1::2]).sum(axis=0)
    stated = re.search(
        r"Errors: (\d+) insertions, (\d+) deletions, (\d+) substitutions, over (\d+) reference",
        (folder / "errs-aishell1_test.txt").read_text("utf-8"),
    )
    assert stated is not None
    insertions, deletions, substitutions, characters = map(int, stated.groups())
    assert counts.tolist() == [substitutions, deletions, insertions, characters] == [5536, 528, 172, 104765]
