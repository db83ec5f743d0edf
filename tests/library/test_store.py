"""Sets are checked when they are written and whenever they are opened."""

from __future__ import annotations

import json
import math
import pickle
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard.core.card import Card
from steelyard.core.errors import CallError, SetError, SteelyardError, UnknownName
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.library.home import home
from steelyard.library.store import open_set
from steelyard.library.stored_set import StoredSet, file_digest
from steelyard.library.writing import write_set

MakeCard = Callable[..., Card]
MakeTable = Callable[..., pa.Table]


@pytest.fixture
def written(tmp_path: Path, card: MakeCard, table: MakeTable) -> Path:
    split = ["test", "training", "test", "training", "test", "test"]
    said = pa.table({"id": ["a", "c"], "output": ["positive", "negative"]})
    made = card(answers={"clinic": Words("a clinic", "一家诊所")})
    write_set(tmp_path / "set", made, table(split=split), {"clinic": said})
    return tmp_path / "set"


def test_what_was_written_is_read(written: Path, table: MakeTable) -> None:
    opened = open_set(str(written))
    assert opened.card.samples == 6
    assert opened.card.splits == {"test": 4, "training": 2}
    assert repr(opened.input) == "Features(size=2)"
    rows = pa.Table.from_batches(opened.batches(["id", "input", "reference"], 4))
    assert rows.equals(table().select(["id", "input", "reference"]))
    assert opened.answers("clinic").to_pydict() == {"id": ["a", "c"], "output": ["positive", "negative"]}
    assert store.card(str(written)) == opened.card
    assert store.card(str(written)).label == "made-up@1"


def test_codes_and_positions(written: Path) -> None:
    opened = open_set(str(written))
    codes, names = opened.codes("hospital")
    assert names == ["east", "north", "south"]  # sorted: the same whatever comes first
    assert codes.dtype == np.int64
    assert [names[code] for code in codes] == ["north", "south", "east"] * 2
    assert opened.codes("patient")[0].tolist() == [0, 0, 1, 2, 2, 3]
    assert opened.positions("test").tolist() == [0, 2, 4, 5]
    assert opened.positions("training").tolist() == [1, 3]
    with pytest.raises(UnknownName, match="Did you mean hospital"):
        opened.codes("hospitl")
    with pytest.raises(UnknownName, match="Did you mean test"):
        opened.positions("tests")
    with pytest.raises(UnknownName, match="Did you mean clinic"):
        opened.answers("clinics")


def test_text_of_any_kind_that_other_libraries_write_is_text(tmp_path: Path, card: MakeCard, table: MakeTable) -> None:
    plain = write_set(tmp_path / "plain", card(), table())
    large = pa.array(["a", "b", "c", "d", "e", "f"], pa.large_string())
    view = pa.array(["positive", "negative"] * 3, pa.string_view())
    assert write_set(tmp_path / "large", card(), table(id=large, reference=view)).card.digest == plain.card.digest


