"""Plain tables: cells as they are written, and columns that are asked for where nobody can tell."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard.core.errors import CallError, SetError, SteelyardError, UnknownName
from steelyard.core.words import Words
from steelyard.library import exchange
from steelyard.library.foreign.description import Description, read_description
from steelyard.library.foreign.making import Incoming
from steelyard.library.importing import write_checked

made = runpy.run_path(str(Path(__file__).parent / "conftest.py"))
png, wav = made["png"], made["wav"]


def read(path: Path, data: bytes, **said: Any) -> Incoming:
    path.write_bytes(data)
    return exchange.read(path, Description(**said))


def test_cells_stay_as_they_are_written(tmp_path: Path) -> None:
    data = '\ufeffid,text,label,note\n007,"a, ""b""\nc",1.0,\n008,,0,NA\n'.encode()
    incoming = read(tmp_path / "Rain 1.csv", data)
    with pytest.raises(SetError, match="row 1 has no input"):
        write_checked(tmp_path / "set", incoming)
    rows = incoming.samples.to_pylist()
    assert rows == [
        {"id": "007", "input": 'a, "b"\nc', "reference": "1.0", "note": None},
        {"id": "008", "input": None, "reference": "0", "note": "NA"},
    ]


@pytest.mark.parametrize(
    ("encoding", "likely"), [("gb18030", "GB18030"), ("utf-16", "UTF-16"), ("utf-16-be", "UTF-16")]
)
def test_another_encoding_is_named_with_what_mends_it(encoding: str, likely: str, tmp_path: Path) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    with pytest.raises(SetError, match=r"x\.csv is not UTF-8: byte \d+, on line \d") as caught:
        read(tmp_path / "x.csv", f"{mark}id,text,label\n1,杆秤,x\n".encode(encoding))
    assert f"iconv -f {likely} -t UTF-8 x.csv" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", b"id,text,label\n1,a,b\n"),
        ("x.tsv", b"id\ttext\tlabel\r\n1\ta\tb\r\n"),
        ("x.jsonl", b'{"id": 1, "text": "a"}\n'.replace(b"}", b', "label": "b"}') + b"\n"),
        ("x.ndjson", b'\xef\xbb\xbf{"id": 1, "text": "a", "label": "b"}'),
    ],
)
def test_every_kind_of_table(name: str, data: bytes, tmp_path: Path) -> None:
    incoming = read(tmp_path / name, data)
    assert incoming.samples.to_pylist() == [{"id": "1", "input": "a", "reference": "b"}]
    assert incoming.card.licence == "NOASSERTION"


def test_parquet_with_what_a_set_cannot_hold(tmp_path: Path) -> None:
    table = pa.table(
        {
            "uid": [1.0, 2.0],
            "features": pa.array([[1, 2], [3, 4]], pa.list_(pa.int16(), 2)),
            "target": [True, False],
            "colour": pa.array(["red", "blue"]).dictionary_encode(),
            "when": pa.array([0, 86_400_000], pa.timestamp("ms")),
            "thing": [{"a": 1}, {"a": 2}],
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    incoming = exchange.read(tmp_path / "x.parquet", Description(groups={"colour": Words("colour", "颜色")}))
    assert incoming.card.input == {"type": "features", "size": 2}
    assert incoming.samples.to_pylist()[1] == {
        "id": "2",
        "input": [3.0, 4.0],
        "reference": "false",
        "colour": "blue",
        "when": "1970-01-02 00:00:00.000",
    }
    assert any("'thing'" in note.en for note in incoming.notes)


def test_paths_of_sounds_and_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(3))
    (tmp_path / "a.png").write_bytes(png(3))
    sounds = read(tmp_path / "x.csv", b"file,answer\na.wav,hello\n", input=("file",), type="audio")
    assert sounds.samples["input"].to_pylist() == [wav(3)]
    pictures = read(tmp_path / "x.csv", b"file,answer\na.png,cat\n", input=("file",), type="picture:1")
    assert pictures.samples["input"].to_pylist() == [png(3)]
    with pytest.raises(SetError, match="outside of its folder"):
        read(tmp_path / "x.csv", b"file,answer\n../a.wav,hello\n", input=("file",), type="audio")
    with pytest.raises(SetError, match=r"there is no .*b\.wav"):
        read(tmp_path / "x.csv", b"file,answer\nb.wav,hello\n", input=("file",), type="audio")


def test_numbers_that_no_integer_holds_are_text_as_they_are(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"id": [1.0, 1e300, float("inf")], "text": ["a", "b", "c"], "label": ["x", "y", "x"]}),
        tmp_path / "x.parquet",
    )
    incoming = exchange.read(tmp_path / "x.parquet", Description())
    assert incoming.samples["id"].to_pylist() == ["1", "1e+300", "inf"]


def test_a_split_that_is_left_out_is_said(tmp_path: Path) -> None:
    incoming = read(tmp_path / "x.csv", b"text,label,split\na,b,test\na,c,dev\n", split="none")
    assert "split" not in incoming.samples.column_names
    assert any("'split' was left out" in note.en and "未保留" in note.zh for note in incoming.notes)
    assert not any("'split'" in note.en for note in read(tmp_path / "y.csv", b"text,label\na,b\n", split="none").notes)


def test_recorded_answers_only(tmp_path: Path) -> None:
    incoming = read(tmp_path / "x.csv", b"id,answer\n1,hello\n", input=("none",), methods=("speech.recognition",))
    assert incoming.card.input is None
    assert incoming.samples.column_names == ["id", "reference"]


WRONG: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "no input": (b"id,label\n1,a\n", {}, "which column holds the inputs; no column says so"),
    "two inputs": (b"text,audio,label\na,b,c\n", {}, "2 columns may be: text, audio"),
    "no reference": (b"id,text\n1,a\n", {}, "which column holds the reference answers"),
    "a column that is not there": (b"text,label\na,b\n", {"reference": "lable"}, "Did you mean label"),
    "a group that is not there": (b"text,label\na,b\n", {"groups": {"sex": Words("s", "s")}}, "group or unit column"),
    "a value that nobody gave": (b"text,label\na,M\n", {"means": {"N": "positive"}}, "no value of label called 'N'"),
    "no number": (b"x,y,label\n1,zwei,a\n", {"input": ("x", "y")}, "'y' holds what is no number"),
    "a number that lacks": (b"x,y,label\n1,,a\n", {"input": ("x", "y")}, "column 'y' lacks 1 numbers"),
    "a folder for a sound": (b"file,label\n.,a\n", {"input": ("file",), "type": "audio"}, "which is no file"),
    "a type that nobody knows": (b"text,label\na,b\n", {"type": "sound"}, "no data type of inputs called 'sound'"),
    "a type with a wrong number": (b"text,label\na,b\n", {"type": "audio:x"}, "'audio:x' is no data type"),
    "a split that is not there": (b"text,label,split\na,b,test\n", {"test": "tset"}, "Did you mean test"),
    "rows of different lengths": (b"text,label\na,b\na,b,c\n", {}, "cannot read the table"),
    "names that repeat": (b"text,text\na,b\n", {}, "its columns must have names, each its own"),
    "nothing": (b"", {}, "cannot read the table"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said(case: str, tmp_path: Path) -> None:
    data, said, expected = WRONG[case]
    with pytest.raises(SteelyardError) as caught:
        read(tmp_path / "x.csv", data, **said)
    assert expected in str(caught.value)
    assert caught.value.exit_code in (2, 12)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"text": 1}\n{"text": "a"}\n', "cannot read the table"),
        (b'{"text": "a"}\n{"text":\n', "line 2"),
        (b"[1]\n", "line 1 is no object"),
        (b"\n\n", "has no rows"),
    ],
)
def test_lines_that_are_wrong(data: bytes, expected: str, tmp_path: Path) -> None:
    with pytest.raises(SetError, match=expected):
        read(tmp_path / "x.jsonl", data)


def test_a_path_that_is_no_set(tmp_path: Path) -> None:
    (tmp_path / "x.doc").write_bytes(b"x")
    with pytest.raises(CallError, match="no set in a format that is known") as caught:
        exchange.read(tmp_path / "x.doc")
    assert "croissant" in str(caught.value.remedy)
    with pytest.raises(CallError, match="there is no"):
        exchange.read(tmp_path / "y.csv")
    with pytest.raises(UnknownName, match="Did you mean croissant"):
        exchange.find("croisant")


def test_a_description_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(
        'name = "rain"\ninput = ["x", "y"]\nreference = "z"\nunits = ["patient"]\n'
        '[means]\nM = "positive"\n[groups.sex]\nen = "sex"\nzh = "性别"\n[title]\nen = "Rain"\nzh = "雨"\n',
        "utf-8",
    )
    said = read_description(path)
    assert said.groups == {"sex": Words("sex", "性别")}
    assert said.units == {"patient": Words("patient", "patient")}
    assert Description(reference="w", means={}).over(said).reference == "w"
    assert Description().over(said) == said
    for wrong, expected in (
        ('nmae = "x"', "Did you mean name"),
        ("name = 1", "name must be text"),
        ("a b", "cannot read"),
    ):
        path.write_text(wrong, "utf-8")
        with pytest.raises(CallError, match=expected):
            read_description(path)
