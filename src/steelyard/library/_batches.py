"""Reads a table from its file, some rows at a time: memory does not hang on how many there are, nor on how large."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.errors import SetError
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MOST_BYTES = 2**24
"""Of the rows that are in memory together."""
BUFFER_BYTES = 2**20
"""Read at once; without a buffer Arrow reads a whole column of a row group, however large."""


def read_batches(path: Path, columns: Sequence[str] | None, size: int) -> Iterator[pa.RecordBatch]:
    """Yield rows in order, ``size`` at a time, or as many as fit into `MOST_BYTES`; without names, of all columns.

    Raises
    ------
    SetError
        Where the file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Reading ahead would hold the whole file; threads would hold several batches, and gain nothing beside Python.
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=BUFFER_BYTES) as file:
            named = None if columns is None else list(columns)
            yield from file.iter_batches(batch_size=min(size, fit(file)), columns=named, use_threads=False)
    except (OSError, ValueError, pa.ArrowException) as error:
        why = " ".join(str(error).split())
        raise SetError(
            Words(f"cannot read {path}: {why}", f"无法读取 {path}：{why}"),
            Words(
                "Restore the file, or remove its folder to have it made anew.", "请恢复该文件，或删除其目录后重新生成。"
            ),
        ) from None


def page_rows(table: pa.Table) -> int:
    """Return how many rows a writer may put into a page before it looks at the size: a page is read whole."""
    fitting: int = MOST_BYTES * table.num_rows // max(table.nbytes, 1) // 4
    return max(1, min(1024, fitting))


def fit(file: pq.ParquetFile) -> int:
    """Return how many rows hold about as much as may be in memory, one at least."""
    # Of whole row groups: pyarrow ends the process where a damaged file's columns are asked for. Of few columns, fewer
    # rows are read together than could be.
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    size: int = sum(group.total_byte_size for group in groups)
    rows: int = file.metadata.num_rows
    return max(1, MOST_BYTES * rows // max(size, 1))
