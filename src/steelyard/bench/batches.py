"""Cuts what a plan asks into batches, by count and by bytes: the same ones, whoever asks them and however often.

What is run together can change an answer: a model's arithmetic hangs on the size of its batch. So the plan fixes the
batches: they are cut over all samples that it asks, whether they were answered before or not. A run that goes on asks
what is open of each batch, and never puts samples of two batches together.
"""

from __future__ import annotations

import functools
import itertools
import threading
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from steelyard.bench.conversations import Placed
from steelyard.bench.sequence import Watch
from steelyard.bench.trial import Trial
from steelyard.core.data_type import DataType
from steelyard.core.method import ask_once
from steelyard.core.sample import Sample
from steelyard.library.row_bytes import row_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

AHEAD = 16
"""Batches that are held together where conversations have one turn."""
WINDOW_BYTES = 2**26
"""Of a sequential plan's clusters so many bytes are in memory together, and one cluster at least."""
WINDOW_ROWS = 2**16

Round = tuple[int, "NDArray[np.int64]"]
"""Where the records of a repeat start in the journal, and the rows that it is still to ask."""


class Cutting:
    """Cuts rows into batches as they are read, and knows of each row which batch it went to.

    Parameters
    ----------
    most : int
        Samples of a batch.
    most_bytes : int
        Bytes of its inputs; a larger sample is a batch by itself.

    Examples
    --------
    >>> import numpy as np
    >>> cutting = Cutting(3, 100)
    >>> cutting.cut(np.arange(8), np.array([10, 10, 10, 10, 95, 300, 1, 99])).tolist()
    [0, 3, 4, 5, 6]
    >>> cutting.cut(np.arange(8, 10), np.array([0, 1])).tolist(), cutting.batch_of(8), cutting.batch_of(9)
    ([1], 5, 6)
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._starts: list[int] = []
        self._held = self._bytes = 0
        self._open = False

    def begin(self) -> None:
        """Begin anew: no batch is over two repeats."""
        self._open = False

    def batch_of(self, place: int) -> int:
        """Return the number of the batch that a row was put into, from 1."""
        return bisect_right(self._starts, place)

    def cut(self, places: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the indexes at which a batch begins, int64[k], among rows that follow those before, of these bytes."""
        import numpy as np

        sums = np.concatenate([[0], np.cumsum(sizes)])
        begins = []
        at = 0
        while at < len(sizes):
            if not self._open:
                begins.append(at)
                self._open, self._held, self._bytes = True, 0, 0
            fitting = int(np.searchsorted(sums, sums[at] + self._most_bytes - self._bytes, side="right")) - 1
            end = min(at + self._most - self._held, max(fitting, at + (not self._held)), len(sizes))
            self._held += end - at
            self._bytes += int(sums[end] - sums[at])
            self._open = end == len(sizes)
            at = end
        self._starts += places[begins].tolist()
        return np.array(begins, dtype=np.int64)


def batches(
    trial: Trial,
    rounds: Sequence[Round],
    cutting: Cutting,
    stop: threading.Event,
    watch: Watch[Trial] | None,
    *,
    shares: bool,
) -> Iterator[list[Placed]]:
    """Yield the samples without a record, a batch at a time, or several, as many as are held together.

    Conversations of several turns move in step, a batch of them at a time. Where a product is asked but once, and by
    one alone, several batches are handed over: its session keeps one under way, and need not wait for the bench.
    """
    alone = shares or asked_input(trial) is None or not _asks_once(trial)
    for start, rows in rounds:
        if watch is not None:
            found = _watched(trial, rows, watch)
        elif alone:
            found = (batch for batch, _ in _cut(trial, start, rows, cutting))
        else:
            found = _joined(_cut(trial, start, rows, cutting), trial.plan.batch_bytes)
        for batch in found:
            if stop.is_set():
                return
            yield batch


def _cut(trial: Trial, start: int, wanted: NDArray[np.int64], cutting: Cutting) -> Iterator[tuple[list[Placed], int]]:
    """Yield the batches of a repeat, of each what is wanted, and the bytes of that."""
    import numpy as np

    cutting.begin()
    batch: list[Placed] = []
    size = 0
    for first, block in _blocks(trial):
        inside = _within(trial.positions, first, block.num_rows)
        if not len(inside):
            continue
        sizes = _sizes(block)[inside - first]
        begins = cutting.cut(inside + start, sizes)
        asked = _within(wanted, first, block.num_rows)
        placed = _placed(trial, block, asked - first, asked + start)
        sums = np.concatenate([[0], np.cumsum(sizes[np.searchsorted(inside, asked)])])
        at = 0
        for end in np.searchsorted(asked, inside[begins]).tolist():
            batch += itertools.islice(placed, end - at)
            size += int(sums[end] - sums[at])
            if batch:
                yield batch, size
            batch, size, at = [], 0, end
        batch += placed
        size += int(sums[-1] - sums[at])
    if batch:
        yield batch, size


def _joined(cut: Iterator[tuple[list[Placed], int]], most_bytes: int) -> Iterator[list[Placed]]:
    """Yield several batches together, as many as are held; of large inputs fewer."""
    together: list[Placed] = []
    count = held = 0
    for batch, size in cut:
        if together and (count == AHEAD or held + size > most_bytes):
            yield together
            together, count, held = [], 0, 0
        together += batch
        count += 1
        held += size
    if together:
        yield together