def test_a_bare_name_is_the_library_s_whatever_lies_in_the_working_folder(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.rename(written.parent / "wdbc")
    monkeypatch.chdir(written.parent)
    assert open_set("wdbc").card.samples == 569
    assert open_set("./wdbc").card.samples == 6


def test_without_a_split_all_samples_are_for_testing(tmp_path: Path, card: MakeCard, table: MakeTable) -> None:
    made = write_set(tmp_path / "set", card(), table())
    assert made.card.splits == {"test": 6}
    assert made.positions("test").tolist() == [0, 1, 2, 3, 4, 5]


def test_codes_do_not_depend_on_how_the_file_is_cut(tmp_path: Path, card: MakeCard, table: MakeTable) -> None:
    columns = {name: values * 20_000 for name, values in table().drop_columns("id").to_pydict().items()}
    many = table(**columns | {"id": [str(number) for number in range(120_000)]})
    opened = write_set(tmp_path / "set", card(), many)
    assert sum(1 for _ in opened.batches(["id"], 2**16)) > 1
    codes, names = opened.codes("patient")
    assert [names[code] for code in codes[[0, 1, 2, -1]]] == ["p1", "p1", "p2", "p4"]
    assert np.bincount(codes).tolist() == [40_000, 20_000, 40_000, 20_000]
    open_set(str(tmp_path / "set"))


NOT_THERE = pa.array(["a", None, "c", "d", "e", "f"])


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"id": ["a", "b", "c", "b", "a", "f"]}, "2 ids stand twice, 'a' first|2 ids stand twice, 'b' first"),
        ({"id": ["a", "b", "c", "d", "a", "f"]}, "1 id stands twice, 'a' first"),
        ({"id": NOT_THERE}, "row 1 has no id"),
        ({"id": [1, 2, 3, 4, 5, 6]}, "column 'id' must be text, not int64"),
        ({"reference": NOT_THERE}, "row 1 has no reference"),
        ({"reference": None}, "the table has no column 'reference'"),
        ({"patient": None}, "the table has no column 'patient'"),
        ({"input": None}, "the table has no column 'input'"),
        ({"hospital": NOT_THERE}, "row 1 has no hospital"),
        ({"hospital": [1.0] * 6}, "column 'hospital' must be text, not double"),
        ({"patient": list(range(6))}, "column 'patient' must be text, not int64"),
        ({"input": ["x"] * 6}, "inputs must be stored as list<.*double>, not string"),
        ({"input": [[1, 2]] * 6}, "inputs must be stored as list<.*double>, not list<.*int64>"),
        ({"input": [[0.0, 1.0]] * 5 + [[0.0, math.nan]]}, "row 5: input holds NaN or an infinity"),
        ({"input": [[0.0, 1.0], [math.inf, 0.0]] * 3}, "row 1: input holds NaN or an infinity"),
        ({"input": [[0.0, 1.0]] * 2 + [[-math.inf, 0.0]] * 4}, "row 2: input holds NaN or an infinity"),
        ({"input": [[0.0, 1.0]] * 3 + [[0.0, None]] * 3}, "row 3"),  # a number that is missing within
        ({"input": [[0.0, 1.0]] * 4 + [[0.0]] * 2}, r"row 4 \(e\)"),  # the card says two numbers
        ({"reference": [0.0, 1.0, math.nan] * 2}, "row 2: reference holds NaN or an infinity"),
        ({"reference": [True, False] * 3}, "reference"),  # a kind that has no digest
        ({"split": pa.array(["test", None, "test", "test", "test", "test"])}, "row 1 has no split"),
        ({"split": [1, 2] * 3}, "column 'split' must be text, not int64"),
        ({name: pa.array([], pa.string()) for name in ("id", "reference", "hospital", "patient")}
         | {"input": pa.array([], pa.list_(pa.float64()))}, "the set is empty"),
    ],
)  # fmt: skip
def test_what_is_not_as_the_card_says_is_refused_and_leaves_nothing(
    columns: dict[str, Any], says: str, tmp_path: Path, card: MakeCard, table: MakeTable
) -> None:
    with pytest.raises(SetError, match=says) as caught:
        write_set(tmp_path / "sets" / "set", card(), table(**columns))
    assert caught.value.exit_code == 12
    assert not (tmp_path / "sets").exists()


def test_a_failure_while_writing_leaves_nothing(tmp_path: Path, card: MakeCard, table: MakeTable) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_set(tmp_path / "set", card(), table(), {"clinic": Broken()})
    assert list(tmp_path.iterdir()) == []


def test_a_set_is_never_written_over(written: Path, card: MakeCard, table: MakeTable) -> None:
    with pytest.raises(CallError, match="exists already"):
        write_set(written, card(), table())
    open_set(str(written))


# --- Damage --------------------------------------------------------------------------------------------------------


def assert_evidence_is_refused(folder: Path) -> SteelyardError:
    with pytest.raises(SetError) as caught:
        open_set(str(folder))
    assert caught.value.exit_code == 12
    assert str(folder) in str(caught.value.what)
    assert caught.value.remedy is not None, "it does not say what to do"
    return caught.value


def test_a_changed_value_is_noticed(written: Path, card: MakeCard, table: MakeTable) -> None:
    write_set(written.parent / "other", card(), table(reference=["negative"] * 6))
    shutil.copy(written.parent / "other" / "samples.parquet", written / "samples.parquet")
    error = assert_evidence_is_refused(written)
    assert "not what its card says" in str(error.what)
    assert "remove it" in str(error.remedy)


