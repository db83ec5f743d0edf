"""Who leaked a sealed set is told by the order of rows and by arbitrary answers, and nobody is blamed by chance."""

from __future__ import annotations

import json
import random
import runpy
import shlex
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chisquare, kendalltau

import steelyard
from steelyard.bench.canaries import FILE, Canaries
from steelyard.core.errors import CallError
from steelyard.library.sealed.age import KEY, keys
from steelyard.library.sealed.marks import Ledger, Party, arbitrary, chosen, ledger_of, mark, placed, read_ledger
from steelyard.library.sealed.sealed_set import open_into, open_sealed
from steelyard.library.sealed.sealing import seal_set
from steelyard.library.sealed.whose import read_copy, whose
from steelyard.library.writing import write_set
from steelyard.stats.inversions import EXACT, chance_of_so_few, inversions

sealable = SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "sealable.py")))
SPEC = "miit-2017-315#speech.recognition"
SECRET = bytes(range(32))


# --- The order -----------------------------------------------------------------------------------------------------


@given(st.permutations(range(7)))
def test_inversions_are_pairs_that_stand_the_other_way_round(order: list[int]) -> None:
    assert inversions(order) == sum(order[i] > order[j] for j in range(7) for i in range(j))


@pytest.mark.parametrize("items", [2, 3, 5, 12, 40, EXACT])
def test_their_probability_is_kendall_s(items: int) -> None:
    draw = random.Random(items)
    for spread in (0.01, 0.3, 1.0, 3.0):
        order = np.argsort(np.argsort([place + draw.gauss(0, spread * items) for place in range(items)])).tolist()
        expected = kendalltau(range(items), order, alternative="greater", method="exact").pvalue
        assert chance_of_so_few(inversions(order), items) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("items", [EXACT + 1, 400, 2000])
def test_beyond_it_is_a_bound_that_is_not_loose(items: int) -> None:
    from scipy.stats import norm

    most = items * (items - 1) / 2
    deviation = np.sqrt(items * (items - 1) * (2 * items + 5) / 72)
    for away in (0.0, 1.0, 3.0, 6.0):
        count = round(most / 2 - away * deviation)
        bound = chance_of_so_few(count, items)
        assert norm.sf(away) * 0.9 <= bound <= 30 * norm.sf(away)
    assert chance_of_so_few(round(most), items) == 1.0


def ledger(parties: int, choices: int = 0) -> Ledger:
    return Ledger(
        label="made@1",
        commitment="sha256:" + "0" * 64,
        secret=SECRET.hex(),
        choices=choices,
        parties=tuple(Party(f"party {n}", (f"age1party{n}",), f"copy-{n}.age", {}) for n in range(parties)),
    )


def copy_of(party: int, rows: int) -> list[str]:
    ids = [f"sample-{number}" for number in range(rows)]
    return [ids[place] for place in placed(SECRET, f"age1party{party}", ids)]


