"""The digest of a set is the Merkle root of its rows: not of its batches, nor of how Arrow happens to hold them."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from steelyard.core.errors import SetError
from steelyard.core.merkle import leaf_hash, root
from steelyard.library import _leaves
from steelyard.library._leaves import content_digest, leaves

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
NUMBER = st.floats(allow_nan=False)
KINDS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "text": (pa.string(), TEXT),
    "bytes": (pa.binary(), st.binary(max_size=4)),
    "number": (pa.float64(), NUMBER),
    "integer": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "numbers": (pa.list_(pa.float64()), st.lists(NUMBER | st.none(), max_size=3)),
    "texts": (pa.list_(pa.string()), st.lists(TEXT, max_size=3)),
    "series": (pa.list_(pa.list_(pa.int64())), st.lists(st.lists(st.integers(0, 3), max_size=2), max_size=2)),
}
SCHEMA = pa.schema([(name, kind) for name, (kind, _) in KINDS.items()])
ROW = st.fixed_dictionaries({name: values | st.none() for name, (_, values) in KINDS.items()})
ROWS = st.lists(ROW, min_size=1, max_size=8)


def table_of(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), SCHEMA)


def cell(kind: str, value: Any) -> bytes:
    """A cell as the module's text describes it, by the plainest means."""
    if value is None:
        return bytes(9)
    flag, data = 1, b""
    number = {"double": "<d", "int64": "<q"}
    if kind == "text":
        data = value.encode()
    elif kind == "bytes":
        data = value
    elif kind in number:
        data = struct.pack(number[kind], value)
    elif (inner := kind.removeprefix("list of ")) in number:
        data = b"".join(struct.pack(number[inner], item or 0) for item in value)
        if None in value:
            flag, data = 2, data + bytes(item is not None for item in value)
    else:
        data = b"".join(cell(inner, item) for item in value)
    return struct.pack("<BQ", flag, len(data)) + data


@pytest.mark.parametrize("joined", [0, 10**9])
@given(ROWS)
def test_leaves_are_as_described(joined: int, rows: list[dict[str, Any]]) -> None:
    kinds = {"text": "text", "bytes": "bytes", "number": "double", "integer": "int64"}
    kinds |= {"numbers": "list of double", "texts": "list of text", "series": "list of list of int64"}
    names = sorted(kinds)
    first = json.dumps([[name, kinds[name]] for name in names], separators=(",", ":")).encode()
    described = [first, *(b"".join(cell(kinds[name], row[name]) for name in names) for row in rows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_leaves, "JOINED", joined)
        assert b"".join(leaves(table_of(rows).to_batches())) == b"".join(map(leaf_hash, described))
        assert (
            content_digest(table_of(rows).to_batches()) == f"sha256:{root(b''.join(map(leaf_hash, described))).hex()}"
        )


@pytest.mark.parametrize("kind", [pa.float32(), pa.int8(), pa.uint16(), pa.int32()])
def test_numbers_of_any_width(kind: pa.DataType) -> None:
    column = pa.array([1, None, 3], kind)
    format_ = {4: "<f" if kind == pa.float32() else "<i", 1: "<b", 2: "<H"}[kind.bit_width // 8]
    size = kind.bit_width // 8
    cells = [struct.pack("<BQ", 1, size) + struct.pack(format_, value) for value in (1, 3)]
    first = f'[["a","{kind}"]]'.encode()
    expected = [first, cells[0], bytes(9), cells[1]]
    assert b"".join(leaves(pa.table({"a": column}).to_batches())) == b"".join(map(leaf_hash, expected))


def cut(table: pa.Table, places: Sequence[int]) -> Iterator[pa.RecordBatch]:
    edges = [0, *sorted(min(place, table.num_rows) for place in places), table.num_rows]
    for start, stop in pairwise(edges):
        yield from table.slice(start, stop - start).to_batches()


@given(ROWS, st.lists(st.integers(0, 8), max_size=4))
def test_cuts_do_not_matter(rows: list[dict[str, Any]], places: list[int]) -> None:
    table = table_of(rows)
    whole = content_digest(table.to_batches())
    assert content_digest(cut(table, places)) == whole
    # Rows that stand in the middle of greater buffers, and chunks of their own.
    padded = pa.concat_tables([table.slice(0, 1), table, table.slice(0, 1)]).combine_chunks().slice(1, len(rows))
    assert content_digest(padded.to_batches()) == whole
    assert content_digest(batch for row in rows for batch in table_of([row]).to_batches()) == whole


@given(ROWS, st.data())
def test_any_other_value_makes_another_digest(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(list(KINDS)))
    other = data.draw(KINDS[name][1] | st.none())
    assume(repr(other) != repr(rows[place][name]))  # −0.0 is another number than 0.0
    changed = [row | {name: other} if at == place else row for at, row in enumerate(rows)]
    assert content_digest(table_of(changed).to_batches()) != content_digest(table_of(rows).to_batches())


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_matters(rows: list[dict[str, Any]], random: Any) -> None:
    order = random.sample(rows, len(rows))
    same = [repr(row) for row in order] == [repr(row) for row in rows]
    assert (content_digest(table_of(order).to_batches()) == content_digest(table_of(rows).to_batches())) is same


def test_bytes_that_move_from_one_row_to_the_next_are_noticed() -> None:
    digests = {
        content_digest(pa.table({name: values}).to_batches())
        for name, values in [
            ("a", ["xy", ""]),
            ("a", ["x", "y"]),
            ("b", ["x", "y"]),  # a column's name is content
            ("a", [b"x", b"y"]),  # and so is its kind
            ("a", ["x", "y", None]),
            ("a", ["x", None, "y"]),
            ("a", [["x", "y"]]),
            ("a", [["x"], ["y"]]),
        ]
    }
    assert len(digests) == 8


@given(rows=ROWS)
def test_a_file_of_any_making_gives_the_same(rows: list[dict[str, Any]], parquet: Path) -> None:
    table = table_of(rows)
    for options in ({}, {"compression": "zstd", "row_group_size": 2, "use_dictionary": False, "version": "1.0"}):
        pq.write_table(table, parquet, **options)
        with pq.ParquetFile(parquet) as file:
            assert content_digest(file.iter_batches(3)) == content_digest(table.to_batches())


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("content") / "table.parquet"


def test_a_kind_without_a_digest_is_refused_by_its_column() -> None:
    with pytest.raises(SetError, match="column 'seen' is of type bool, which a set cannot hold"):
        content_digest(pa.table({"seen": [True]}).to_batches())
