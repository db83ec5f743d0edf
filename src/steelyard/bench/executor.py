"""Who does the work: one product beside the bench, or several; many machines are a further executor."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from steelyard.bench.conversations import Placed
from steelyard.core.data_type import DataType
from steelyard.core.product import Isolation, Limits, Product
from steelyard.core.sample import Record
from steelyard.core.words import Words

Work = Callable[[Sequence[Placed]], Iterator[Record]]
"""Makes records of a batch."""


@dataclass(frozen=True)
class Task:
    """Who is asked, and how: all that must be known wherever the product runs."""

    product: Product
    method: str
    options: Mapping[str, Any]
    """Of the method, as the reading sets them."""
    seen: DataType[Any] | None
    """Of the inputs, as the set has them; None where there are none."""
    limits: Limits
    isolation: Isolation


class Opening(Protocol):
    """Starts the product of a task here when it is called; who starts it elsewhere is told the task."""

    @property
    def task(self) -> Task:
        """Who is asked, and how."""

    def __call__(self) -> AbstractContextManager[Work]:
        """Start the product; it ends with the context."""

    def go_on(self) -> bool:
        """Tell whether new conversations are to be begun: until the user stops the run."""

    def note(self, notes: Iterable[Words]) -> None:
        """Say what else was seen of a product that ran elsewhere."""


class Executor(Protocol):
    """Runs work on batches."""

    @property
    def shares(self) -> bool:
        """Whether batches are shared among several products: then each is handed one at a time."""

    def each(self, open_: Opening, batches: Iterable[Sequence[Placed]]) -> Iterator[Record]:
        """Yield the records of all batches as they come."""

    def close(self) -> None:
        """Let go of what it holds from one session of the product to the next."""


class Here:
    """Runs the batches one after another with one product process."""

    shares = False

    def each(
        self, open_: Callable[[], AbstractContextManager[Work]], batches: Iterable[Sequence[Placed]]
    ) -> Iterator[Record]:
        """Yield the records of all batches as they come."""
        with open_() as work:
            for batch in batches:
                yield from work(batch)

    def close(self) -> None:
        """Nothing is held."""


WAITING = 4096
"""So many records wait at most to be taken: a fast product does not fill the memory."""


class Workers:
    """Runs batches with several products at once, each a process of its own and a thread that talks to it.

    Parameters
    ----------
    count : int
        How many.
    """

    shares = True

    def __init__(self, count: int) -> None:
        self._count = count

    def each(
        self, open_: Callable[[], AbstractContextManager[Work]], batches: Iterable[Sequence[Placed]]
    ) -> Iterator[Record]:
        """Yield the records of all batches as they come; the first fault of a worker stops all."""
        records: queue.Queue[Record | BaseException | None] = queue.Queue(WAITING)
        shared, drawing, over = iter(batches), threading.Lock(), threading.Event()

        def draw() -> Sequence[Placed] | None:
            with drawing:
                return None if over.is_set() else next(shared, None)

        def put(item: Record | BaseException | None) -> None:
            while not over.is_set():
                with contextlib.suppress(queue.Full):
                    records.put(item, timeout=0.1)
                    break

        def run() -> None:
            try:
                batch = draw()
                if batch is not None:
                    with open_() as work:
                        while batch is not None and not over.is_set():
                            for record in work(batch):
                                put(record)
                            batch = draw()
            except BaseException as fault:  # raised where records are taken
                put(fault)
            put(None)

        threads = [threading.Thread(target=run, name=f"worker-{number}", daemon=True) for number in range(self._count)]
        for thread in threads:
            thread.start()
        try:
            ended = 0
            while ended < self._count:
                item = records.get()
                if isinstance(item, BaseException):
                    raise item
                if item is None:
                    ended += 1
                else:
                    yield item
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def close(self) -> None:
        """Nothing is held."""
