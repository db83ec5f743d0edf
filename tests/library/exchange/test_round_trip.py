"""A set that goes out and comes in again is the same set, whatever the format."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.core.card import Card
from steelyard.core.errors import CallError, SetError
from steelyard.core.words import Words
from steelyard.library import exchange, store
from steelyard.library.adding import add_from
from steelyard.library.home import home
from steelyard.library.importing import write_checked
from steelyard.library.stored_set import StoredSet
from steelyard.library.writing import write_set

KINDS = ("features", "picture", "audio", "text", "lists", "answers", "odd-names")
FORMATS = exchange.names(written=True)
Make = Callable[[str], StoredSet]


def left() -> set[str]:
    return {str(path.relative_to(home())) for path in home().rglob("*")} if home().exists() else set()


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_goes_out_comes_in(kind: str, name: str, make_stored: Make, tmp_path: Path) -> None:
    stored = make_stored(kind)
    exchange.write(stored, tmp_path / "out", name)
    assert exchange.recognised(tmp_path / "out") == name
    added = add_from(tmp_path / "out")
    assert added.new
    assert added.stored.card == stored.card  # names, splits, counts and digests of samples and answers
    added.stored.verify()
    assert store.open_set(stored.card.label).card == stored.card
    assert store.open_set(str(tmp_path / "out")).card == stored.card
    assert not add_from(tmp_path / "out").new
    for product in stored.card.answers:
        assert added.stored.answers(product).equals(stored.answers(product))


@pytest.mark.parametrize("name", FORMATS)
def test_a_card_may_be_told_otherwise_but_not_its_columns(name: str, make_stored: Make, tmp_path: Path) -> None:
    from steelyard.library.foreign.description import Description

    stored = make_stored("audio")
    exchange.write(stored, tmp_path / "out", name)
    added = add_from(tmp_path / "out", Description(name="mine", version="2", title=Words("mine", "我的")))
    assert (added.stored.card.label, added.stored.card.digest) == ("mine@2", stored.card.digest)
    with pytest.raises(CallError, match="reference cannot be changed"):
        add_from(tmp_path / "out", Description(reference="speaker"))


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("name", FORMATS)
def test_any_text_and_numbers_come_back(name: str, make_card: Callable[..., Card], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 6))

    def column(each: st.SearchStrategy[Any]) -> list[Any]:
        return data.draw(st.lists(each, min_size=count, max_size=count))

    splits = [*column(st.sampled_from(["test", "training", "held out"]))[1:], "test"]
    samples = pa.table(
        {
            "id": data.draw(st.lists(text, min_size=count, max_size=count, unique=True)),
            "input": pa.array(column(text), pa.string()),
            "reference": pa.array(column(st.lists(numbers, max_size=3)), pa.list_(pa.float64())),
            "split": splits,
            "further": pa.array(column(st.none() | st.integers(-5, 5)), pa.int8()),
        }
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        stored = write_set(folder / "set", make_card(input={"type": "text"}), samples)
        exchange.write(stored, folder / "out", name)
        assert write_checked(folder / "again", exchange.read(folder / "out")).card == stored.card


@pytest.mark.parametrize("name", FORMATS)
def test_a_folder_that_holds_something_is_left_as_it_is(name: str, make_stored: Make, tmp_path: Path) -> None:
    stored = make_stored("text")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(CallError, match="exists already"):
        exchange.write(stored, tmp_path / "out", name)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["notes.txt"]


def test_what_a_format_cannot_carry_is_refused_and_leaves_nothing(
    make_card: Callable[..., Card], tmp_path: Path
) -> None:
    mixed = {"a b": "x", "a_b": "y", "test": "z"}
    table = {"id": list(mixed), "reference": list("pqr"), "split": list(mixed)}
    stored = write_set(tmp_path / "splits", make_card(name="splits"), pa.table(table))
    with pytest.raises(SetError, match="one name for two of its splits"):
        exchange.write(stored, tmp_path / "out", "hugging-face")
    assert [path.name for path in tmp_path.iterdir()] == ["splits"]
    for name in ("croissant", "steelyard"):  # these can
        exchange.write(stored, tmp_path / f"out-{name}", name)
        assert write_checked(tmp_path / f"in-{name}", exchange.read(tmp_path / f"out-{name}")).card == stored.card


@pytest.mark.parametrize("name", FORMATS)
def test_samples_that_are_others_than_the_card_says_leave_the_store_as_it_was(
    name: str, make_stored: Make, tmp_path: Path
) -> None:
    stored = make_stored("features")
    lying = StoredSet(stored.card, stored.folder)
    object.__setattr__(lying, "card", type(stored.card)(**vars(stored.card) | {"samples": 5}))
    exchange.write(lying, tmp_path / "out", name)
    before = left()
    with pytest.raises(SetError, match=r"says 5 samples|not what its card says"):
        add_from(tmp_path / "out")
    assert left() - before <= {"."}