def test_a_changed_card_digest_is_noticed(written: Path) -> None:
    path = written / "card.json"
    content = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(content | {"digest": "sha256:" + "0" * 64}), "utf-8")
    assert_evidence_is_refused(written)


@pytest.mark.parametrize("keep", [0, 3, 100, -1])
def test_a_truncated_file_is_noticed(keep: int, written: Path) -> None:
    path = written / "samples.parquet"
    path.write_bytes(path.read_bytes()[:keep])
    assert "samples.parquet" in str(assert_evidence_is_refused(written))


def test_a_missing_file_is_noticed(written: Path) -> None:
    (written / "samples.parquet").unlink()
    assert_evidence_is_refused(written)


def test_any_flipped_bit_changes_nothing_or_is_noticed(written: Path) -> None:
    """Where a flip hits what no reader looks at, the content is the same; else the set is refused, by its name."""
    path = written / "samples.parquet"
    whole = path.read_bytes()
    content = open_set(str(written)).card.digest
    refused, others = 0, {}
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x80]) + whole[place + 1 :])
        try:
            assert open_set(str(written)).card.digest == content
        except SetError as error:
            refused += error.remedy is not None
        except Exception as error:
            others[place] = repr(error)[:80]
    assert not others, f"{len(others)} of {len(whole)} places, {next(iter(others.items()))} first"
    assert refused > len(whole) / 4


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "null",
        "[]",
        '"card"',
        "{}",
        '{"name": "made-up"}',
        '{"groups": []}',
        '{"groups": {"hospital": "hospital"}}',
        '{"title": "Made up"}',
        '{"title": {"en": "Made up"}}',
        pytest.param("\udcff", id="not UTF-8"),
    ],
)
def test_a_card_that_cannot_be_read_is_named(content: str, written: Path) -> None:
    (written / "card.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(SetError, match=r"cannot read the card .*card\.json") as caught:
        open_set(str(written))
    assert caught.value.remedy is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"more": 1},  # a later version's card
        {"input": {"type": "featurs", "size": 2}},
        {"input": {"type": "features", "sise": 2}},
        {"methods": None},
        {"samples": 5},
        {"splits": {"test": 6}},  # the others would be tested too
        {"groups": {"region": {"en": "region", "zh": "地域"}}},  # a column that is not there
    ],
)
def test_a_card_of_another_kind_is_refused_and_no_crash(changes: dict[str, Any], written: Path) -> None:
    path = written / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")
    with pytest.raises(SteelyardError):
        assert open_set(str(written)).input


def test_recorded_answers_are_evidence_too(written: Path) -> None:
    """Another answer in the file would be another verdict, with no trace of it."""
    pq.write_table(pa.table({"id": ["a", "c"], "output": ["positive", "positive"]}), written / "answers-clinic.parquet")
    with pytest.raises(SetError):
        open_set(str(written)).answers("clinic")


@pytest.mark.parametrize("data", [None, b"", b"PAR1"])
def test_answers_that_cannot_be_read_are_named(data: bytes | None, written: Path) -> None:
    path = written / "answers-clinic.parquet"
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(SetError, match=r"answers-clinic\.parquet"):
        open_set(str(written)).answers("clinic")