def half(ids: list[str], draw: random.Random) -> list[str]:
    kept = set(draw.sample(ids, len(ids) // 2))
    return [name for name in ids if name in kept]


def in_blocks(size: int) -> Callable[[list[str], random.Random], list[str]]:
    def shuffled(ids: list[str], draw: random.Random) -> list[str]:
        blocks = [ids[start : start + size] for start in range(0, len(ids), size)]
        return [name for block in blocks for name in draw.sample(block, len(block))]

    return shuffled


@pytest.mark.parametrize(
    "harm",
    [
        lambda ids, _: ids,
        half,
        in_blocks(10),
        in_blocks(100),
        lambda ids, draw: in_blocks(100)(half(ids, draw), draw),
        lambda ids, _: ids[200:280],  # some rows in the middle
    ],
    ids=["as it is", "half", "blocks of 10", "blocks of 100", "half in blocks of 100", "80 rows"],
)
def test_a_copy_that_was_harmed_still_tells_whose_it_is(harm: Callable[..., list[str]]) -> None:
    for party in range(3):
        table = pa.table({"id": harm(copy_of(party, 400), random.Random(party))})
        found = whose(table, ledger(8))
        assert found[0].name == f"party {party}"
        assert found[0].named
        assert not any(each.named for each in found[1:])


@pytest.mark.parametrize("harm", [sorted, lambda ids: random.Random(1).sample(ids, len(ids)), lambda ids: ids[:7]])
def test_where_the_order_is_gone_nobody_is_named(harm: Callable[[list[str]], list[str]]) -> None:
    found = whose(pa.table({"id": harm(copy_of(1, 400))}), ledger(3))
    assert not any(each.named for each in found)


def test_nobody_is_blamed_by_chance_more_often_than_stated() -> None:
    draw, ids, parties = random.Random(3), [f"sample-{number}" for number in range(60)], 4
    blamed = {0.5: 0, 0.1: 0, 0.02: 0}
    tables = 1500
    for _ in range(tables):
        found = whose(pa.table({"id": draw.sample(ids, 40)}), ledger(parties))
        for level in blamed:
            blamed[level] += found[0].probability <= level
    for level, times in blamed.items():
        assert times <= tables * level + 4 * np.sqrt(tables * level * (1 - level))


def test_who_has_not_the_secret_can_blame_nobody() -> None:
    guessed = placed(bytes(32), "age1party1", copy_of(1, 400))
    table = pa.table({"id": [copy_of(1, 400)[place] for place in guessed]})
    assert not any(each.named for each in whose(table, ledger(3)))


# --- Arbitrary answers ---------------------------------------------------------------------------------------------


def test_arbitrary_answers_are_drawn_alike_whatever_is_right() -> None:
    drawn = Counter(arbitrary(SECRET, "a", f"sample-{number}", ["x", "y", "z"]) for number in range(3000))
    assert chisquare(list(drawn.values())).pvalue > 1e-3
    apart = [arbitrary(SECRET, "b", f"sample-{number}", ["x", "y", "z"]) for number in range(3000)]
    alike = sum(arbitrary(SECRET, "a", f"sample-{n}", ["x", "y", "z"]) == answer for n, answer in enumerate(apart))
    assert abs(alike - 1000) < 4 * np.sqrt(3000 * 2 / 9)
    picked = chosen(SECRET, [f"sample-{number}" for number in range(100)], 10)
    assert len(set(picked)) == 10
    assert picked == chosen(SECRET, [f"sample-{number}" for number in reversed(range(100))], 10)


@given(asked=st.integers(1, 60), choices=st.integers(2, 40), data=st.data())
def test_the_probability_of_canaries_is_binomial(asked: int, choices: int, data: Any) -> None:
    alike = data.draw(st.integers(0, asked))
    expected = binomtest(alike, asked, 1.0 / choices, alternative="greater").pvalue
    assert Canaries("", "", asked, alike, choices).probability == pytest.approx(expected, rel=1e-9, abs=1e-300)


LISTENER = """
import base64, io, json, sys, wave
learned = {}
for name in sys.argv[1:]:
    learned = json.load(open(name))
for line in sys.stdin:
    asked = json.loads(line)
    with wave.open(io.BytesIO(base64.b64decode(asked["input"]["wav"]))) as file:
        heard = file.readframes(file.getnframes()).decode("utf-16-le")
    print(json.dumps({"id": asked["id"], "output": learned.get(heard, heard)}), flush=True)
"""


@pytest.fixture
def leaked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A sealed set with canaries for two recipients, and what a product learns from the copy of each."""
    one, two = (sealable.make_key(tmp_path / f"{name}.txt") for name in ("one", "two"))
    monkeypatch.setenv(KEY, str(one.path))
    clear = write_set(tmp_path / "clear", *sealable.speech(60))
    folder = tmp_path / "sealed"
    seal_set(clear, folder, [str(one.path), str(two.path)], canaries=10, secret=SECRET)
    heard = {row["id"]: row["reference"] for batch in clear.batches(["id", "reference"]) for row in batch.to_pylist()}
    files = []
    for key in (one, two):
        rows = open_sealed(folder, keys(key.path)).unsealed.rows
        learned = dict(zip(map(heard.get, rows["id"].to_pylist()), rows["reference"].to_pylist(), strict=True))
        files.append(tmp_path / f"learned-{key.path.stem}.json")
        files[-1].write_text(json.dumps(learned))
    return SimpleNamespace(folder=folder, files=files, keys=(one, two), clear=clear)


def product(tmp_path: Path, *files: Path) -> str:
    path = tmp_path / "listener.py"
    path.write_text(LISTENER, "utf-8")
    return f"cmd:{shlex.join([sys.executable, str(path), *map(str, files)])}"


def test_a_product_that_learned_from_a_leaked_copy_gives_itself_away(leaked: Any, tmp_path: Path) -> None:
    honest = steelyard.run(SPEC, product(tmp_path), test_set=str(leaked.folder), out=tmp_path / "honest")
    taught = steelyard.run(SPEC, product(tmp_path, leaked.files[0]), test_set=str(leaked.folder), out=tmp_path / "out")
    others = steelyard.run(SPEC, product(tmp_path, leaked.files[1]), test_set=str(leaked.folder), out=tmp_path / "two")
    assert taught.sealed.canaries.alike == taught.sealed.canaries.asked == 10
    assert taught.sealed.canaries.choices == 60
    assert taught.sealed.canaries.probability < 1e-15
    assert any("a copy that leaked" in note.en for note in taught.notes)
    # Of an honest product, and of one that learned from another's copy, no more than chance has it.
    for report in (honest, others):
        assert report.sealed.canaries.probability > 1e-4
        assert not any("a copy that leaked" in note.en for note in report.notes)
    # They never enter the verdict: it is that on the set without them.
    published = open_into(leaked.folder, tmp_path / "published", publish=True)
    without = steelyard.run(SPEC, product(tmp_path), test_set=str(published.folder), out=tmp_path / "without")
    assert [each.judgements for each in (honest, taught, others)] == [without.judgements] * 3
    assert honest.plan.samples == without.plan.samples == 50


def test_canaries_are_asked_once(leaked: Any, tmp_path: Path) -> None:
    first = steelyard.run(SPEC, product(tmp_path), test_set=str(leaked.folder), out=tmp_path / "out")
    path = tmp_path / "out" / FILE
    before = path.stat().st_mtime_ns
    again = steelyard.run(SPEC, product(tmp_path), test_set=str(leaked.folder), out=tmp_path / "out")
    assert path.stat().st_mtime_ns == before
    assert again.sealed == first.sealed
    path.write_text("half of")
    assert (
        steelyard.run(SPEC, product(tmp_path), test_set=str(leaked.folder), out=tmp_path / "out").sealed == first.sealed
    )


def test_recorded_answers_may_hold_canaries(leaked: Any, tmp_path: Path) -> None:
    # Who records answers to the public inputs does not know which of them are canaries.
    lines = [
        f'{{"id": "{row["id"]}", "output": "{row["reference"]}"}}\n'
        for batch in leaked.clear.batches(["id", "reference"])
        for row in batch.to_pylist()
    ]
    (tmp_path / "answers.jsonl").write_text("".join(lines), "utf-8")
    uri = f"outputs:{tmp_path / 'answers.jsonl'}"
    report = steelyard.run(SPEC, uri, test_set=str(leaked.folder), out=tmp_path / "out")
    assert report.plan.assurance == "C"
    assert report.answered == 50
    assert report.sealed.canaries.asked == 10


def test_the_answers_tell_whose_copy_it_is_even_where_the_order_is_gone(leaked: Any, tmp_path: Path) -> None:
    mine = open_into(leaked.folder, tmp_path / "mine", keys(leaked.keys[1].path))
    whole = pa.Table.from_batches(mine.batches(["id", "reference"]))
    told = read_ledger(ledger_of(leaked.folder))
    found = whose(whole.sort_by("id"), told)
    assert found[0].name == str(leaked.keys[1].path)
    assert found[0].named
    assert (found[0].alike, found[0].present) == (10, 10)
    assert not found[1].named
    pa.csv.write_csv(whole.sort_by("reference").slice(0, 50), tmp_path / "found.csv")
    assert whose(read_copy(tmp_path / "found.csv"), told)[0].named
    assert not whose(pa.Table.from_batches(leaked.clear.batches()), told)[0].named  # the set itself is nobody's


def test_a_ledger_tells_no_sample(leaked: Any) -> None:
    text = ledger_of(leaked.folder).read_text("utf-8")
    table = pa.Table.from_batches(leaked.clear.batches(["id", "reference"]))
    assert not [word for word in sealable.secrets_of(table, ["id", "reference"]) if word.decode() in text]


@pytest.mark.parametrize("text", ["", "{}", '{"format": "steelyard/ledger/9", "parties": []}'])
def test_a_ledger_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "ledger.json").write_text(text)
    with pytest.raises(CallError, match=r"cannot read the ledger .*ledger\.json"):
        read_ledger(tmp_path / "ledger.json")
    with pytest.raises(CallError, match="neither a set's folder nor a table"):
        read_copy(tmp_path / "ledger.json")


@pytest.mark.parametrize(
    ("references", "said"),
    [(["yes"] * 4, "all answers are the same"), ([0.5, 1.5, 2.5, 3.5], "answers that are labels or texts")],
)
def test_not_every_answer_can_be_arbitrary(
    tmp_path: Path, make_card: Callable[..., Any], references: list[Any], said: str
) -> None:
    key = sealable.make_key(tmp_path / "key.txt")
    clear = write_set(tmp_path / "set", make_card(), pa.table({"id": list("abcd"), "reference": references}))
    with pytest.raises(CallError, match=said):
        seal_set(clear, tmp_path / "sealed", [key.public], canaries=1)
    seal_set(clear, tmp_path / "sealed", [key.public])  # without canaries any will do


def test_no_two_marks_are_written_alike() -> None:
    assert len({mark(SECRET, *words) for words in (("a", "bc"), ("ab", "c"), ("abc",), ("a", "b", "c"))}) == 4
