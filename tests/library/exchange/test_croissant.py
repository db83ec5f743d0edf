"""Croissant: what we write, `mlcroissant` finds valid and reads as we do; what others write is read, never obeyed."""

from __future__ import annotations

import io
import json
import runpy
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import steelyard
from steelyard.core.errors import CallError, SetError, SteelyardError
from steelyard.core.words import Words
from steelyard.library import exchange, store
from steelyard.library.adding import add_from
from steelyard.library.foreign.description import Description
from steelyard.library.home import home
from steelyard.library.stored_set import StoredSet

made = runpy.run_path(str(Path(__file__).parent / "conftest.py"))
column, table, png, wav, KINDS = (made[name] for name in ("column", "table", "png", "wav", "KINDS"))
Write = Callable[..., Path]
assert_mlcroissant_reads = runpy.run_path(str(Path(__file__).parent / "reading_with_mlcroissant.py"))[
    "assert_mlcroissant_reads"
]
ROWS = b"id,text,label\n1,good,yes\n2,bad,no\n"
FIELDS = [column("id"), column("text"), column("label")]


@pytest.fixture(name="own_store")
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("kind", KINDS)
def test_mlcroissant_reads_what_we_write(kind: str, make_stored: Callable[[str], StoredSet], tmp_path: Path) -> None:
    exchange.write(make_stored(kind), tmp_path / "out", "croissant")
    assert_mlcroissant_reads(tmp_path / "out", 10)


