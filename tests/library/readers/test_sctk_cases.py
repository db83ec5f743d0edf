"""NIST's scoring cases: their counts add up to the sums that NIST publishes, and an aligner of another hand agrees."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from rapidfuzz.distance import Levenshtein

from steelyard.library import recipe
from steelyard.library.readers._sclite import Counts, counts_of, totals_of
from steelyard.library.recipe import Contents

KINDS = Counts._fields
ALTERNATIVES = re.compile(r"\{(.*?)\}")


@cache
def contents(name: str) -> Contents:
    return recipe.contents(recipe.read(name))


@pytest.fixture
def read(mirror: Path) -> Callable[[str], Contents]:  # noqa: ARG001 - sets the folder that recipes read from
    return contents


def test_sentences_are_read(read: Callable[[str], Contents]) -> None:
    made = read("nist-sctk-sentences")
    rows = {row["id"]: row for row in made.samples.to_pylist()}
    said = dict(zip(made.answers["sctk"]["id"].to_pylist(), made.answers["sctk"]["output"].to_pylist(), strict=True))
    assert rows["7/h_1"]["reference"] == "a { b / cd / { g h i / gh i / g ih} bd } { e { i n / th } f / ef }"
    assert (rows["7/empty-1"]["reference"], said["7/empty-1"]) == ("", "a b c e f g h i j k")
    assert said["7-utf8-2bytes/f_0"] == "Ġ ġ Ģ ģ Ĥ ĥ Ħ"
    assert rows["7_r/f_0"]["reference"] == said["7/f_0"], "reference and output exchanged"
    assert rows["7_2/i_1"]["lexicon"][:3] == ["dis", "fee", "find"]
    assert rows["7/i_1"]["lexicon"] == []
    assert rows["turkish/spkr1-1"]["reference"].startswith("Güngören'den Habibler Işık")
    without = {row["run"] for row in rows.values() if row["correct"] is None}
    assert without == {"turkish", "ukrainian", "demo"}, "no count is no value"


def sums(made: Contents) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in made.samples.to_pylist():
        if row["correct"] is not None:
            found[row["run"]] = [have + row[kind] for have, kind in zip(found[row["run"]], KINDS, strict=True)]
    return found


# What the reports of sums (.raw) publish: sentences, words, correct, substituted, deleted, inserted.
@pytest.mark.parametrize(
    ("run", "published"),
    [
        ("1", [51, 1406, 1263, 131, 12, 26]),  # Corr 89.8 Sub 9.3 Del 0.9 Ins 1.8 Err 12.0
        ("7", [58, 266, 178, 75, 13, 33]),
        ("8", [2, 348, 329, 9, 10, 3]),
    ],
)
def test_counts_add_up_to_what_is_published(run: str, published: list[int], read: Callable[[str], Contents]) -> None:
    made = read("nist-sctk-sentences")
    found = sums(made)[run]
    sentences = Counter(made.samples["run"].to_pylist())[run]
    assert [sentences, sum(found[:3]), *found] == published


def test_counts_of_all_runs_add_up(read: Callable[[str], Contents], mirror: Path) -> None:
    found = sums(read("nist-sctk-sentences"))
    assert len(found) == 16
    for run, counts in found.items():
        total = totals_of(mirror / "speech" / "nist-sctk-scoring" / "base" / f"test{run}.raw")
        assert [sum(counts[:3]), *counts] == total[1:], run


def readings(sentence: str) -> Iterator[list[str]]:
    """Yield each way to read a sentence with alternatives in braces; ``@`` stands for no word."""
    for choice in product(*(each.split("/") for each in ALTERNATIVES.findall(sentence))):
        chosen = iter(choice)
        text = ALTERNATIVES.sub(lambda _, chosen=chosen: next(chosen), sentence)
        yield text.upper().replace("@", " ").split()


def test_another_aligner_finds_no_more_errors(read: Callable[[str], Contents]) -> None:
    """Fewest edits, by rapidfuzz; sclite weighs substitutions 4 to 3 and so may take one edit more."""
    made = read("nist-sctk-sentences")
    said = dict(zip(made.answers["sctk"]["id"].to_pylist(), made.answers["sctk"]["output"].to_pylist(), strict=True))
    same = 0
    rows = [row for row in made.samples.to_pylist() if row["run"] == "1"]
    for row in rows:
        fewest = min(
            Levenshtein.distance(words, said[row["id"]].upper().split()) for words in readings(row["reference"])
        )
        errors = row["substituted"] + row["deleted"] + row["inserted"]
        assert fewest <= errors <= fewest + 1, row["id"]
        same += fewest == errors
    assert same >= 49


def test_conversations_and_their_counts(read: Callable[[str], Contents]) -> None:
    made = read("nist-sctk-conversations")
    rows = {row["id"]: row for row in made.samples.to_pylist()}
    assert {run for run, row in rows.items() if row["totals"]} == {"3", "3a", "4", "5", "13", "13_D", "13_a", "13_aD"}
    assert rows["3"]["totals"] == [61, 1779, 1013, 540, 226, 171]
    assert rows["13"]["totals"] == [22, 923, 563, 255, 105, 50]
    for row in rows.values():
        assert len(row["utterances"]) == len(row["counts"])
        if row["totals"]:
            columns = [sum(column) for column in zip(*row["counts"], strict=True)]
            assert [len(row["counts"]), sum(columns[:3]), *columns] == row["totals"]
    first = rows["3"]["reference"][0]
    assert first == ["2347", "a", "2347-a", "1.06", "3.47", "<O,WA>", first[-1]]
    assert rows["3"]["utterances"][0] == "2347-a-000"
    assert sum(segment[-1] == "IGNORE_TIME_SEGMENT_IN_SCORING" for segment in rows["3a"]["reference"]) == 2


def test_words_are_read_with_their_times(read: Callable[[str], Contents]) -> None:
    said = {row["id"]: row["output"] for row in read("nist-sctk-conversations").answers["sctk"].to_pylist()}
    assert said["3"][0] == ["2347", "A", "0.05", "0.24", "THEY;tag1"]
    assert said["3b"][0] == ["2347", "A", "0.05", "0.24", "THEY", "0.310"]
    assert said["5"][:2] == [["THEY"], ["PRIDE"]]
    assert said["16_2"] == [], "a recogniser that wrote nothing"


def test_reports_of_other_encodings_are_read(mirror: Path) -> None:
    base = mirror / "speech" / "nist-sctk-scoring" / "base"
    counts = counts_of(base / "test9.pra")  # GB 2312
    assert [sum(column) for column in zip(*counts.values(), strict=True)] == totals_of(base / "test9.raw")[2:]


def test_mandarin_adds_up_by_words_and_by_characters(read: Callable[[str], Contents], mirror: Path) -> None:
    made = read("nist-sctk-mandarin")
    found = sums(made)
    assert found["6"] == [33, 3, 1, 1]  # 37 words: Corr 89.2 Sub 8.1 Del 2.7 Ins 2.7 Err 13.5
    for run, counts in found.items():
        total = totals_of(mirror / "speech" / "nist-sctk-scoring" / "base" / f"test{run}.raw")
        assert [sum(counts[:3]), *counts] == total[1:], run
    said = dict(zip(made.answers["sctk"]["id"].to_pylist(), made.answers["sctk"]["output"].to_pylist(), strict=True))
    rows = {row["id"]: row for row in made.samples.to_pylist()}
    first = "ma_0029_a-000"
    assert (rows[f"6/{first}"]["reference"], said[f"6/{first}"]) == ("哦 ok", "可能 ok")
    assert (rows[f"9/{first}"]["reference"], said[f"9/{first}"]) == ("哦 o k", "可 能 o k")
    for name, row in rows.items():
        if row["run"] == "12":
            continue  # there a fragment is right
        fewest = Levenshtein.distance(row["reference"].split(), said[name].split())
        assert fewest <= row["substituted"] + row["deleted"] + row["inserted"] <= fewest + 1, name
