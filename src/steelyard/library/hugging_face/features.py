"""Columns as Hugging Face's ``datasets`` declares and stores them: class labels are numbers, media a struct."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.foreign.beside import beside

if TYPE_CHECKING:
    import pyarrow as pa

CLASS_LABEL = "class_label"
MEDIA = {"image": "image", "audio": "audio"}
Features = dict[str, tuple[str, Any]]
"""Of each column its kind, and what it is declared with: of a class label its names."""


def features_of(info: Mapping[str, Any], schema: pa.Schema) -> Features:
    """Return the features that the card declares, or else the table itself."""
    found: Features = {}
    for each in info["features"]:
        if "name" in each:
            found[str(each["name"])] = _declared(each)
    if not found:
        written = (schema.metadata or {}).get(b"huggingface", b"{}")
        try:
            features = json.loads(written).get("info", {}).get("features", {})
            found = {str(name): _typed(each) for name, each in features.items()}
        except (ValueError, AttributeError):
            found = {}
    return found


def _declared(feature: Mapping[str, Any]) -> tuple[str, Any]:
    kind = feature.get("dtype", "")
    if isinstance(kind, dict) and kind:
        name, parameters = next(iter(kind.items()))
        if name == CLASS_LABEL:
            names = parameters.get("names") if isinstance(parameters, dict) else None
            listed = list(names.values()) if isinstance(names, dict) else names
            return CLASS_LABEL, listed if isinstance(listed, list) else []
        return str(name), parameters
    return str(kind), None


def _typed(feature: Any) -> tuple[str, Any]:
    if not isinstance(feature, dict):
        return "", None
    kind = str(feature.get("_type", ""))
    if kind == "ClassLabel":
        return CLASS_LABEL, list(feature.get("names", []))
    return kind.lower(), None


def decoded(table: pa.Table, features: Features, folder: Path, path: Path) -> pa.Table:
    """Return a table with classes by their names, and sounds and pictures as their files' bytes.

    Raises
    ------
    SetError
        Where a label is outside of its classes, or a file is not there; the message names the row.
    """
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        kind, parameters = features.get(field.name, ("", None))
        column = table[field.name]
        if kind == CLASS_LABEL and pa.types.is_integer(field.type):
            column = _names(column, parameters, field.name, path)
        elif _is_media(field.type):
            column = _bytes(column, folder, path)
            if kind not in MEDIA:
                features[field.name] = (_guess(column), None)
        else:
            continue
        table = table.set_column(place, field.name, column)
    return table.replace_schema_metadata()


def _is_media(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_struct(kind) and {kind.field(place).name for place in range(kind.num_fields)} == {
        "bytes",
        "path",
    }


def _guess(column: pa.ChunkedArray) -> str:
    first = next((each for each in column.to_pylist() if each), b"")
    return "audio" if first[:4] in (b"RIFF", b"fLaC", b"OggS", b"ID3\x03") else "image"


def _names(column: pa.ChunkedArray, names: list[Any], name: str, path: Path) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = column.cast(pa.int64())
    outside = pc.or_(pc.less(column, -1), pc.greater_equal(column, len(names)))
    row = pc.index(outside, True).as_py()
    if row >= 0:
        raise SetError(
            Words(
                f"{path}: row {row} has {name} {column[row].as_py()}, and there are {len(names)} classes.",
                f"{path}：第 {row} 行 {name} 为 {column[row].as_py()}，而类别共 {len(names)} 个。",
            ),
            Words("Mend the row, or the names of the classes.", "请更正该行或类别名称。"),
        )
    places = pc.if_else(pc.equal(column, -1), None, column)  # -1: nobody said
    return pc.take(pa.array([str(each) for each in names], pa.string()), places)


def _bytes(column: pa.ChunkedArray, folder: Path, path: Path) -> pa.ChunkedArray:
    import pyarrow as pa

    if not len(column):
        return pa.chunked_array([pa.array([], pa.binary())])
    chunks = []
    for chunk in column.chunks:
        data, names = chunk.field("bytes"), chunk.field("path")
        if data.null_count or chunk.null_count:
            files = zip(chunk.is_valid().to_pylist(), data.to_pylist(), names.to_pylist(), strict=True)
            read = [
                each if each is not None or not valid or name is None else beside(folder, name, path).read_bytes()
                for valid, each, name in files
            ]
            data = pa.array(read, pa.binary())
        chunks.append(data.cast(pa.binary()))
    return pa.chunked_array(chunks, pa.binary())
