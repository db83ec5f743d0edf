"""Digest of a table's content: independent of file format, batches and library versions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import digest
from steelyard.core.errors import SetError
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa


def content_digest(batches: Iterable[pa.RecordBatch]) -> str:
    """Return ``"sha256:…"`` over names, kinds and values of all columns, row by row in order.

    Each column is hashed as streams (which values are there, their lengths, their bytes), so that the same rows cut
    into other batches give the same digest. Memory is flat.
    """
    streams: dict[str, Any] = {}
    for batch in batches:
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            for stream, data in _streams(column, name):
                streams.setdefault(stream, hashlib.sha256()).update(data)
    return digest({stream: value.hexdigest() for stream, value in streams.items()})


def _streams(array: pa.Array, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the bytes that an array adds to each stream of its column."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    yield f"{name}/there", np.asarray(array.is_valid()).tobytes()
    present, kind = array.drop_null(), array.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        yield f"{name}/lengths", np.asarray(pc.binary_length(present)).astype("<i8").tobytes()
        yield f"{name}/{'text' if pa.types.is_string(kind) else 'bytes'}", _characters(present)
    elif pa.types.is_list(kind):
        yield f"{name}/lengths", np.asarray(pc.list_value_length(present)).astype("<i8").tobytes()
        yield from _streams(pc.list_flatten(present), f"{name}/item")
    elif pa.types.is_floating(kind):
        yield f"{name}/numbers", np.asarray(present).astype("<f8").tobytes()
    elif pa.types.is_integer(kind):
        yield f"{name}/integers", np.asarray(present).astype("<i8").tobytes()
    else:
        raise SetError(
            Words(
                f"column {name!r} is of type {kind}, which a set cannot hold",
                f"列 {name!r} 的类型 {kind} 不能存入数据集",
            ),
            Words("Store text, numbers, bytes, or lists of these.", "请存为文本、数字、字节或其列表。"),
        )


def _characters(present: pa.Array) -> bytes | memoryview:
    import numpy as np

    _, offsets, data = present.buffers()
    if data is None or not len(present):
        return b""
    ends = np.frombuffer(offsets, dtype=np.int32)[present.offset : present.offset + len(present) + 1]
    return memoryview(data)[ends[0] : ends[-1]]