def _watched(trial: Trial, wanted: NDArray[np.int64], watch: Watch[Trial]) -> Iterator[list[Placed]]:
    """Yield batches of a sequential plan, none of them over two clusters, until all is settled."""
    import numpy as np

    sizes = np.concatenate([np.empty(0, np.int64), *(_sizes(block) for _, block in _blocks(trial, ["id"]))])
    open_rows = np.zeros(trial.test_set.card.samples, bool)
    open_rows[wanted] = True
    for window in _windows(watch.clusters, open_rows, sizes):
        if watch.settled:
            return
        samples = _taken(trial, np.sort(np.concatenate([rows[open_rows[rows]] for rows in window])))
        for rows in window:
            if watch.settled:
                return
            begins = Cutting(trial.plan.batch, trial.plan.batch_bytes).cut(rows, sizes[rows])
            for part in np.split(rows, begins[1:]):
                batch = [(row, samples.pop(row)) for row in part[open_rows[part]].tolist()]
                if batch:
                    yield batch


def _windows(
    clusters: Sequence[NDArray[np.int64]], open_rows: NDArray[np.bool_], sizes: NDArray[np.int64]
) -> Iterator[list[NDArray[np.int64]]]:
    """Yield clusters with open rows, as many as are in memory together."""
    window: list[NDArray[np.int64]] = []
    count = size = 0
    for rows in clusters:
        inside = rows[open_rows[rows]]
        if not len(inside):
            continue
        further = int(sizes[inside].sum())
        if window and (count + len(inside) > WINDOW_ROWS or size + further > WINDOW_BYTES):
            yield window
            window, count, size = [], 0, 0
        window.append(rows)
        count += len(inside)
        size += further
    if window:
        yield window


def _taken(trial: Trial, rows: NDArray[np.int64]) -> dict[int, Sample]:
    """Return some samples by their rows, in one pass over the set."""
    found: dict[int, Sample] = {}
    for first, block in _blocks(trial):
        inside = _within(rows, first, block.num_rows)
        if len(inside):
            found.update(_placed(trial, block, inside - first, inside))
    return found


def _blocks(trial: Trial, columns: Sequence[str] | None = None) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield the rows of the set with the number of the first, as many as are in memory together."""
    card = trial.test_set.card
    further = [] if _asks_once(trial) else ["reference", *card.groups, *card.units]
    named = ["id", *further] if columns is None else [*columns]
    first = 0
    for block in trial.test_set.batches(named + ([] if asked_input(trial) is None else ["input"])):
        yield first, block
        first += block.num_rows


def _sizes(block: pa.RecordBatch) -> NDArray[np.int64]:
    """Return the bytes of each row's input, int64[n]; a set without inputs has none."""
    import numpy as np

    if "input" not in block.schema.names:
        return np.zeros(block.num_rows, np.int64)
    return row_bytes(block.column("input"))


def _within(rows: NDArray[np.int64], first: int, count: int) -> NDArray[np.int64]:
    """Return those of ascending rows that lie among ``count`` rows from the first on."""
    import numpy as np

    return rows[np.searchsorted(rows, first) : np.searchsorted(rows, first + count)]


def _placed(
    trial: Trial, block: pa.RecordBatch, inside: NDArray[np.int64], places: NDArray[np.int64]
) -> Iterator[Placed]:
    """Yield some rows of a block as samples, with their places in the journal; each is unpacked as it is taken."""
    if not len(inside):
        return
    card, seen = trial.test_set.card, asked_input(trial)
    taken = (block if len(inside) == block.num_rows else block.take(inside)).to_pydict()
    inputs = itertools.repeat(None) if seen is None else map(seen.load, taken["input"])
    if _asks_once(trial):
        unread = itertools.repeat(_NONE)
        fields = zip(taken["id"], inputs, itertools.repeat(None), unread, unread, strict=False)
        samples = map(functools.partial(tuple.__new__, Sample), fields)  # in half the time of its own constructor
    else:
        groups = _named(taken, card.groups, len(inside))
        units = _named(taken, card.units, len(inside))
        samples = map(Sample, taken["id"], inputs, taken["reference"], groups, units)
    yield from zip(places.tolist(), samples, strict=True)


_NONE: Mapping[str, str] = {}


def asked_input(trial: Trial) -> DataType[Any] | None:
    """Return the data type of the inputs that are read to ask; None where answers are only looked up."""
    if trial.product.answered is not None and _asks_once(trial):
        return None
    return trial.test_set.input


def _asks_once(trial: Trial) -> bool:
    """Tell whether conversations need nothing of a sample but its input: the rest is then not read."""
    return trial.method.ask is ask_once


def _named(columns: Mapping[str, list[str]], names: Collection[str], count: int) -> list[dict[str, str]]:
    """Return the named columns as a mapping for each row."""
    if not names:
        return [{}] * count
    if len(names) == 1:  # the usual case, at a third of the cost
        (name,) = names
        return [{name: value} for value in columns[name]]
    return [dict(zip(names, values, strict=True)) for values in zip(*(columns[name] for name in names), strict=True)]
