"""Word errors, against NIST's sclite and jiwer."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard import fields
from steelyard.core.errors import SetError, UnknownName
from steelyard.core.method import Method
from steelyard.core.sample import Records, Sample, Samples
from steelyard.library.store import open_set
from steelyard.stats.estimate import estimate

NAME = "speech.words"
AS_SCLITE = {"normaliser": "case/1", "reference": "sclite"}


def rows_of(method: Method, references: Sequence[str], outputs: Sequence[str]) -> np.ndarray:
    positions = np.arange(len(references))
    samples = Samples(references, positions, positions[:, None])
    return method.indicators[0].rows(samples, Records(outputs, np.zeros(len(outputs)), [None] * len(outputs))).values


def value_of(method: Method, name: str, references: Sequence[str], outputs: Sequence[str]) -> float | None:
    positions = np.arange(len(references))
    samples = Samples(references, positions, positions[:, None])
    indicator = method.indicator(name)
    rows = indicator.rows(samples, Records(outputs, np.zeros(len(outputs)), [None] * len(outputs)))
    return estimate(indicator, [rows], len(references), 0.95).value


@pytest.mark.parametrize(
    ("options", "reference", "output", "counts"),
    [  # substitutions, deletions, insertions, insertions beyond, words, heard in silence
        ({}, "he hoped", "He hoped.", (0, 0, 0, 0, 2, 0)),
        ({}, "he hoped", "he he hoped there", (0, 0, 2, 0, 2, 0)),
        ({}, "he hoped", "he hoped " * 5, (0, 0, 2, 6, 2, 0)),  # it cannot cost more than saying nothing
        ({}, "he hoped", "", (0, 2, 0, 0, 2, 0)),
        ({}, "", "", (0, 0, 0, 0, 0, 0)),
        ({}, "...", "he hoped", (0, 0, 1, 1, 0, 1)),  # silence, and something was heard
        ({"normaliser": "verbatim/1"}, "he hoped", "He hoped", (1, 0, 0, 0, 2, 0)),
        (AS_SCLITE, "for { @ / an } investor", "FOR INVESTOR", (0, 0, 0, 0, 2, 0)),
        (AS_SCLITE, "for { @ / an } investor", "for an investor", (0, 0, 0, 0, 3, 0)),
        (AS_SCLITE, "for { @ / an } investor", "", (0, 3, 0, 0, 3, 0)),  # the longest: silence never pays
        (AS_SCLITE, "{ 20 / twenty / { one / a } score } men", "one score men", (0, 0, 0, 0, 3, 0)),
        (AS_SCLITE, "{ @ / uh }", "ah", (0, 0, 1, 0, 0, 1)),  # an insertion is cheaper than a substitution
        # Five words and five others, shifted: sclite rather loses and adds three than swaps five.
        ({}, "a b c d e", "d e x y z", (0, 3, 2, 1, 5, 0)),
        ({"alignment": "levenshtein"}, "a b c d e", "d e x y z", (5, 0, 0, 0, 5, 0)),
    ],
)
def test_what_an_answer_costs(options: dict[str, str], reference: str, output: str, counts: tuple[int, ...]) -> None:
    found = tuple(rows_of(fields.find(NAME, options), [reference], [output])[0, :6].astype(int))
    assert found == counts


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"alignment": "sclit"}, "Did you mean sclite"),
        ({"reference": "plane"}, "Did you mean plain"),
        ({"normaliser": "en/1+cas/1"}, "Did you mean case/1"),
    ],
)
def test_options_that_are_not_there_offer_the_nearest(options: dict[str, str], says: str) -> None:
    with pytest.raises(UnknownName, match=says):
        fields.find(NAME, options)


@pytest.mark.parametrize("text", ["a { b", "a } b", "a / b", "{ a / { b }", "a { b / c d"])
def test_braces_that_do_not_pair_up_are_said(text: str) -> None:
    with pytest.raises(SetError, match="braces do not pair up") as caught:
        rows_of(fields.find(NAME, AS_SCLITE), [text], ["a"])
    assert caught.value.remedy is not None


def test_csrnab_as_nist_published_it(mirror: Path) -> None:  # noqa: ARG001 - sets the library's mirror
    """Corr 89.8, Sub 9.3, Del 0.9, Ins 1.8, Err 12.0, S.Err 74.5; each sentence as sclite counted it."""
    opened = open_set("nist-sctk-sentences")
    columns = ["id", "reference", "run", "substituted", "deleted", "inserted"]
    every = [row for batch in opened.batches(columns) for row in batch.to_pylist()]
    sentences = [row for row in every if row["run"] == "1"]
    table = opened.answers("sctk")
    said = dict(zip(table["id"].to_pylist(), table["output"].to_pylist(), strict=True))
    references, outputs = [row["reference"] for row in sentences], [said[row["id"]] for row in sentences]
    method = fields.find(NAME, AS_SCLITE)
    found = rows_of(method, references, outputs)
    stated = [[row["substituted"], row["deleted"], row["inserted"]] for row in sentences]
    assert found[:, :3].tolist() == stated
    assert found.sum(axis=0).tolist() == [131, 12, 26, 0, 1406, 0, 51, 38]
    published = {"words_correct": 89.8, "word_error_rate": 12.0, "word_accuracy": 88.0, "sentence_error_rate": 74.5}
    for name, percent in published.items():
        value = value_of(method, name, references, outputs)
        assert value is not None
        assert round(100 * value, 1) == percent


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=9)


def test_counts_are_sclite_s_own(tmp_path: Path) -> None:
    """On random sentences, in one call: errors, and what they cost; of equal alignments it may take another."""
    if shutil.which("sctk") is None:
        pytest.skip("NIST's scorer is not installed: apt-get install sctk")
    draw = np.random.default_rng(20)
    pairs = [
        ([*draw.choice(list("abcde"), draw.integers(1, 14))], [*draw.choice(list("abcde"), draw.integers(0, 14))])
        for _ in range(400)
    ]
    for side in (0, 1):
        lines = [f"{' '.join(pair[side])} (s_{number})\n" for number, pair in enumerate(pairs)]
        (tmp_path / f"{side}.trn").write_text("".join(lines), "ascii")
    call = ["sctk", "sclite", "-r", "0.trn", "trn", "-h", "1.trn", "trn", "-i", "spu_id", "-o", "pralign", "-n", "out"]
    subprocess.run(call, cwd=tmp_path, check=True, capture_output=True)
    report = (tmp_path / "out.pra").read_text("ascii")
    scores = re.findall(r"id: \(s_(\d+)\)\nScores: \(#C #S #D #I\) (\d+) (\d+) (\d+) (\d+)", report)
    assert len(scores) == len(pairs)
    method = fields.find(NAME)
    for name, *counts in scores:
        _, *theirs = map(int, counts)
        reference, output = (" ".join(side) for side in pairs[int(name)])
        row = rows_of(method, [reference], [output])[0].astype(int)
        ours = [row[0], row[1], row[2] + row[3]]
        cost = [4 * each[0] + 3 * (each[1] + each[2]) for each in (ours, theirs)]
        assert cost[0] == cost[1], (reference, output)
        if ours != theirs:  # three substitutions cost what two deletions and two insertions do
            assert abs(ours[0] - theirs[0]) % 3 == 0


@given(WORDS.filter(bool), WORDS)
def test_levenshtein_is_jiwer_s(reference: list[str], output: list[str]) -> None:
    theirs = jiwer.process_words(" ".join(reference), " ".join(output))
    row = rows_of(fields.find(NAME, {"alignment": "levenshtein"}), [" ".join(reference)], [" ".join(output)])[0]
    assert row[:4].sum() == theirs.substitutions + theirs.deletions + theirs.insertions
    assert row[4] == theirs.hits + theirs.substitutions + theirs.deletions


ALTERNATIVES = st.lists(
    st.sampled_from(["a", "b", "{ a / b }", "{ @ / a }", "{ a / b c / @ }", "{ { a / b } c / d }"]), max_size=4
).map(" ".join)


@given(st.lists(st.tuples(ALTERNATIVES, WORDS.map(" ".join)), min_size=1, max_size=5), st.data())
def test_not_answering_never_pays_with_alternatives_either(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    method = fields.find(NAME, AS_SCLITE)
    references, outputs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    silent = data.draw(st.integers(0, len(pairs) - 1))
    assert method.no_answer is not None
    left = list(outputs)
    left[silent] = method.no_answer(Sample("s", None, references[silent], {}, {}))
    best = [method.oracle(Sample("s", None, each, {}, {})) for each in references]
    for indicator in method.indicators:
        sign = 1 if indicator.name in ("word_accuracy", "words_correct") else -1
        old, new, top = (value_of(method, indicator.name, references, said) for said in (outputs, left, best))
        assert old is None or new is None or sign * (new - old) <= 1e-12, indicator.name
        assert old is None or top is None or sign * (old - top) <= 1e-12, indicator.name
