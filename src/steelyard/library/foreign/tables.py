"""Reads tables that others wrote: CSV, TSV, JSON lines and Parquet, as they are written and nothing guessed."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.errors import SetError
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa

KINDS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".parquet": "parquet",
}
"""How a table is written, by the end of its file's name."""
BLOCK = 2**26
"""Bytes that are taken apart at once: more than any row has."""


def read_table(path: Path, kind: str | None = None, data: bytes | None = None) -> pa.Table:
    """Return a table; cells of CSV and TSV are text, empty ones are missing.

    Parameters
    ----------
    path : Path
        The file, or what it is called in messages where its bytes are given.
    kind : str, optional
        ``"csv"``, ``"tsv"``, ``"lines"`` or ``"parquet"``; by default what the file's name says.
    data : bytes, optional
        The file's bytes, where they come out of an archive.

    Raises
    ------
    SetError
        Where it cannot be read; the message names the file, and the line or the byte.
    """
    import pyarrow as pa

    kind = kind or KINDS[path.suffix.lower()]
    try:
        if kind == "parquet":
            return _parquet(path, data)
        data = path.read_bytes() if data is None else data
        _check_text(path, data)
        return _lines(path, data) if kind == "lines" else _separated(data, "\t" if kind == "tsv" else ",")
    except (OSError, ValueError, pa.ArrowException) as error:
        raise SetError(
            Words(f"cannot read the table {path}: {error}", f"无法读取表 {path}：{error}"),
            Words("Mend the file, or fetch it again.", "请修正该文件，或重新获取。"),
        ) from None


def _check_text(path: Path, data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        likely = "UTF-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "GB18030"
        raise SetError(
            Words(
                f"{path} is not UTF-8: byte {error.start}, on line {line}.",
                f"{path} 不是 UTF-8：第 {line} 行，字节 {error.start}。",
            ),
            Words(
                f"Write it anew: iconv -f {likely} -t UTF-8 {path.name} > new, with the encoding that it has.",
                f"请转换编码：iconv -f {likely} -t UTF-8 {path.name} > new，编码按实际填写。",
            ),
        ) from None


def _parquet(path: Path, data: bytes | None) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path if data is None else pa.BufferReader(data)) as file:
        return file.read(use_threads=False)


def _separated(data: bytes, delimiter: str) -> pa.Table:
    import pyarrow as pa
    import pyarrow.csv

    data = data.removeprefix(b"\xef\xbb\xbf")
    options = pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    head = pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK)
    with io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="") as text:
        names = next(csv.reader(text, delimiter=delimiter), [])
    if len(set(names)) < len(names) or "" in names:
        raise ValueError(f"its columns must have names, each its own: {names}")
    cells = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    return pyarrow.csv.read_csv(io.BytesIO(data), head, options, cells)


def _lines(path: Path, data: bytes) -> pa.Table:
    import orjson
    import pyarrow as pa

    rows: list[Any] = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        if not isinstance(row, dict):
            raise ValueError(f"line {number} is no object")
        rows.append(row)
    if not rows:
        raise ValueError(f"{path.name} has no rows")
    return pa.Table.from_struct_array(pa.array(rows))
