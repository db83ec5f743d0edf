"""A split keeps units together and strata even, and hangs on nothing but what was asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from steelyard.core.card import Card
from steelyard.core.errors import CallError, UnknownName
from steelyard.core.words import Words
from steelyard.library.splitting import Split, connected, split, write_split
from steelyard.library.store import open_set
from steelyard.library.writing import write_set

SHARES = {"training": 0.7, "validation": 0.1, "test": 0.2}


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=25))
def test_bundles_are_the_closure_of_what_rows_share(pairs: list[tuple[int, int]]) -> None:
    """Against the powers of the matrix that says which two rows share a speaker or a device."""
    codes = np.array(pairs)
    tied = (codes[:, None] == codes[None]).any(axis=2)
    for _ in pairs:
        tied = tied @ tied
    found = connected([codes[:, 0], codes[:, 1]], len(pairs))
    assert (tied == (found[:, None] == found[None])).all()
    assert set(found.tolist()) == set(range(len(set(found.tolist()))))


@given(st.lists(st.tuples(st.integers(0, 199), st.integers(0, 2)), min_size=400, max_size=600), st.integers(0, 5))
def test_shares_and_strata(rows: list[tuple[int, int]], seed: int) -> None:
    units, strata = np.array(rows).T
    bundles = connected([units], len(rows))
    names = [str(bundle) for bundle in range(int(bundles.max()) + 1)]
    assume(np.bincount(strata, minlength=3).min() >= 50)
    parts = split(bundles, strata, names, SHARES, seed)
    assert all(len(set(parts[bundles == bundle].tolist())) == 1 for bundle in range(len(names)))
    for stratum in range(3):
        shares = np.bincount(parts[strata == stratum], minlength=3) / (strata == stratum).sum()
        assert shares == pytest.approx([0.7, 0.1, 0.2], abs=0.06)
    assert (parts == split(bundles, strata, names, SHARES, seed)).all()
    assert (parts != split(bundles, strata, names, SHARES, seed + 1)).any()


@pytest.mark.parametrize("size", [10, 569, 1001])
def test_samples_one_by_one_are_apportioned_exactly(size: int) -> None:
    strata = np.arange(size) % 3
    parts = split(np.arange(size), strata, [str(row) for row in range(size)], SHARES, 1)
    for stratum in range(3):
        counts = np.bincount(parts[strata == stratum], minlength=3)
        assert np.abs(counts - counts.sum() * np.array([0.7, 0.1, 0.2])).max() < 1


@given(st.permutations(range(60)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    units, strata = np.arange(60) // 2, np.arange(60) % 3
    names = [f"p{unit}" for unit in range(30)]
    parts = split(units, strata, names, SHARES, 3)
    assert (split(units[order], strata[order], names, SHARES, 3) == parts[order]).all()


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ({"test": 1.0}, "two parts or more"),
        ({"a": 0.5, "b": 0.4}, "add up to 1"),
        ({"a": 1.5, "b": -0.5}, "add up to 1"),
        ({"a": 1.0, "b": 0.0}, "add up to 1"),
        ({"a": float("nan"), "b": 0.5}, "add up to 1"),
    ],
)
def test_shares_that_are_none(shares: dict[str, float], says: str) -> None:
    with pytest.raises(CallError) as caught:
        split(np.arange(10), np.zeros(10, np.int64), list("abcdefghij"), shares, 0)
    assert says in str(caught.value.remedy)


def test_units_that_are_too_large_are_said() -> None:
    with pytest.raises(CallError, match=r"test would hold 0.0% of the samples instead of 10.0%"):
        split(np.repeat([0, 1], 50), np.zeros(100, np.int64), ["a", "b"], {"training": 0.9, "test": 0.1}, 0)


@pytest.fixture
def folder(tmp_path: Path, card: Callable[..., Card], table: Callable[..., pa.Table]) -> Path:
    columns = {name: values * 20 for name, values in table().drop_columns(["id", "patient"]).to_pydict().items()}
    patients = [f"p{number // 2}" for number in range(120)]
    devices = [f"d{number // 12}" for number in range(120)]
    many = table(**columns, id=[f"s{number}" for number in range(120)], patient=patients, device=devices)
    made = card(units={"patient": Words("patients", "受检者"), "device": Words("devices", "设备")})
    write_set(tmp_path / "set", made, many)
    return tmp_path / "set"


def test_a_split_set_says_how(folder: Path, tmp_path: Path) -> None:
    asked = Split("cut", "2", {"training": 0.8, "test": 0.2}, stratify=["reference"], seed=7)
    write_split(open_set(str(folder)), tmp_path / "cut", asked)
    opened = open_set(str(tmp_path / "cut"))
    assert opened.card.label == "cut@2"
    assert opened.card.splits == {"test": 24, "training": 96}
    assert opened.card.split_rule is not None
    assert opened.card.split_rule.en == (
        "training 0.8, test 0.2; no patient, device in two parts; stratified by reference; seed 7; "
        f"from made-up@1 {open_set(str(folder)).card.digest}"
    )
    rows = pa.Table.from_batches(opened.batches()).to_pydict()
    for unit in ("patient", "device"):
        found = {(value, part) for value, part in zip(rows[unit], rows["split"], strict=True)}
        assert len(found) == len(set(rows[unit]))
    whole = pa.Table.from_batches(open_set(str(folder)).batches())
    assert pa.table(rows)["id"].to_pylist() == whole["id"].to_pylist()


def test_one_by_one_where_it_is_asked_for(folder: Path, tmp_path: Path) -> None:
    written = write_split(open_set(str(folder)), tmp_path / "cut", Split("cut", "1", {"a": 0.5, "test": 0.5}, by=[]))
    rows = pa.Table.from_batches(written.batches()).to_pydict()
    assert len({(value, part) for value, part in zip(rows["patient"], rows["split"], strict=True)}) > 60
    assert written.card.split_rule is not None
    assert "each sample by itself" in written.card.split_rule.en
    again = write_split(written, tmp_path / "again", Split("again", "1", {"b": 0.5, "test": 0.5}))
    assert set(again.card.splits) == {"b", "test"}  # a split that it had is replaced


def test_an_unknown_column(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean patient"):
        write_split(open_set(str(folder)), tmp_path / "cut", Split("cut", "1", SHARES, by=["patients"]))
    assert not (tmp_path / "cut").exists()