def test_the_card_stands_in_the_metadata_for_others_too(
    make_stored: Callable[[str], StoredSet], tmp_path: Path
) -> None:
    exchange.write(make_stored("audio"), tmp_path / "out", "croissant")
    written = json.loads((tmp_path / "out" / "croissant.json").read_text("utf-8"))
    assert written["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert written["license"] == "https://spdx.org/licenses/CC0-1.0"
    assert written["version"] == "1.0.0"
    assert written["description"].keys() == {"en", "zh"}
    kinds = {field["name"]: field["dataType"] for field in written["recordSet"][0]["field"]}
    assert kinds == {
        "id": "sc:Text",
        "input": "sc:AudioObject",
        "reference": ["sc:Text", "cr:Label"],
        "speaker": "sc:Text",
    }


def test_the_day_can_be_set_for_a_reproducible_export(
    make_stored: Callable[[str], StoredSet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    stored = make_stored("text")
    for name in "ab":
        exchange.write(stored, tmp_path / name, "croissant")
    first, second = ((tmp_path / name / "croissant.json").read_bytes() for name in "ab")
    assert first == second
    assert b'"1970-01-02"' in first


# --- Written by others ---------------------------------------------------------------------------------------------


def rows_of(stored: StoredSet) -> list[dict[str, Any]]:
    return [row for batch in stored.batches() for row in batch.to_pylist()]


@pytest.mark.usefixtures("own_store")
def test_a_set_described_by_a_croissant_file_alone_is_tested_with(croissant: Write) -> None:
    rows = [f"{n:02d},{n}.5,{n},{'MB'[n % 2]},p{n},breast cancer" for n in range(12)]
    lines = ["id,radius,texture,diagnosis,patient,disease", *rows]
    fields = [column("id"), column("radius", "sc:Float"), column("texture", "sc:Integer"), column("diagnosis")]
    path = croissant(
        {"rows.csv": "\n".join(lines).encode()}, [table()], [*fields, column("patient"), column("disease")]
    )
    with pytest.raises(CallError, match="which column holds the inputs") as caught:
        store.open_set(str(path))
    assert "--input" in str(caught.value.remedy)
    said = Description(
        input=("radius", "texture"),
        reference="diagnosis",
        means={"M": "positive", "B": "negative"},
        units={"patient": Words("patients", "受检者")},
        groups={"disease": Words("disease", "疾病")},
    )
    card = add_from(path, said).stored.card
    assert (card.label, card.licence, card.source) == ("ward-7@1.2.0", "CC-BY-4.0", "https://example.org/ward-7")
    assert card.methods == ("medical.diagnosis", "medical.probability")
    report = steelyard.run("miit-2017-315#medical", lambda _: "positive", test_set=card.label, out=home() / "run")
    assert (report.counts["missed"], report.counts["false_alarms"]) == (0, 6)


@pytest.mark.usefixtures("own_store")
def test_what_can_be_inferred_is_and_is_said(croissant: Write) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name in ("test/yes/1.wav", "test/no/2.wav", "train/yes/3.wav"):
            opened.writestr(name, wav(9))
    files = {"@type": "cr:FileSet", "@id": "sounds", "encodingFormat": "audio/wav", "includes": "*.wav"}
    files["containedIn"] = {"@id": "table"}

    def cut(name: str, pattern: str, kinds: Any) -> dict[str, Any]:
        extract = {"fileProperty": "fullpath"}
        return column(name, kinds, {"fileSet": {"@id": "sounds"}, "extract": extract, "transform": {"regex": pattern}})

    path = croissant(
        {"sounds.zip": archive.getvalue()},
        [table("sounds.zip", "application/zip"), files],
        [
            column("sound", "sc:AudioObject", {"fileSet": {"@id": "sounds"}, "extract": {"fileProperty": "content"}}),
            cut("word", "[^/]*/([^/]*)/.*", ["sc:Text", "cr:Label"]),
            cut("part", "([^/]*)/.*", ["sc:Text", "cr:Split"]),
        ],
    )
    stored = store.open_set(str(path))
    assert stored.card.input == {"type": "audio", "sample_rate": 16_000}
    assert stored.card.splits == {"test": 2, "training": 1}
    assert [(row["id"], row["reference"], row["split"]) for row in rows_of(stored)] == [
        ("0", "no", "test"),
        ("1", "yes", "test"),
        ("2", "yes", "training"),
    ]
    assert rows_of(stored)[0]["input"] == wav(9)
    assert stored.card.methods == ("speech.recognition", "speech.words")
    assert "ids: the rows' numbers" in str(stored.card.scope)
    assert "reference answers: column 'word'" in str(stored.card.scope)
    assert store.open_set(str(path)).folder == stored.folder  # it was kept by its content
    assert {str(path), str(path.parent / "sounds.zip")} <= set(
        stored.hidden()
    )  # where a product could read the answers
    assert str(path.parent) not in stored.hidden()


@pytest.mark.usefixtures("own_store")
def test_whatever_changes_makes_it_another(croissant: Write) -> None:
    path = croissant({"rows.csv": ROWS}, [table()], FIELDS)
    first = store.open_set(str(path))
    assert [row["reference"] for row in rows_of(first)] == ["yes", "no"]
    path = croissant({"rows.csv": ROWS.replace(b"bad,no", b"bad,yes")}, [table()], FIELDS)
    second = store.open_set(str(path))
    assert second.folder != first.folder
    assert [row["reference"] for row in rows_of(second)] == ["yes", "yes"]


@pytest.mark.usefixtures("own_store")
def test_records_that_stand_in_the_metadata(croissant: Write) -> None:
    fields = [{key: value for key, value in field.items() if key != "source"} for field in FIELDS]
    data = [{"rows/id": "1", "rows/text": "good", "rows/label": "yes"}]
    records = {"@type": "cr:RecordSet", "@id": "rows", "name": "rows", "field": fields, "data": data}
    stored = store.open_set(str(croissant({}, [], [], recordSet=[records])))
    assert rows_of(stored) == [{"id": "1", "input": "good", "reference": "yes"}]


@pytest.mark.usefixtures("own_store")
def test_a_file_from_elsewhere_is_taken_from_beside_if_it_has_the_digest(croissant: Write) -> None:
    elsewhere = table("https://example.org/data/rows.csv")
    stored = store.open_set(str(croissant({"rows.csv": ROWS}, [elsewhere], FIELDS)))
    assert len(rows_of(stored)) == 2
    path = croissant({"rows.csv": ROWS}, [elsewhere], FIELDS)
    (path.parent / "rows.csv").unlink()
    with pytest.raises(SetError, match=r"needs https://example\.org") as caught:
        store.open_set(str(path))
    assert "SHA-256" in str(caught.value.remedy)


@pytest.mark.usefixtures("own_store")
def test_fields_that_nobody_knows_are_kept_aside_and_named(croissant: Write) -> None:
    path = croissant({"rows.csv": ROWS}, [table()], FIELDS, **{"cr:loaderMood": "good", "favouriteColour": "blue"})
    notes = [note.en for note in add_from(path).notes]
    assert "fields that were not read: cr:loaderMood, favouriteColour" in notes


def bomb() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened, opened.open("rows.csv", "w") as file:
        for _ in range(300):
            file.write(bytes(2**20))
    return archive.getvalue()


def traversal() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("rows.csv", ROWS)
        opened.writestr("../../evil.csv", ROWS)
    return archive.getvalue()


def within(data: bytes) -> tuple[dict[str, bytes], list[Any]]:
    holder = table("a.zip", "application/zip") | {"@id": "holder"}
    inner = table() | {"containedIn": {"@id": "holder"}}
    del inner["sha256"]
    return {"a.zip": data}, [holder, inner]


def with_transform(**transform: Any) -> list[Any]:
    changed = json.loads(json.dumps(FIELDS))
    changed[1]["source"]["transform"] = transform
    return changed


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"name": value}
    return value


HOSTILE: dict[str, tuple[Any, str]] = {
    "a bomb in an archive": ((*within(bomb()), FIELDS, {}), "a bomb, most likely"),
    "a path out of an archive": ((*within(traversal()), FIELDS, {}), "leads out of it"),
    "half an archive": ((*within(traversal()[:-30]), FIELDS, {}), "no archive that can be read"),
    "a path out of the folder": (({"rows.csv": ROWS}, [table("../rows.csv")], FIELDS, {}), "outside of its folder"),
    "an absolute path": (({"passwd": ROWS}, [table("/etc/passwd")], FIELDS, {}), "outside of its folder"),
    "other bytes": (({"rows.csv": ROWS}, [table(sha256="0" * 64)], FIELDS, {}), "has sha256"),
    "no digest": (({"rows.csv": ROWS}, [table(sha256=None)], FIELDS, {}), "not valid Croissant"),
    "a repository": (
        ({}, [table("https://example.org/x", "git+https", sha256="main")], FIELDS, {}),
        "is a repository",
    ),
    "a program": (
        (
            {"rows.csv": ROWS, "load.py": b"1/0"},
            [table(), table("load.py", "text/x-python") | {"@id": "p"}],
            FIELDS,
            {},
        ),
        "names a program",
    ),
    "a wish to run code": (
        ({"rows.csv": ROWS}, [table()], FIELDS, {"trust_remote_code": True}),
        "run code from elsewhere",
    ),
    "a context from elsewhere": (
        ({"rows.csv": ROWS}, [table()], FIELDS, {"@context": "https://example.org/context.jsonld"}),
        "stands elsewhere",
    ),
    "a context within": (
        ({"rows.csv": ROWS}, [table() | {"@context": "https://example.org/context.jsonld"}], FIELDS, {}),
        "stands elsewhere",
    ),
    "a transform of another kind": (
        ({"rows.csv": ROWS}, [table()], with_transform(jsonPath="$.x"), {}),
        "a kind that is not applied here: json_path",
    ),
    "a transform that nobody knows": (
        ({"rows.csv": ROWS}, [table()], with_transform(regex="(.*)", **{"cr:python": "exit()"}), {}),
        "a kind that is not applied here: regex, cr:python",
    ),
    "a pattern that never ends elsewhere": (
        (
            {"rows.csv": b"id,text,label\n1," + b"a" * 5000 + b"!,yes\n"},
            [table()],
            with_transform(regex="((a+)+)$"),
            {},
        ),
        "does not fit",
    ),
    "no such column": (
        ({"rows.csv": ROWS.replace(b"text", b"txt")}, [table()], FIELDS, {}),
        "which the table lacks",
    ),
    "words where numbers should be": (
        ({"rows.csv": ROWS}, [table()], [column("id"), column("text", "sc:Float"), column("label")], {}),
        "is no number everywhere",
    ),
    "mixed encodings": (
        ({"rows.csv": ROWS + "3,好,yes\n".encode("gb18030")}, [table()], FIELDS, {}),
        "not UTF-8: byte 36, on line 4",
    ),
    "two samples with one id": (({"rows.csv": ROWS + b"2,x,no\n"}, [table()], FIELDS, {}), "1 id stands twice, '2'"),
    "a sample without a reference answer": (
        ({"rows.csv": ROWS + b"3,x,\n"}, [table()], FIELDS, {}),
        "row 2 has no ref",
    ),
    "no Croissant": (({}, [], [], {"@type": "sc:Person"}), "not valid Croissant"),
    "nested too deeply": (({}, [], [], {"creator": nested(70)}), "nested too deeply"),
    "no table": (
        ({"rows.csv": ROWS}, [table("rows.bin", "application/x-mystery", sha256="0" * 64)], FIELDS, {}),
        "no table that is read",
    ),
    "a card that is none": (({}, [], [], {"steelyard:card": {"name": "x"}}), "cannot read the card"),
    "several sources": (
        (
            {"rows.csv": ROWS, "more.csv": ROWS},
            [table(), table("more.csv") | {"@id": "more"}],
            [*FIELDS[:2], column("label", source={"fileObject": {"@id": "more"}, "extract": {"column": "label"}})],
            {},
        ),
        "Croissant: .*join|joins several sources",
    ),
}


@pytest.fixture
def untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is left in the store, nor beside it, whatever was tried."""
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    yield
    left = [path for path in (tmp_path / "home").rglob("*") if path.is_file()] if (tmp_path / "home").exists() else []
    assert left == []
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_or_wrong_is_refused(case: str, croissant: Write) -> None:
    (files, distribution, fields, changes), said = HOSTILE[case]
    distribution = [{key: value for key, value in node.items() if value is not None} for node in distribution]
    with pytest.raises(SteelyardError, match=f"(?s){said}") as caught:
        add_from(croissant(files, distribution, fields, **changes))
    assert caught.value.exit_code in (2, 12)
    assert any("\u4e00" <= character <= "\u9fff" for character in caught.value.what.zh)
    assert len(caught.value.what.en) < 3000


@pytest.mark.parametrize("name", ["../outside", "/", "..", "/etc/passwd", "linked", "within/.."])
def test_no_file_outside_of_the_folder_is_looked_at(name: str, croissant: Write, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("x")
    path = croissant({"rows.csv": ROWS}, [table(), table(name, sha256="0" * 64) | {"@id": "more"}], FIELDS)
    (path.parent / "linked").symlink_to("/")
    with pytest.raises(SetError, match="outside of its folder"):
        exchange.files(path, "croissant")


def test_a_link_in_a_named_folder_leads_nowhere_else(croissant: Write, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    path = croissant({"rows.csv": ROWS}, [table(), table("more", sha256="0" * 64) | {"@id": "more"}], FIELDS)
    (path.parent / "more").mkdir()
    (path.parent / "more" / "a").write_text("a")
    assert path.parent / "more" / "a" in exchange.files(path, "croissant")
    (path.parent / "more" / "b").symlink_to(tmp_path / "secret")
    with pytest.raises(SetError, match="outside of its folder"):
        exchange.files(path, "croissant")


def test_what_is_not_there_is_left_to_the_reader(croissant: Write) -> None:
    far = table("https://example.org/", sha256="0" * 64) | {"@id": "far"}
    path = croissant({"rows.csv": ROWS}, [table(), table("gone.csv", sha256="0" * 64) | {"@id": "gone"}, far], FIELDS)
    assert [each.name for each in exchange.files(path, "croissant")] == ["metadata.json", "rows.csv"]


@pytest.mark.usefixtures("untouched")
def test_a_card_that_lies_about_counts(make_stored: Callable[[str], StoredSet], tmp_path: Path) -> None:
    exchange.write(make_stored("features"), tmp_path / "out", "croissant")
    path = tmp_path / "out" / "croissant.json"
    written = json.loads(path.read_text("utf-8"))
    written["steelyard:card"] |= {"samples": 400, "splits": {"test": 200, "training": 200}}
    path.write_text(json.dumps(written), "utf-8")
    with pytest.raises(SetError, match="says 400 samples"):
        add_from(tmp_path / "out")


def test_without_mlcroissant_it_is_said_how_to_get_it(croissant: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mlcroissant", None)
    with pytest.raises(CallError, match=r"pip install 'steelyard\[exchange\]'"):
        exchange.read(croissant({"rows.csv": ROWS}, [table()], FIELDS))
