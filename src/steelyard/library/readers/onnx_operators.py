"""Tests of ONNX operators: a model of one operator, its inputs, and what must come out."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

# Field numbers of onnx.proto (github.com/onnx/onnx).
GRAPH, OPSET_IMPORT = 7, 8
NODE = 1
OPERATOR, NODE_DOMAIN = 4, 7
SET_DOMAIN, SET_VERSION = 1, 2
VARINT, EIGHT_BYTES, SIZED, FOUR_BYTES = 0, 1, 2, 5
STANDARD = "ai.onnx"
"""Domain of operators whose domain is not written."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the tests; models, inputs and expected outputs are protobuf bytes (ModelProto; mostly TensorProto)."""
    import pyarrow as pa

    with zipfile.ZipFile(files["onnx-node-tests.zip"]) as packed:
        entries = {name: packed.read(name) for name in packed.namelist()}
    models = {name.split("/")[0]: data for name, data in entries.items() if name.endswith("/model.onnx")}
    names = sorted(models)
    asked = {name: _numbered(entries, f"{name}/test_data_set_0/input_") for name in names}
    due = {name: _numbered(entries, f"{name}/test_data_set_0/output_") for name in names}
    assert len(entries) == sum(1 + len(asked[name]) + len(due[name]) for name in names)
    operators = {name: _operator(models[name]) for name in names}
    blobs = pa.list_(pa.binary())
    return Contents(
        pa.table(
            {
                "id": pa.array(names),
                "model": pa.array([models[name] for name in names], pa.binary()),
                "inputs": pa.array([asked[name] for name in names], blobs),
                "reference": pa.array([due[name] for name in names], blobs),
                "operator": pa.array([operators[name][0] for name in names]),
                "domain": pa.array([operators[name][1] for name in names]),
                "opset": pa.array([operators[name][2] for name in names], pa.int64()),
            }
        )
    )


def _numbered(entries: Mapping[str, bytes], start: str) -> list[bytes]:
    """Return the files whose names begin so, by the number that follows."""
    found = {int(name[len(start) : -len(".pb")]): data for name, data in entries.items() if name.startswith(start)}
    assert sorted(found) == list(range(len(found)))
    return [found[number] for number in range(len(found))]


def _operator(model: bytes) -> tuple[str, str, int]:
    """Return the operator of a model that has one, its domain, and the version of the domain's set."""
    graph = next(value for number, value in _fields(model) if number == GRAPH)
    assert isinstance(graph, bytes)
    (node,) = (value for number, value in _fields(graph) if number == NODE)
    assert isinstance(node, bytes)
    about = dict(_fields(node))
    domain = _text(about.get(NODE_DOMAIN))
    versions = {}
    for number, value in _fields(model):
        if number == OPSET_IMPORT and isinstance(value, bytes):
            stated = dict(_fields(value))
            versions[_text(stated.get(SET_DOMAIN))] = stated[SET_VERSION]
    version = versions[domain]
    assert isinstance(version, int)
    return _text(about[OPERATOR]), domain or STANDARD, version


def _text(value: int | bytes | None) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else ""


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    r"""Yield the fields of a protobuf message: number, and value.

    Examples
    --------
    >>> list(_fields(b"\x08\x96\x01\x12\x02ab"))
    [(1, 150), (2, b'ab')]
    """
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue
        size, place = _varint(message, place) if kind == SIZED else ({EIGHT_BYTES: 8, FOUR_BYTES: 4}[kind], place)
        yield number, message[place : place + size]
        place += size


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and where it ends."""
    number = shift = 0
    while True:
        byte = message[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place