# --- Sets of the library -------------------------------------------------------------------------------------------


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store that may be damaged."""
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_set_is_made_once_and_checked_each_time(own_home: Path) -> None:
    opened = open_set("wdbc")
    assert isinstance(opened, StoredSet)
    assert opened.folder == own_home / "sets" / "wdbc@1"
    made = (opened.folder / "samples.parquet").stat().st_mtime_ns
    assert (open_set("wdbc").folder / "samples.parquet").stat().st_mtime_ns == made
    (opened.folder / "samples.parquet").write_bytes(b"PAR1")
    assert_evidence_of_store_is_refused(opened.folder)


@pytest.mark.usefixtures("own_home")
def test_what_another_steelyard_made_of_a_recipe_is_set_aside_and_made_anew() -> None:
    """Its digests, or its reader, were others: the user of a new version finds the sets that the new one promises."""
    opened = open_set("wdbc")
    rows = pa.Table.from_batches(opened.batches())
    shutil.rmtree(opened.folder)
    earlier = write_set(opened.folder, opened.card, rows.slice(1)).card
    assert earlier.digest != opened.card.digest
    assert open_set("wdbc").card == opened.card
    open_set("wdbc").verify()
    aside = f".wdbc@1-{earlier.digest.removeprefix('sha256:')[:16]}"
    assert sorted(path.name for path in opened.folder.parent.iterdir()) == [aside, "wdbc@1"]
    assert StoredSet(earlier, opened.folder.with_name(aside)).card.samples == 568
    assert store.kept() == ["wdbc@1"]


@pytest.mark.usefixtures("own_home")
def test_a_store_whose_rows_are_not_those_of_its_card_is_refused() -> None:
    opened = open_set("wdbc")
    rows = pa.Table.from_batches(opened.batches())
    pq.write_table(rows.slice(1), opened.folder / "samples.parquet")
    assert_evidence_of_store_is_refused(opened.folder)


def assert_evidence_of_store_is_refused(folder: Path) -> None:
    with pytest.raises(SetError) as caught:
        open_set("wdbc")
    assert str(folder) in str(caught.value)
    assert "remove" in str(caught.value.remedy)


def test_bytes_that_were_verified_are_not_taken_apart_again(
    written: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not own_home.exists()
    kept = store.add(written).folder
    opened = open_set("made-up")
    with monkeypatch.context() as patch:
        patch.setattr(StoredSet, "verify", lambda _: pytest.fail("the rows were hashed again"))
        open_set("made-up")
        with pytest.raises(pytest.fail.Exception, match="hashed again"):
            open_set(str(written))  # a folder outside of the store may come from anybody
    written = kept
    (written / "verified.json").unlink()  # it saves time, and proves nothing
    open_set("made-up")
    rows = pa.Table.from_batches(opened.batches())
    pq.write_table(rows, written / "samples.parquet", compression="none")  # other bytes, the same rows
    open_set("made-up")
    for said in ("[]", "{", '{"samples.parquet": 1}'):
        (written / "verified.json").write_text(said)
        open_set("made-up").verify()


def test_rows_that_were_changed_and_called_verified_do_not_pass_a_verification(written: Path) -> None:
    rows = pa.Table.from_batches(open_set(str(written)).batches())
    changed = rows.set_column(rows.schema.get_field_index("patient"), "patient", pa.array(["p1"] * 6))
    pq.write_table(changed, written / "samples.parquet")
    said = json.loads((written / "verified.json").read_text())
    said["samples.parquet"][0] = file_digest(written / "samples.parquet")
    (written / "verified.json").write_text(json.dumps(said))
    with pytest.raises(SetError, match="samples' digest is"):
        open_set(str(written))
    with pytest.raises(SetError, match="samples' digest is"):
        store.add(written)


# --- Sets of one's own in the store ----------------------------------------------------------------------------------


def test_a_set_that_was_added_is_found_by_its_name(written: Path, own_home: Path) -> None:
    added = store.add(written)
    assert added.folder == own_home / "sets" / "made-up@1"
    assert "made-up@1" in store.names()
    for address in ("made-up", "made-up@1"):
        assert open_set(address).card == added.card == store.card(address)
    assert store.add(written) == added  # the same again is the same
    assert open_set("made-up").answers("clinic").num_rows == 2


def test_a_version_is_never_written_over(written: Path, own_home: Path, table: MakeTable, tmp_path: Path) -> None:
    before = store.add(written)
    other = write_set(tmp_path / "other", before.card, table())
    with pytest.raises(CallError, match="the store has another made-up@1") as caught:
        store.add(other.folder)
    assert "raise it" in str(caught.value.remedy)
    assert open_set("made-up").card == before.card
    write_set(tmp_path / "next", replace(before.card, version="2"), table())
    store.add(tmp_path / "next")
    assert store.names().count("made-up@1") == store.names().count("made-up@2") == 1
    with pytest.raises(CallError, match="several versions") as several:
        open_set("made-up")
    assert "made-up@1, made-up@2" in str(several.value.remedy)
    assert open_set("made-up@2").card.version == "2"
    with pytest.raises(UnknownName, match="Did you mean made-up@"):
        open_set("made-up@3")
    assert sorted(path.name for path in (own_home / "sets").iterdir()) == ["made-up@1", "made-up@2"]


@pytest.mark.parametrize(
    ("name", "version", "says"),
    [
        ("wdbc", "9", "the name of a recipe"),
        ("../out", "1", "cannot be a name"),
        ("a/b", "1", "cannot be a name"),
        ("a", "../1", "cannot be a name"),
        (".hidden", "1", "cannot be a name"),
        ("a@b", "1", "cannot be a name"),
        ("", "1", "cannot be a name"),
        ("a", "", "cannot be a name"),
        ("a\n", "1", "cannot be a name"),
    ],
)
def test_names_that_the_store_refuses(
    name: str, version: str, says: str, own_home: Path, tmp_path: Path, card: MakeCard, table: MakeTable
) -> None:
    write_set(tmp_path / "set", card(name=name, version=version), table())
    with pytest.raises(CallError, match=says):
        store.add(tmp_path / "set")
    assert not own_home.exists()


def test_a_set_that_is_not_what_its_card_says_is_not_added(written: Path, own_home: Path) -> None:
    said = json.loads((written / "card.json").read_text())
    (written / "card.json").write_text(json.dumps(said | {"samples": 7}))
    with pytest.raises(SetError, match="not what its card says"):
        store.add(written)
    assert not own_home.exists()


def test_the_version_of_a_recipe_can_be_said(own_home: Path) -> None:
    assert open_set("wdbc@1").folder == own_home / "sets" / "wdbc@1"
    with pytest.raises(UnknownName, match="Did you mean wdbc@1"):
        open_set("wdbc@2")


def test_an_unknown_set_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean wdbc"):
        open_set("wdcb")
    with pytest.raises(UnknownName, match="Did you mean wdbc"):
        store.card("wdcb")
    with pytest.raises(UnknownName, match=r"^There is no test set called 'wdbc@9'\.\n") as caught:
        open_set("wdbc@9")
    said = caught.value.remedy
    assert said == Words(
        "Did you mean wdbc@1 or wdbc? steelyard sets list shows all.",
        "是否指 wdbc@1 或 wdbc？全部测试集见 steelyard sets list。",
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(("name", "write"), [("here", "./here"), ("a set.csv", "'./a set.csv'"), ("h@1", "./h@1")])
def test_what_lies_here_is_offered_by_its_path(
    name: str, write: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    with pytest.raises(UnknownName, match="There is no test set called") as caught:
        open_set(name)
    assert caught.value.remedy is not None
    assert f"For what lies here, write {write}." in caught.value.remedy.en
    assert f"请写作 {write}。" in caught.value.remedy.zh


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"STEELYARD_HOME": "/a"}, "/a"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/steelyard"),
        ({"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/steelyard"),  # XDG: empty is unset
        ({"HOME": "/h"}, "/h/.cache/steelyard"),
    ],
)
def test_home(environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("STEELYARD_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert str(home()) == expected


def test_two_may_open_a_new_set_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A product that trains on a set starts while the bench opens the same one for the first time."""
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path))
    together = threading.Barrier(8, timeout=300)

    def opened(_: int) -> str:
        together.wait()
        return store.open_set("wdbc").card.digest

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(opened, range(8)))) == 1
    assert [path.name for path in (tmp_path / "sets").iterdir()] == ["wdbc@1"]


def test_many_may_add_a_set_at_once(written: Path, own_home: Path) -> None:
    together = threading.Barrier(8, timeout=300)

    def added(_: int) -> str:
        together.wait()
        return store.add(written).card.digest

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(added, range(8)))) == 1
    assert [path.name for path in (own_home / "sets").iterdir()] == ["made-up@1"]
    assert open_set("made-up").answers("clinic").num_rows == 2


def test_many_may_read_a_table_at_once(own_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,text,label\n1,a,yes\n2,b,no\n", "utf-8")
    together = threading.Barrier(8, timeout=300)

    def opened(_: int) -> str:
        together.wait()
        return open_set(str(path)).card.digest

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(opened, range(8)))) == 1
    assert len(list((own_home / "imported").iterdir())) == 1
