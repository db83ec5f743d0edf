"""Alignments that readers see are those that errors are counted on."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard import fields
from steelyard.measures.alternatives import align, wordings
from steelyard.measures.edit_distance import LEVENSHTEIN, SCLITE, Weights
from steelyard.measures.shown_alignment import MOST_CELLS, alignment, shown

SPOKEN = st.lists(st.sampled_from("abc"), max_size=6)
SLOT = st.one_of(
    st.sampled_from("abc"),
    st.tuples(st.sampled_from("abc@"), st.sampled_from("abc")).map(lambda pair: f"{{ {pair[0]} / {pair[1]} }}"),
)


@given(st.lists(SLOT, max_size=5), SPOKEN, st.sampled_from([SCLITE, LEVENSHTEIN]))
def test_errors_shown_are_errors_counted(slots: list[str], said: list[str], weights: Weights) -> None:
    reference = wordings(" ".join(slots))
    steps, counted = alignment(reference, said, weights), align(reference, said, weights)
    assert [step.said for step in steps if step.said] == said
    wrong = [step for step in steps if step.expected != step.said]
    cost = sum(weights.substitution if step.expected and step.said else weights.gap for step in wrong)
    gaps = weights.gap * (counted.deletions + counted.insertions)
    assert cost == weights.substitution * counted.substitutions + gaps
    assert sum(bool(step.expected and step.said) for step in wrong) == counted.substitutions


@pytest.mark.parametrize(
    ("method", "wanted", "said", "html"),
    [
        ("speech.words", "GOD AS A DIRECT", "god has a direct", "god <del>as</del> <ins>has</ins> a direct"),
        ("speech.words", "a < b", "<script>", "<del>a b</del> <ins>script</ins>"),  # en/1 drops the signs
        ("speech.words", "", "heard", "<ins>heard</ins>"),
        ("speech.words", "said", "", "<del>said</del>"),
        ("speech.recognition", "今天，天气好。", "今天电器好", "今天<del>天气</del><ins>电器</ins>好"),
    ],
)
def test_what_does_not_count_is_not_shown_as_wrong(method: str, wanted: str, said: str, html: str) -> None:
    assert fields.find(method).difference(wanted, said) == html


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_said_stays_text(wanted: str, said: str) -> None:
    html = fields.find("speech.words", {"normaliser": "verbatim/1"}).difference(wanted, said)
    text = re.sub(r"</?(del|ins)>", "", html)
    assert "<" not in text
    assert " ".join(said.split()) in " ".join(
        unescape(re.sub(r"<del>[^<]*</del>", "", html)).replace("<ins>", "").replace("</ins>", "").split()
    )


def test_what_is_too_long_to_align_is_shown_all_the_same() -> None:
    size = int(MOST_CELLS**0.5) + 1
    html = shown(wordings("a " * size), ["b"] * size, SCLITE)
    assert html.count("a") == html.count("b") == size
