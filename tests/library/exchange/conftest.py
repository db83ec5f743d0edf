"""Small sets of every kind that formats carry differently."""

from __future__ import annotations

import hashlib
import io
import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image

from steelyard.core.words import Words
from steelyard.library.stored_set import StoredSet
from steelyard.library.writing import write_set

MakeCard = Callable[..., Any]
KINDS = ("features", "picture", "audio", "text", "lists", "answers", "odd-names")


def png(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (3, 2), shade).save(buffer, format="PNG")
    return buffer.getvalue()


def wav(count: int, rate: int = 16_000) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(range(2 * count)))
    return buffer.getvalue()


def contents(kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands in the card, and the columns."""
    ids = {"id": ["a", "b", "c", "d"]}
    speakers = {"units": {"speaker": Words("speakers", "说话人")}}
    if kind == "features":
        cells = pa.array([[1.0, 2.5], [0.0, -1.0], [1e300, 5e-324], [3.0, 4.0]], pa.list_(pa.float64()))
        mixed = ["test", "training", "test", "training"]
        return {"input": {"type": "features", "size": 2}}, ids | {
            "input": cells,
            "reference": ["positive", "negative", "positive", "negative"],
            "split": mixed,
        }
    if kind == "picture":
        cells = pa.array([png(10 * place) for place in range(4)], pa.binary())
        return {"input": {"type": "picture", "channels": 1}}, ids | {"input": cells, "reference": ["x", "y", "x", "y"]}
    if kind == "audio":
        cells = pa.array([wav(5 + place) for place in range(4)], pa.binary())
        said = {"reference": ["一", "二", "三", "四"], "speaker": ["s1", "s1", "s2", "s2"]}
        return {"input": {"type": "audio", "sample_rate": 16_000}} | speakers, ids | {"input": cells} | said
    if kind == "text":
        texts = ["", 'a,b\n"c"', "杆秤", "\u2028 tail "]
        return {"input": {"type": "text"}}, ids | {
            "input": texts,
            "reference": [1.5, 0.1, -2.0, 3.0],
            "split": ["test"] * 4,
        }
    if kind == "lists":
        answers = pa.array([[["a", "b"], []], [], [["c"]], [["d", ""]]], pa.list_(pa.list_(pa.string())))
        extra = pa.array([[1.0, 2.0], [], None, [3.0]], pa.list_(pa.float64()))
        return {"input": {"type": "text"}}, ids | {"input": list("wxyz"), "reference": answers, "scores": extra}
    if kind == "odd-names":
        columns = {
            "sex of patient": ["f", "m", "f", "m"],
            "年龄": ["1", "2", "1", "2"],
            "age-1": ["x"] * 4,
            "age 1": ["y"] * 4,
        }
        return {"input": None, "groups": {name: Words(name, name) for name in columns}}, ids | {
            "reference": ["p", "q", "p", "q"]
        } | columns
    return {"input": None}, ids | {
        "reference": ["p", "q", "p", "q"],
        "count": pa.array([1, None, 3, 4], pa.int32()),
        "file": pa.array([b"\0", b"\xff", b"", b"a"], pa.binary()),
    }


@pytest.fixture
def make_stored(tmp_path: Path, make_card: MakeCard) -> Callable[[str], StoredSet]:
    """Return a function that writes a small set of a kind."""

    def make(kind: str) -> StoredSet:
        said, columns = contents(kind)
        answers = {}
        if kind == "answers":
            said["answers"] = {"x-1.5": Words("a product", "一个产品"), "other": Words("another", "另一个")}
            answers = {name: pa.table({"id": ["a", "c"], "output": ["p", "q"]}) for name in said["answers"]}
        return write_set(tmp_path / "stored" / kind, make_card(name=f"made-{kind}", **said), pa.table(columns), answers)

    return make


@pytest.fixture
def croissant(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes foreign Croissant metadata over files, and gives the path of the metadata."""

    def write(files: dict[str, bytes], distribution: list[Any], fields: list[Any], **changes: Any) -> Path:
        folder = tmp_path / "foreign"
        folder.mkdir(exist_ok=True)
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        for node in distribution:
            if node.get("sha256") == "right":
                node["sha256"] = hashlib.sha256(files[node["contentUrl"].rpartition("/")[2]]).hexdigest()
        written = {
            "@context": CONTEXT,
            "@type": "sc:Dataset",
            "name": "Ward 7",
            "description": "Made for this test.",
            "conformsTo": "http://mlcommons.org/croissant/1.0",
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "url": "https://example.org/ward-7",
            "version": "1.2.0",
            "datePublished": "2026-01-02",
            "citeAs": "made",
            "distribution": distribution,
            "recordSet": [{"@type": "cr:RecordSet", "@id": "rows", "name": "rows", "field": fields}],
        } | changes
        path = folder / "metadata.json"
        path.write_text(json.dumps(written), "utf-8")
        return path

    return write


def column(name: str, kind: str = "sc:Text", source: Any = None, record_set: str = "rows") -> dict[str, Any]:
    """A field that is a column of the file ``table``, or has a source of its own."""
    where = source or {"fileObject": {"@id": "table"}, "extract": {"column": name}}
    return {"@type": "cr:Field", "@id": f"{record_set}/{name}", "name": name, "dataType": kind, "source": where}


def table(url: str = "rows.csv", encoding: str = "text/csv", **changes: Any) -> dict[str, Any]:
    """A file of a distribution; its digest is the right one."""
    return {
        "@type": "cr:FileObject",
        "@id": "table",
        "name": "table",
        "contentUrl": url,
        "encodingFormat": encoding,
        "sha256": "right",
    } | changes


CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The standard's, of 1.0."""
