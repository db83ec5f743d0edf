"""A table's rows as leaves of a Merkle tree: the same root whatever the file's format, batches and library versions.

The first leaf is the canonical JSON of the columns' names and kinds, in order of their names. A row's leaf is its cells
in that order. A cell is a flag byte, the length of what follows as eight bytes, little-endian, and the value: text as
UTF-8, bytes as they are, a number in its own width, little-endian. A list is its items one after another: numbers
packed, others as cells. The flag is 0 for a missing value (its length is 0), 1 for one that is there, and 2 for a list
of numbers some of which are missing: then a byte for each item, 1 or 0, follows the numbers, and missing ones are 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.core.canonical import canonical
from steelyard.core.errors import SetError
from steelyard.core.merkle import Tree, leaf_hash
from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

JOINED = 2**12
"""Rows of fewer bytes than this, on average, are put together before they are hashed: calls cost more than copies."""
HEAD = 9
"""Bytes of a cell's flag and length."""


def content_digest(batches: Iterable[pa.RecordBatch]) -> str:
    """Return ``"sha256:…"``, the root over kinds and values of all rows in order. Memory is flat."""
    tree = Tree()
    for hashes in leaves(batches):
        tree.extend(hashes)
    return f"sha256:{tree.root().hex()}"


def leaves(batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """Yield hashes of leaves, one after another: first the columns', then of each batch its rows'.

    Raises
    ------
    SetError
        Where a column is of a kind that a set cannot hold.
    """
    names: list[str] | None = None
    for batch in batches:
        if names is None:
            names = sorted(batch.schema.names)
            yield leaf_hash(canonical([[name, _kind(batch.schema.field(name).type, name)] for name in names]))
        yield _row_hashes([_cells(batch.column(name)) for name in names], batch.num_rows)


def _kind(kind: pa.DataType, name: str) -> str:
    """Return how a column's kind is written in the first leaf."""
    import pyarrow as pa

    if pa.types.is_string(kind):
        return "text"
    if pa.types.is_binary(kind):
        return "bytes"
    if pa.types.is_list(kind):
        return f"list of {_kind(kind.value_type, name)}"
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return str(kind)
    raise SetError(
        Words(
            f"column {name!r} is of type {kind}, which a set cannot hold",
            f"列 {name!r} 的类型 {kind} 不能存入数据集",
        ),
        Words("Store text, numbers, bytes, or lists of these.", "请存为文本、数字、字节或其列表。"),
    )


class Cells(NamedTuple):
    """The cells of a column's rows."""

    heads: NDArray[np.uint8]
    """Flag and length of each, uint8[n, 9]."""
    ends: NDArray[np.int64]
    """Where the values begin and end, int64[n + 1]."""
    values: memoryview
    """Of all rows, one after another."""


def _cells(array: pa.Array) -> Cells:
    """Return the cells of a column."""
    import numpy as np
    import pyarrow as pa

    kind = array.type
    flags = np.asarray(array.is_valid()).astype(np.uint8)
    if array.null_count and not pa.types.is_list(kind):
        array = _without_missing(array)
    if pa.types.is_list(kind):
        ends, values = _items(array, flags)
    elif pa.types.is_string(kind) or pa.types.is_binary(kind):
        ends, values = _characters(array)
    else:
        ends, values = np.arange(len(array) + 1) * (kind.bit_width // 8), _numbers(array)
    missing = flags == 0
    lengths = np.diff(ends)
    if missing.any() and lengths[missing].any():  # numbers take room even where they are missing
        present = np.repeat(~missing, lengths)
        values = memoryview(np.frombuffer(values, np.uint8)[present].tobytes())
        lengths = np.where(missing, 0, lengths)
        ends = np.concatenate([[0], np.cumsum(lengths)])
    heads = np.empty((len(array), HEAD), np.uint8)
    heads[:, 0] = flags
    heads[:, 1:] = lengths.astype("<i8").view(np.uint8).reshape(-1, 8)
    return Cells(heads, ends, values)


def _without_missing(array: pa.Array) -> pa.Array:
    import pyarrow as pa

    nothing: Any = "" if pa.types.is_string(array.type) else b"" if pa.types.is_binary(array.type) else 0
    return array.fill_null(pa.scalar(nothing, array.type))


def _numbers(array: pa.Array) -> memoryview:
    import numpy as np

    numbers = np.ascontiguousarray(array)
    return numbers.astype(numbers.dtype.newbyteorder("<"), copy=False).view(np.uint8).data


def _characters(array: pa.Array) -> tuple[NDArray[np.int64], memoryview]:
    import numpy as np

    _, offsets, data = array.buffers()
    if data is None or not len(array):
        return np.zeros(len(array) + 1, np.int64), memoryview(b"")
    ends = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    return ends - ends[0], memoryview(data)[ends[0] : ends[-1]]


def _items(array: pa.Array, flags: NDArray[np.uint8]) -> tuple[NDArray[np.int64], memoryview]:
    """Return where the values of lists begin and end, and the values; mark lists of numbers that lack some."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    counts = np.asarray(pc.fill_null(pc.list_value_length(array), 0)).astype(np.int64)
    ends = np.concatenate([[0], np.cumsum(counts)])
    items = array.flatten()
    if pa.types.is_primitive(items.type):
        return _packed(items, ends, flags)
    cells = _cells(items)
    inner = cells.ends + HEAD * np.arange(len(items) + 1)
    joined = b"".join(_pieces(cells))
    return inner[ends], memoryview(joined)


def _pieces(cells: Cells) -> Iterator[Any]:
    heads, ends, values = cells.heads.tobytes(), cells.ends.tolist(), cells.values
    for row in range(len(ends) - 1):
        yield heads[HEAD * row : HEAD * (row + 1)]
        yield values[ends[row] : ends[row + 1]]


def _packed(items: pa.Array, ends: NDArray[np.int64], flags: NDArray[np.uint8]) -> tuple[NDArray[np.int64], memoryview]:
    """Return lists of numbers, those that lack some with a byte for each item behind them."""
    import numpy as np

    width = items.type.bit_width // 8
    if not items.null_count:
        return ends * width, _numbers(items)
    there = np.asarray(items.is_valid()).astype(np.uint8)
    values = _numbers(_without_missing(items))
    pieces = []
    for row in range(len(ends) - 1):
        start, end = int(ends[row]), int(ends[row + 1])
        pieces.append(bytes(values[start * width : end * width]))
        if not there[start:end].all():
            flags[row] = 2
            pieces[-1] += there[start:end].tobytes()
    return np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]), memoryview(b"".join(pieces))


def _row_hashes(columns: list[Cells], rows: int) -> bytes:
    sizes = sum(int(cells.ends[-1]) for cells in columns)
    if sizes < JOINED * rows:
        data, ends = _joined(columns)
        return b"".join([hashlib.sha256(data[ends[row] : ends[row + 1]]).digest() for row in range(rows)])
    return b"".join([_row_hash(columns, row) for row in range(rows)])


def _joined(columns: list[Cells]) -> tuple[memoryview, list[int]]:
    """Return leaves one after another, and where each begins and ends."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = len(columns[0].heads)
    zero = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), rows, [None, pa.py_buffer(np.arange(rows + 1)), pa.py_buffer(bytes(rows))]
    )
    pieces: list[Any] = [zero]
    for heads, ends, values in columns:
        for places, data in ((np.arange(rows + 1) * HEAD, heads.reshape(-1)), (ends, values)):
            buffers = [None, pa.py_buffer(np.ascontiguousarray(places, np.int64)), pa.py_buffer(data)]
            pieces.append(pa.LargeBinaryArray.from_buffers(pa.large_binary(), rows, buffers))
    joined = pc.binary_join_element_wise(*pieces, pa.scalar(b"", pa.large_binary()))
    _, offsets, data = joined.buffers()
    return memoryview(data), np.frombuffer(offsets, np.int64)[: rows + 1].tolist()


def _row_hash(columns: list[Cells], row: int) -> bytes:
    hashed = hashlib.sha256(b"\0")
    for heads, ends, values in columns:
        hashed.update(heads[row].tobytes())
        hashed.update(values[ends[row] : ends[row + 1]])
    return hashed.digest()
