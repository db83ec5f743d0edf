"""A product under test, and how the bench speaks with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType
from steelyard.core.sample import Fault
from steelyard.core.words import Words


@dataclass(frozen=True)
class Identity:
    """Which product it was: by digest of what was run, or merely as declared (and marked so)."""

    uri: str
    kind: str
    """``digest`` or ``declared``."""
    digest: str | None
    covers: Words
    """What the digest is taken over, or why there is none."""


class Ask(NamedTuple):
    """One input on its way to a product."""

    sample: str
    """The sample's id: for recorded answers; never sent to a live product."""
    input: JSON
    """The input's wire form."""


class Reply(NamedTuple):
    """What came back for one ask.

    ``lost`` marks an ask that a crash or a time-out left open; it may have been its neighbour's fault, so the bench
    asks once more, singly.
    """

    output: JSON
    seconds: float
    fault: Fault | None = None
    detail: Words | None = None
    lost: bool = False


class Session(Protocol):
    """A product that is running."""

    def ask(self, asks: Sequence[Ask], go_on: Callable[[], bool]) -> Iterator[tuple[int, Reply]]:
        """Ask, and yield index and reply as replies come in.

        Before each new ask ``go_on`` is called; once it says no, what was asked is still waited for and nothing new is
        sent. What was never sent is not yielded.
        """

    def notes(self) -> tuple[Words, ...]:
        """Return what else was seen: restarts, lines that answered nothing."""

    def close(self) -> None:
        """End the product and everything it started."""


@dataclass(frozen=True)
class Limits:
    """What a product is granted."""

    answer_seconds: float = 60.0
    """Without any answer for so long, it is taken to hang."""
    start_seconds: float = 300.0
    """To start, until its first answer."""
    line_bytes: int = 64 * 2**20
    """Of one answer."""


@dataclass(frozen=True)
class Product:
    """A product that can be started."""

    identity: Identity
    assurance: str
    """The most that a report can claim: ``B`` open set, asked here; ``C`` recorded answers."""
    start: Callable[[DataType[Any] | None, DataType[Any], Limits], Session]
    """Start it for an input and an output type."""
    test_set: str | None = None
    """The set that it is bound to (recorded answers)."""
    answered: frozenset[str] | None = None
    """Ids that recorded answers exist for; None: it can be asked anything."""
