"""What a product was trained on is not what it is tested on, as far as its card and the library can tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from steelyard.core.card import Card
from steelyard.core.errors import CallError, UnknownName
from steelyard.library import store
from steelyard.library.stored_set import StoredSet
from steelyard.library.training import found_apart
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


def test_what_has_no_inputs_cannot_be_compared(
    tested: StoredSet, tmp_path: Path, card: Callable[..., Card], table: Callable[..., pa.Table]
) -> None:
    store.add(write_set(tmp_path / "other", card(name="other", input=None), table(input=None)).folder)
    assert found_apart(tested, tested.positions("test"), ["other"]) == ()


def test_equal_inputs_of_another_set_are_refused(
    tested: StoredSet, tmp_path: Path, card: Callable[..., Card], table: Callable[..., pa.Table]
) -> None:
    rows = table(id=["u", "v", "w", "x", "y", "z"]).take([5, 1, 0])
    store.add(write_set(tmp_path / "other", card(name="other"), rows).folder)
    with pytest.raises(CallError, match="trained on other: 2 of the 3 inputs"):
        found_apart(tested, tested.positions("test"), ["other"])
    assert found_apart(tested, np.array([2, 3]), ["other@1#test"]) == ("other@1#test",)
