"""What a product was trained on is not what it is tested on, as far as its card and the library can tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import steelyard
from steelyard.core.card import Card
from steelyard.core.errors import CallError, UnknownName
from steelyard.core.product_card import ProductCard
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.library.stored_set import StoredSet
from steelyard.library.training import found_apart, inputs_met
from steelyard.library.writing import write_set

SPLIT = ["test", "training", "test", "training", "validation", "test"]
PATIENTS = ["p1", "p2", "p3", "p2", "p3", "p4"]  # p3 is tested, and validated on


@pytest.fixture
def tested(
    tmp_path: Path, card: Callable[..., Card], table: Callable[..., pa.Table], monkeypatch: pytest.MonkeyPatch
) -> StoredSet:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    return write_set(tmp_path / "set", card(), table(split=SPLIT, patient=PATIENTS))


@pytest.mark.parametrize(
    ("trained_on", "apart"),
    [
        ([], ()),
        (["made-up@1#training"], ("made-up@1#training",)),
        (["LibriSpeech"], ()),  # words: there is nothing to compare
        (["no-such-set@3#training", "made-up#training"], ("made-up#training",)),
    ],
)
def test_what_shares_nothing_is_named(trained_on: list[str], apart: tuple[str, ...], tested: StoredSet) -> None:
    assert found_apart(tested, tested.positions("test"), trained_on) == apart


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("made-up@1#test", "3 of the 3 samples"),
        ("made-up@1", "3 of the 3 samples"),
        ("made-up@1#validation", "1 of the 3 patients"),
    ],
)
def test_samples_and_units_that_it_knows_are_refused(declared: str, says: str, tested: StoredSet) -> None:
    with pytest.raises(CallError, match=f"trained on {declared}: {says}"):
        found_apart(tested, tested.positions("test"), ["LibriSpeech", declared])


def test_a_split_that_a_set_here_does_not_have_is_no_free_word(tested: StoredSet) -> None:
    with pytest.raises(UnknownName, match="Did you mean training"):
        found_apart(tested, tested.positions("test"), ["made-up@1#trainin"])


@pytest.mark.parametrize(
    ("trained_on", "asked", "met"),
    [
        (["made-up@1#training"], [0, 2, 5], ["2 of the 3 inputs (67 %)"]),
        (["made-up#training"], [2, 5], ["1 of the 2 inputs (50 %)"]),  # 5 is new to it
        (["made-up@1#training"], [5], []),
        (["made-up@1#validation", "made-up@1#training"], [0, 2, 5], ["1 of the 3", "2 of the 3"]),
        (["LibriSpeech", "other@1#training", "made-up@2#training"], [0, 2, 5], []),
    ],
)
def test_equal_inputs_of_other_samples_are_counted_and_not_refused(
    trained_on: list[str],
    asked: list[int],
    met: list[str],
    tmp_path: Path,
    card: Callable[..., Card],
    table: Callable[..., pa.Table],
) -> None:
    values = [[0.0, 1.0], [0.0, 1.0], [2.0, -0.0], [2.0, -0.0], [0.0, 1.0], [2.0, 0.0]]  # the last one differs in a bit
    rows = table(split=SPLIT, patient=list("uvwxyz"), input=pa.array(values, pa.list_(pa.float64())))
    tested = write_set(tmp_path / "set", card(), rows)
    said = inputs_met(tested, np.array(asked), trained_on)
    assert [count in words.en and words.zh != words.en for count, words in zip(met, said, strict=True)] == [True] * len(
        met
    )
    apart = tuple(each for each in trained_on if each.startswith(("made-up@1", "made-up#")))
    assert found_apart(tested, np.array(asked), trained_on) == apart, "other samples of other units"


@pytest.mark.parametrize(
    ("trained_on", "says"),
    [
        (("ward@1#training",), ["4 of the 20 inputs (20 %) are equal, to the last bit, to inputs of ward@1#training"]),
        (("ward@1#validation",), []),
        ((), []),
        (None, []),
    ],
)
def test_the_report_says_so(
    trained_on: tuple[str, ...] | None, says: list[str], tmp_path: Path, card: Callable[..., Card]
) -> None:
    inputs = [[float(row), 0.0] for row in range(20)] + [[float(row), 0.0] for row in (0, 1, 2, 3, 90)] + [[91.0, 0.0]]
    rows = {
        "id": [f"{row}" for row in range(26)],
        "input": inputs,
        "reference": ["positive", "negative"] * 13,
        "disease": ["breast cancer"] * 26,
        "patient": [f"p{row}" for row in range(26)],
        "split": ["test"] * 20 + ["training"] * 5 + ["validation"],
    }
    groups = {"disease": Words("disease", "疾病")}
    write_set(tmp_path / "ward", card(name="ward", groups=groups), pa.table(rows))

    def never(_: list[float]) -> str:
        return "negative"

    report = steelyard.run(
        "miit-2017-315#medical",
        never,
        test_set=str(tmp_path / "ward"),
        out=tmp_path / "run",
        product_card=ProductCard("ward", "1", trained_on),
    )
    sentences = [each for each in report.non_claims if "holds none of these samples" in each.en]
    assert len(sentences) == bool(trained_on)
    for said in sentences:  # the report does not contradict itself
        assert ("samples by their ids, though some equal inputs (above); whether" in said.en) == bool(says)
        assert ("按编号比对不含本次所用样本，但含有相同的输入（见上文）；" in said.zh) == bool(says)
    met = [note for note in report.notes if "to the last bit" in note.en]
    assert [note.en[: len(said)] for note, said in zip(met, says, strict=True)] == says
    assert ["逐字节相同" in note.zh for note in met] == [True] * len(says)
    assert report.plan.trained_apart == (trained_on or ())


def test_what_is_read_in_many_batches_is_what_is_read_in_one(tmp_path: Path, card: Callable[..., Card]) -> None:
    count = 20_000  # three batches
    generator = np.random.Generator(np.random.Philox(5))
    values = generator.integers(0, 3000, count)
    split = np.array(["test", "training", "validation"])[generator.integers(0, 3, count)]
    rows = {
        "id": [f"{row}" for row in range(count)],
        "input": [[float(value), 0.0] for value in values],
        "reference": ["positive"] * count,
        "hospital": ["north"] * count,
        "patient": [f"p{row}" for row in range(count)],
        "split": split.tolist(),
    }
    tested = write_set(tmp_path / "set", card(), pa.table(rows))
    asked = tested.positions("test")[::3]
    expected = len([row for row in asked if values[row] in set(values[split == "training"].tolist())])
    (said,) = inputs_met(tested, asked, ["made-up@1#training"])
    assert said.en.startswith(f"{expected:,} of the {len(asked):,} inputs")


def test_what_has_no_inputs_cannot_be_compared(
    tested: StoredSet, tmp_path: Path, card: Callable[..., Card], table: Callable[..., pa.Table]
) -> None:
    silent = write_set(tmp_path / "other", card(name="other", input=None), table(input=None, split=SPLIT))
    store.add(silent.folder)
    assert inputs_met(silent, silent.positions("test"), ["other#training"]) == ()
    assert found_apart(tested, tested.positions("test"), ["other"]) == ()


def test_equal_inputs_of_another_set_are_refused(
    tested: StoredSet, tmp_path: Path, card: Callable[..., Card], table: Callable[..., pa.Table]
) -> None:
    rows = table(id=["u", "v", "w", "x", "y", "z"]).take([5, 1, 0])
    store.add(write_set(tmp_path / "other", card(name="other"), rows).folder)
    with pytest.raises(CallError, match="trained on other: 2 of the 3 inputs"):
        found_apart(tested, tested.positions("test"), ["other"])
    assert found_apart(tested, np.array([2, 3]), ["other@1#test"]) == ("other@1#test",)
