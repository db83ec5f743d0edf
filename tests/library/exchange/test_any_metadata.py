"""Whatever stands in metadata, a set is read or refused with a sentence, and nothing else happens."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import runpy
import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.core.errors import SteelyardError
from steelyard.library import exchange

made = runpy.run_path(str(Path(__file__).parent / "conftest.py"))
ROWS = b"id,text,label\n1,good,yes\n2,bad,no\n"
CROISSANT: dict[str, Any] = {
    "@context": made["CONTEXT"],
    "@type": "sc:Dataset",
    "name": "Ward 7",
    "conformsTo": "http://mlcommons.org/croissant/1.0",
    "license": "MIT",
    "version": "1.0.0",
    "distribution": [made["table"](sha256=hashlib.sha256(ROWS).hexdigest())],
    "recordSet": [
        {"@type": "cr:RecordSet", "@id": "rows", "field": [made["column"](name) for name in ("id", "text", "label")]}
    ],
}
HUGGING_FACE: dict[str, Any] = {
    "license": "mit",
    "pretty_name": "Rain",
    "configs": [{"config_name": "default", "data_files": [{"split": "test", "path": "rows.csv"}]}],
    "dataset_info": {
        "config_name": "default",
        "features": [{"name": "label", "dtype": {"class_label": {"names": {"0": "no"}}}}],
        "splits": [{"name": "test", "num_examples": 2}],
    },
}
JUNK = st.sampled_from(
    [None, True, 0, -1, 1e308, "", "x", "../x", "\0", "http://[", [], {}, [[]], {"@id": "rows"}, ["a", 1]]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every part of a value but the whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, each in items for found in [(*path, key), *places(each, (*path, key))]]


def changed(value: Any, data: st.DataObject) -> Any:
    """A value with one to three of its parts replaced by junk, taken out, or doubled."""
    value = copy.deepcopy(value)
    for _ in range(data.draw(st.integers(1, 3))):
        way = data.draw(st.sampled_from(sorted(places(value), key=str)))
        parent = value
        for key in way[:-1]:
            parent = parent[key]
        what = data.draw(st.sampled_from(["junk", "out", "double"]))
        if what == "junk":
            parent[way[-1]] = copy.deepcopy(data.draw(JUNK))
        elif what == "out":
            del parent[way[-1]]
        elif isinstance(parent, list):
            parent.append(copy.deepcopy(parent[way[-1]]))
        else:
            parent["another"] = copy.deepcopy(parent[way[-1]])
    return value


def read_or_refused(folder: Path, path: Path) -> None:
    before = sorted(each.name for each in folder.iterdir())
    with contextlib.suppress(SteelyardError):
        assert exchange.read(path).samples.num_rows
    assert sorted(each.name for each in folder.iterdir()) == before


@settings(max_examples=80)
@given(data=st.data())
def test_croissant(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "rows.csv").write_bytes(ROWS)
        (folder / "croissant.json").write_text(json.dumps(changed(CROISSANT, data)), "utf-8")
        read_or_refused(folder, folder / "croissant.json")


@settings(max_examples=150)
@given(data=st.data())
def test_hugging_face(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "rows.csv").write_bytes(ROWS)
        (folder / "README.md").write_text(f"---\n{yaml.safe_dump(changed(HUGGING_FACE, data))}---\n", "utf-8")
        read_or_refused(folder, folder / "README.md")
