"""A part of a set proves that it belongs to the whole, and nothing else proves it."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.cli.sets import split
from steelyard.core.card import Card
from steelyard.core.errors import CallError, SetError
from steelyard.core.words import Words
from steelyard.library import subsets
from steelyard.library.store import open_set
from steelyard.library.stored_set import StoredSet
from steelyard.library.subsets import check_proof, write_subset
from steelyard.library.writing import write_set


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, card: Callable[..., Card], table: Callable[..., pa.Table]
) -> StoredSet:
    split = ["test", "training", "test", "training", "test", "test"]
    said = pa.table({"id": ["a", "d", "c"], "output": ["positive"] * 3})
    made = card(answers={"clinic": Words("a clinic", "一家诊所")})
    return write_set(tmp_path_factory.mktemp("whole") / "set", made, table(split=split), {"clinic": said})


@given(rows=st.sets(st.integers(0, 5), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_part_belongs(rows: set[int], whole: StoredSet, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("part") / "set"
    chosen = np.array(sorted(rows))
    written = write_subset(whole, chosen, folder, "part")
    opened = open_set(str(folder))
    assert opened.card == written.card
    assert [batch.column(0).to_pylist() for batch in opened.batches(["id"])] == [
        ["abcdef"[row] for row in sorted(rows)]
    ]
    assert opened.answers("clinic")["id"].to_pylist() == [name for name in "adc" if "abcdef".index(name) in rows]
    found = check_proof(opened)
    assert found is not None
    assert (found.label, found.digest) == ("made-up@1", whole.card.digest)
    assert list(found.inclusion.places) == [0, *(chosen + 1)]


@pytest.fixture
def part(whole: StoredSet, tmp_path: Path) -> Path:
    write_subset(whole, whole.positions("test"), tmp_path / "part", "part")
    return tmp_path / "part"


def test_a_part_is_there_with_its_proof_or_not_at_all(
    whole: StoredSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(subsets, "prove", full)
    with pytest.raises(OSError, match="No space left"):
        write_subset(whole, whole.positions("test"), tmp_path / "part", "part")
    assert list(tmp_path.iterdir()) == []


def test_a_part_may_have_a_version_of_its_own(whole: StoredSet, tmp_path: Path) -> None:
    split.command(str(whole.folder), tmp_path / "part", only="test", version="7")
    opened = open_set(str(tmp_path / "part"))
    assert opened.card.label == "made-up-test@7"
    assert check_proof(opened) is not None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"by": ["id"]}, "--by: "),
        ({"stratify": ["reference"]}, "--stratify: "),
        ({"seed": 0}, "--seed: "),
        ({"by": ["id"], "seed": 3}, "--by, --seed: "),
    ],
)
def test_options_that_would_do_nothing(options: dict[str, Any], says: str, whole: StoredSet, tmp_path: Path) -> None:
    with pytest.raises(CallError, match=says) as caught:
        split.command(str(whole.folder), tmp_path / "part", only="test", **options)
    assert "--only 原样取出" in caught.value.what.zh
    assert not (tmp_path / "part").exists()


def test_a_whole_set_claims_nothing(whole: StoredSet) -> None:
    assert check_proof(whole) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": "sha256:" + "0" * 64},
        {"size": 8},
        {"size": 2**60},
        {"places": [[0, 1], [3, 3], [5, 5]]},
        {"places": [[0, 2**50]]},
        {"places": [[2, 1]]},
        {"places": [[-1, 3]]},
        {"places": 5},
        {"nodes": []},
        {"nodes": ["zz"]},
        {"set": None, "nodes": None},
        {"places": [[0, 1], [1, 1], [3, 3], [5, 6]]},
    ],
)
def test_a_proof_that_was_changed_is_refused(changes: dict[str, Any], part: Path) -> None:
    said = json.loads((part / "proof.json").read_text())
    (part / "proof.json").write_text(json.dumps(said | changes))
    with pytest.raises(SetError, match=r"of no use|does not belong"):
        check_proof(open_set(str(part)))


def test_other_samples_do_not_belong(
    part: Path, tmp_path: Path, card: Callable[..., Card], table: Callable[..., pa.Table]
) -> None:
    other = table(hospital=["west"] * 6, split=["test"] * 6).slice(0, 4)
    write_set(tmp_path / "other", card(name="part"), other)
    (tmp_path / "other" / "proof.json").write_bytes((part / "proof.json").read_bytes())
    with pytest.raises(SetError, match="does not belong to made-up@1"):
        check_proof(open_set(str(tmp_path / "other")))
