"""Who does the work: here one product beside the bench; many processes and machines are further executors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from steelyard.bench.conversations import Placed
from steelyard.core.sample import Record

Work = Callable[[Sequence[Placed]], Iterator[Record]]
"""Makes records of a batch."""


class Executor(Protocol):
    """Runs work on batches."""

    def each(
        self, open_: Callable[[], AbstractContextManager[Work]], batches: Iterable[Sequence[Placed]]
    ) -> Iterator[Record]:
        """Yield the records of all batches as they come."""


class Here:
    """Runs the batches one after another with one product process."""

    def each(
        self, open_: Callable[[], AbstractContextManager[Work]], batches: Iterable[Sequence[Placed]]
    ) -> Iterator[Record]:
        """Yield the records of all batches as they come."""
        with open_() as work:
            for batch in batches:
                yield from work(batch)
