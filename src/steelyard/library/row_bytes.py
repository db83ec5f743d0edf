"""How many bytes each row of a column holds: of its content, whatever file or library it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


def row_bytes(column: pa.Array) -> NDArray[np.int64]:
    """Return the bytes of each row, int64[n]: text in UTF-8, files as they are, a number by its width.

    What a row holds decides, not how it is packed: the same set has the same sizes on every machine.

    Examples
    --------
    >>> import pyarrow as pa
    >>> row_bytes(pa.array(["ab", "", "秤", None])).tolist()
    [2, 0, 3, 0]
    >>> row_bytes(pa.array([[[1.0, 2.0]], [], None, [[3.0], None]])).tolist()
    [16, 0, 0, 8]
    >>> row_bytes(pa.array(["ab", "", "秤"])[1:]).tolist()
    [0, 3]
    >>> people = pa.array([{"face": b"abc", "age": 1}, None], pa.struct({"face": pa.binary(), "age": pa.int32()}))
    >>> row_bytes(people).tolist()
    [7, 0]
    """
    import numpy as np
    import pyarrow as pa

    kind = column.type
    if kind in (pa.string(), pa.binary()) and len(column) and not column.null_count:
        # Most columns; Arrow's functions, which would say it of any, take longer to load than a small set to test.
        ends = np.frombuffer(column.buffers()[1], np.int32)
        return np.diff(ends[column.offset : column.offset + len(column) + 1]).astype(np.int64)
    import pyarrow.compute as pc

    if pa.types.is_dictionary(kind):
        return row_bytes(column.dictionary_decode())
    if pa.types.is_struct(kind):
        whole = np.zeros(len(column), np.int64)
        for child in column.flatten():
            whole += row_bytes(child)
        return whole
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
        ends = np.cumsum(counts)
        sums = np.concatenate([[0], np.cumsum(row_bytes(column.flatten()))])
        return np.asarray(sums[ends] - sums[ends - counts], np.int64)
    if pa.types.is_primitive(kind):
        valid: NDArray[np.int64] = np.asarray(column.is_valid()).astype(np.int64)
        return valid * np.int64(-(-kind.bit_width // 8))
    lengths = pc.fill_null(pc.binary_length(column), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False), np.int64)
