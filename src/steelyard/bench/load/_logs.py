"""What LoadGen wrote: every query's latency, its own percentiles, and the answers that it kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from steelyard.core.canonical import JSON
from steelyard.core.errors import BenchError
from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TRACE, DETAIL, ACCURACY = "mlperf_log_trace.json", "mlperf_log_detail.txt", "mlperf_log_accuracy.json"
QUERIES = "queries.parquet"
"""The trace without all else that is in it: a hundredth of its size."""
NANOSECONDS = 1e-9


class Answer(NamedTuple):
    """An answer that LoadGen kept."""

    sequence: int
    """Number of the sample as it was issued."""
    place: int
    """Of the sample among those of the job."""
    output: JSON


@dataclass(frozen=True, eq=False)
class Samples:
    """All samples of a timed job, in the order in which they were issued."""

    query: NDArray[np.int64]
    place: NDArray[np.int64]
    began: NDArray[np.float64]
    """Seconds from the start of the job to when the query was due."""
    late: NDArray[np.float64]
    """Seconds from when the query was due to when LoadGen issued it."""
    latency: NDArray[np.float64]
    """Seconds from when the query was due to its completion."""


def read_samples(folder: Path) -> Samples:
    """Return the samples of a timed job; the trace is replaced by what is needed of it.

    Raises
    ------
    BenchError
        Where LoadGen's log is not whole.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    kept = folder / QUERIES
    if not kept.exists():
        rows = []
        with (folder / TRACE).open("rb") as lines:
            for line in lines:
                if line.startswith(b'{"name":"Sample","cat":"default","ph":"b"'):
                    said = orjson.loads(line.rstrip().rstrip(b","))
                    each = said["args"]
                    rows.append(
                        (
                            each["sample_seq"],
                            each["query_seq"],
                            each["sample_idx"],
                            round(said["ts"] * 1000.0),
                            each["issue_start_ns"],
                            each["complete_ns"],
                        )
                    )
        if not rows or sorted(row[0] for row in rows) != list(range(len(rows))):
            raise _not_whole(folder / TRACE)
        names = ("sequence", "query", "place", "due_ns", "late_ns", "latency_ns")
        columns = [pa.array(column, pa.int64()) for column in zip(*sorted(rows), strict=True)]
        pq.write_table(pa.table(dict(zip(names, columns, strict=True))), kept)
        (folder / TRACE).unlink()
    table = pq.read_table(kept)
    taken = {name: table[name].to_numpy() for name in table.column_names}
    due = taken["due_ns"]
    return Samples(
        query=taken["query"],
        place=taken["place"],
        began=(due - due.min()) * NANOSECONDS,
        late=taken["late_ns"] * NANOSECONDS,
        latency=np.asarray(taken["latency_ns"] * NANOSECONDS),
    )


def read_detail(folder: Path) -> dict[str, Any]:
    """Return what LoadGen's detailed log says, by key; of a key that stands twice the last."""
    said: dict[str, Any] = {}
    for line in (folder / DETAIL).read_text("utf-8", "replace").splitlines():
        _, mark, text = line.partition(":::MLLOG ")
        if mark:
            try:
                each = json.loads(text)
            except ValueError:
                continue
            said[each["key"]] = each["value"]
    if "loadgen_version" not in said:
        raise _not_whole(folder / DETAIL)
    return said


def read_answers(folder: Path) -> list[Answer]:
    """Return the answers that LoadGen kept; samples that were not answered are not among them."""
    try:
        kept = json.loads((folder / ACCURACY).read_text("utf-8"))
    except ValueError:
        raise _not_whole(folder / ACCURACY) from None
    return [
        Answer(each["seq_id"], each["qsl_idx"], orjson.loads(bytes.fromhex(each["data"])))
        for each in kept
        if each["data"]
    ]


def _not_whole(path: Path) -> BenchError:
    return BenchError(
        Words(f"LoadGen's log {path} is not whole.", f"LoadGen 日志 {path} 不完整。"),
        Words("Repeat the command with another --out.", "请换一个 --out 重复该命令。"),
    )
