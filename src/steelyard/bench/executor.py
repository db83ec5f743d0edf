"""Who does the work: one product beside the bench, or several; many machines are a further executor."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from steelyard.bench.conversations import Placed
from steelyard.core.sample import Record

Work = Callable[[Sequence[Placed]], Iterator[Record]]
"""Makes records of a batch."""


class Executor(Protocol):
    """Runs work on batches."""

    @property
    def shares(self) -> bool:
        """Whether batches are shared among several products: then each is handed one at a time."""

    def each(
        self, open_: Callable[[], AbstractContextManager[Work]], batches: Iterable[Sequence[Placed]]
    ) -> Iterator[Record]:
        """Yield the records of all batches as they come."""


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
