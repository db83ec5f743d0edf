"""The journal of a run: immutable parts named by their digest, written by one process, flushed each second.

What is done is the union of the sample positions in the parts; there is no manifest and no second truth.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import mmap
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from steelyard.bench.durable import write_durably
from steelyard.core.data_type import DataType
from steelyard.core.errors import BenchError, CallError, JournalError
from steelyard.core.sample import Record
from steelyard.core.words import Words
from steelyard.library.sealed.age import KEY, keys

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

FLUSH_SECONDS = 1.0
MOST_PENDING = 2**14
"""So many records are written at once, however little time has passed."""
MAPPED_BYTES = 2**20
OPEN, LOCKED = ".arrow", ".age"
"""Endings of parts: in clear, and of a run on a sealed set."""
_PLAN = b"steelyard.plan"


class Lock(Protocol):
    """Keeps parts from who has no key."""

    def seal(self, plaintext: bytes, /) -> bytes:
        """Return what only the key opens."""

    def open(self, ciphertext: bytes, where: Path, /) -> bytes | None:
        """Return what was sealed; None where it was sealed for another key."""


class _Part(NamedTuple):
    """Records that were written together."""

    first: int
    last: int
    ascending: bool
    """Whether they stand by position."""
    table: pa.Table


class Journal:
    """Keeps records in a folder.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    recorded : DataType
        Of the outputs.
    plan : str
        Digest of the plan that the records belong to.
    lock : Lock, optional
        Of a sealed set: what a good product answers is the reference answer, and is not written in clear.
    """

    def __init__(self, folder: Path, recorded: DataType[Any], plan: str, lock: Lock | None = None) -> None:
        self._folder = folder
        self._recorded = recorded
        self._plan = plan
        self._mapped: list[mmap.mmap] = []
        self._lock = lock

    @property
    def _schema(self) -> pa.Schema:
        import pyarrow as pa

        columns = [
            pa.field("position", pa.int64(), nullable=False),
            pa.field("output", self._recorded.arrow()),
            pa.field("seconds", pa.float64(), nullable=False),
            pa.field("fault", pa.string()),
            pa.field("detail_en", pa.string()),
            pa.field("detail_zh", pa.string()),
        ]
        return pa.schema(columns, metadata={_PLAN: self._plan.encode()})

    def read(self) -> pa.Table:
        """Return all records, by position.

        Raises
        ------
        JournalError
            Where a part is not what was written, or two parts hold the same sample.
        """
        import numpy as np
        import pyarrow as pa

        parts = [self._read_part(path) for ending in (OPEN, LOCKED) for path in self._folder.glob(f"*{ending}")]
        parts.sort(key=lambda part: part.first)
        table = pa.concat_tables([self._schema.empty_table(), *(part.table for part in parts)])
        following = all(one.last < other.first for one, other in itertools.pairwise(parts))
        if following and all(part.ascending for part in parts):
            return table
        positions = table["position"].to_numpy()
        order = np.argsort(positions, kind="stable")
        ordered = positions[order]
        twice = np.flatnonzero(ordered[1:] == ordered[:-1])
        if len(twice):
            raise JournalError(
                Words(
                    f"{self._folder}: the sample in row {ordered[twice[0]]} stands in two parts.",
                    f"{self._folder}：第 {ordered[twice[0]]} 行的样本出现在两个分段中。",
                ),
                Words("Two runs were mixed. Choose another --out.", "两次运行混在一起。请另选 --out。"),
            )
        return table.take(order)

    def let_go(self) -> None:
        """Give back the memory of large parts that were looked at; looked at again, they come from the disk again."""
        for mapped in self._mapped:
            _let_go(mapped)

    def done(self) -> NDArray[np.int64]:
        """Return the positions that there are records of, ascending."""
        positions: NDArray[np.int64] = self.read()["position"].to_numpy()
        self._mapped.clear()
        return positions

    def _read_part(self, path: Path) -> _Part:
        import pyarrow as pa

        # Many parts are small: a long run would exhaust what a process may map. Large ones are mapped to spare memory.
        small = path.stat().st_size < MAPPED_BYTES
        data = pa.py_buffer(path.read_bytes() if small else self._map(path))
        if hashlib.sha256(data).hexdigest() != path.stem:
            raise self._bad_part(path, Words("its bytes are not those that were written", "内容与写入时不符"))
        if path.suffix == LOCKED:
            data = pa.py_buffer(self._unlocked(path, data.to_pybytes()))
        table = pa.ipc.open_file(data).read_all()
        if table.schema.metadata.get(_PLAN) != self._plan.encode() or not table.schema.equals(self._schema):
            raise self._bad_part(path, Words("it belongs to another plan", "属于另一检测方案"))
        positions = table["position"].to_numpy()
        part = _Part(int(positions[0]), int(positions[-1]), bool((positions[1:] > positions[:-1]).all()), table)
        if not small:
            _let_go(self._mapped[-1])
        return part

    def _map(self, path: Path) -> mmap.mmap:
        with path.open("rb") as file:
            self._mapped.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return self._mapped[-1]

    def _unlocked(self, path: Path, data: bytes) -> bytes:
        lock = self._lock
        if lock is None and KEY in os.environ:  # the set was published since
            lock = keys()
        opened = None if lock is None else lock.open(data, path)
        if opened is None:
            raise CallError(
                Words(
                    f"the journal in {self._folder} is of a run on a sealed set, and locked by its key.",
                    f"{self._folder} 中的日志属于密封数据集上的检测，已用其密钥加密。",
                ),
                Words(
                    f"Name the sealed set with --set, and its key by {KEY}.",
                    f"请用 --set 指明密封数据集，并以 {KEY} 指明密钥。",
                ),
            )
        return opened

    def _bad_part(self, path: Path, why: Words) -> JournalError:
        return JournalError(
            Words(f"the journal part {path} cannot be used: {why.en}.", f"日志分段 {path} 不可用：{why.zh}。"),
            Words(
                "Restore it from a copy; or move it away and repeat the command: only its samples are asked again.",
                "请用备份恢复；或将其移走后重复该命令：只会重新提问其中的样本。",
            ),
        )

    @contextlib.contextmanager
    def writing(self) -> Iterator[Writer]:
        """Open the journal for writing; nobody else may meanwhile."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / "lock").open("w")
        except OSError as error:
            raise CallError(
                Words(
                    f"cannot write to {self._folder}: {error.strerror}", f"无法写入 {self._folder}：{error.strerror}"
                ),
                Words("Choose another folder with --out.", "请用 --out 另选目录。"),
            ) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CallError(
                    Words(
                        f"another run is writing to {self._folder.parent}.", f"另一运行正在写入 {self._folder.parent}。"
                    ),
                    Words("Wait for it, or choose another --out.", "请等待其结束，或另选 --out。"),
                ) from None
            for left in self._folder.glob("*.new"):
                left.unlink()
            with Writer(self._folder, self._schema, self._recorded, self._lock) as writer:
                yield writer


