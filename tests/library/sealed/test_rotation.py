"""Versions that are drawn from a pool share no sample and no unit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.core.card import Card
from steelyard.core.errors import CallError, UnknownName
from steelyard.core.words import Words
from steelyard.library.sealed.rotation import Rotation, next_version, rotate
from steelyard.library.stored_set import StoredSet
from steelyard.library.writing import write_set

WORDS = Words("made for this test", "为本测试而造")


def pool_of(folder: Path, patients: list[int], devices: list[int] | None = None, **changes: object) -> StoredSet:
    count = len(patients)
    units = {"patient": WORDS} | ({} if devices is None else {"device": WORDS})
    card = Card("pool", "1", WORDS, "CC0-1.0", "made", "made", (), WORDS, units=units)
    columns: dict[str, object] = {
        "id": [f"sample-{number:03d}" for number in range(count)],
        "reference": ["yes", "no"] * (count // 2) + ["yes"] * (count % 2),
        "patient": [f"patient-{number}" for number in patients],
    }
    columns |= {} if devices is None else {"device": [f"device-{number}" for number in devices]}
    return write_set(folder, card, pa.table(columns | changes))


def held(opened: StoredSet, column: str) -> set[str]:
    return {value for batch in opened.batches([column]) for value in batch.column(0).to_pylist()}


@given(
    patients=st.lists(st.integers(0, 25), min_size=12, max_size=60),
    sizes=st.lists(st.integers(1, 8), min_size=1, max_size=6),
    seed=st.integers(0, 2**40),
)
@settings(max_examples=25)
def test_no_two_versions_share_a_sample_or_a_unit(
    tmp_path_factory: pytest.TempPathFactory, patients: list[int], sizes: list[int], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("pool")
    pool = pool_of(folder / "pool", patients)
    earlier: list[StoredSet] = []
    for number, size in enumerate(sizes):
        asked = Rotation("exam", next_version("exam", earlier), size, seed)
        assert asked.version == str(number + 1)
        used = {patient for each in earlier for patient in held(each, "patient")}
        if sum(f"patient-{patient}" not in used for patient in patients) < size:
            with pytest.raises(CallError, match="are left, not"):
                rotate(pool, folder / f"v{number}", asked, earlier)
            break
        made = rotate(pool, folder / f"v{number}", asked, earlier)
        assert made.drawn.card.samples >= size
        largest = max(map(patients.count, patients))
        assert made.drawn.card.samples < size + largest  # no more units than are needed
        assert made.left + made.used + made.drawn.card.samples == len(patients)
        for other in earlier:
            assert not held(other, "id") & held(made.drawn, "id")
            assert not held(other, "patient") & held(made.drawn, "patient")
        earlier.append(made.drawn)


def test_units_of_several_kinds_are_kept_apart_together(tmp_path: Path) -> None:
    # Patients 0 and 1 share a device, so do 2 and 3: four rows of each pair stand or fall together.
    pool = pool_of(tmp_path / "pool", [0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 0, 0, 1, 1, 1, 1])
    first = rotate(pool, tmp_path / "one", Rotation("exam", "1", 1), [])
    assert (first.drawn.card.samples, first.left, first.used) == (4, 4, 0)
    second = rotate(pool, tmp_path / "two", Rotation("exam", "2", 1), [first.drawn])
    assert not held(first.drawn, "device") & held(second.drawn, "device")
    by_patient = rotate(pool, tmp_path / "three", Rotation("exam", "1", 1, by=["patient"]), [])
    assert by_patient.drawn.card.samples == 2
    assert "patient whole" in by_patient.drawn.card.split_rule.en


def test_the_draw_hangs_on_seed_and_version_alone(tmp_path: Path) -> None:
    pool = pool_of(tmp_path / "pool", list(range(40)))
    drawn = [
        held(rotate(pool, tmp_path / str(number), Rotation("exam", version, 20, seed), []).drawn, "id")
        for number, (version, seed) in enumerate([("1", 0), ("1", 0), ("1", 1), ("2", 0)])
    ]
    assert drawn[0] == drawn[1]
    assert len({frozenset(each) for each in drawn}) == 3


def test_only_what_is_tested_is_drawn(tmp_path: Path) -> None:
    pool = pool_of(tmp_path / "pool", list(range(8)), split=["test", "training"] * 4)
    made = rotate(pool, tmp_path / "one", Rotation("exam", "1", 4), [])
    assert held(made.drawn, "id") == {f"sample-{number:03d}" for number in range(0, 8, 2)}
    assert made.drawn.card.splits == {"test": 4}


@pytest.mark.parametrize(
    ("asked", "kind", "said"),
    [
        (Rotation("exam", "2", 7), CallError, "4 samples of pool@1 are left, not 7: 4 are used up"),
        (Rotation("exam", "2", 0), CallError, "at least one"),
        (Rotation("exam", "1", 1), CallError, "was drawn already"),
        (Rotation("exam", "2", 1, by=["patiant"]), UnknownName, "Did you mean patient"),
    ],
)
def test_wrong_calls(tmp_path: Path, asked: Rotation, kind: type[CallError], said: str) -> None:
    pool = pool_of(tmp_path / "pool", list(range(8)))
    first = rotate(pool, tmp_path / "one", Rotation("exam", "1", 4), [])
    with pytest.raises(kind, match=said):
        rotate(pool, tmp_path / "two", asked, [first.drawn])
    assert not (tmp_path / "two").exists()


def test_an_earlier_version_must_say_its_units(tmp_path: Path, write_set: Callable[..., Path]) -> None:
    from steelyard.library import store

    pool = pool_of(tmp_path / "pool", list(range(8)), list(range(8)))
    with pytest.raises(UnknownName, match="unit in the earlier made@1"):
        rotate(pool, tmp_path / "two", Rotation("exam", "2", 1), [store.open_set(str(write_set(["positive"])))])