def _let_go(mapped: mmap.mmap) -> None:
    if hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


class Writer:
    """Takes records and writes them away once a second, or when there are many, in a thread of its own."""

    def __init__(self, folder: Path, schema: pa.Schema, recorded: DataType[Any], lock: Lock | None = None) -> None:
        self._lock = lock
        self._folder = folder
        self._schema = schema
        self._recorded = recorded
        self._pending: deque[tuple[Any, ...]] = deque()
        self._flushing = threading.Lock()
        self._due = threading.Event()
        self._closing = False
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._flush_each_second, name="journal", daemon=True)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing = True
        self._due.set()
        try:
            self._thread.join()
            self._raise_fault()
        finally:
            self._flush()

    def append(self, record: Record) -> None:
        """Take a record; it is on disk within about a second."""
        # A plain tuple: the garbage collector need not walk it. The deque needs no lock.
        self._pending.append(tuple(record))
        if len(self._pending) >= MOST_PENDING:
            self._due.set()
            if len(self._pending) >= 2 * MOST_PENDING:  # the thread falls behind: memory is not to grow with that
                self._flush()
        if self._fault is not None:
            self._raise_fault()

    def _raise_fault(self) -> None:
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault

    def _flush_each_second(self) -> None:
        while True:
            self._due.wait(FLUSH_SECONDS)
            if self._closing:
                return
            self._due.clear()
            try:
                self._flush()
            except BaseException as fault:  # raised where records are appended
                self._fault = fault
                return

    def _flush(self) -> None:
        with self._flushing:
            records = [self._pending.popleft() for _ in range(len(self._pending))]
            if not records:
                return
            try:
                self._write(records)
            except BaseException as error:
                self._pending.extendleft(reversed(records))
                if not isinstance(error, OSError):
                    raise
                raise BenchError(
                    Words(
                        f"cannot write the journal in {self._folder}: {error}", f"无法写入日志 {self._folder}：{error}"
                    ),
                    Words("Mend that, and repeat the command: it resumes.", "解决后重复该命令即可继续。"),
                ) from error

    def _write(self, records: Sequence[tuple[Any, ...]]) -> None:
        import pyarrow as pa

        positions, outputs, seconds, faults, details = zip(*records, strict=True)
        store, count = self._recorded.store, len(records)
        if any(faults):
            stored = [None if fault else store(output) for output, fault in zip(outputs, faults, strict=True)]
            said = [faults, [words and words.en for words in details], [words and words.zh for words in details]]
        else:
            stored, said = list(map(store, outputs)), [pa.nulls(count)] * 3
        columns = [
            pa.array(positions, pa.int64()),
            pa.array(stored, self._recorded.arrow()),
            pa.array(seconds, pa.float64()),
            *(pa.array(texts, pa.string()) for texts in said),
        ]
        buffer = pa.BufferOutputStream()
        with pa.ipc.new_file(buffer, self._schema) as file:
            file.write_table(pa.table(columns, schema=self._schema))
        data = memoryview(buffer.getvalue())
        if self._lock is not None:
            data = memoryview(self._lock.seal(bytes(data)))
        ending = OPEN if self._lock is None else LOCKED
        write_durably(self._folder / f"{hashlib.sha256(data).hexdigest()}{ending}", data)
