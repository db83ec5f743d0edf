"""Moves a batch's conversations in step: all that wait for an answer are asked together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from steelyard.core.data_type import DataType
from steelyard.core.errors import MalformedValue
from steelyard.core.method import Conversation, Method
from steelyard.core.product import Ask, Reply, Session
from steelyard.core.sample import Record, Sample

Placed = tuple[int, Sample]
"""A sample and its row in the set."""


class _Open(NamedTuple):
    """A conversation that waits for an answer."""

    place: int
    talk: Conversation
    input: Any
    seconds: float


class Conversations:
    """Holds the conversations of one method with one running product.

    Parameters
    ----------
    method : Method
        Whose conversations are held.
    seen : DataType or None
        Of the inputs, as the set has them; None where there are none.
    session : Session
        The running product.
    go_on : callable
        Asked before each new conversation; once it says no, those under way are finished and none is begun.
    """

    def __init__(self, method: Method, seen: DataType[Any] | None, session: Session, go_on: Callable[[], bool]) -> None:
        self._method = method
        self._seen = seen
        self._session = session
        self._go_on = go_on

    def converse(self, batch: Sequence[Placed]) -> Iterator[Record]:
        """Yield a record for each sample as its conversation ends.

        Samples that a crash or a time-out left open are asked once more, each by itself: only what fails alone counts.
        Where ``go_on`` said no, samples that were not begun are missing.
        """
        lost: list[int] = []
        for place, record in self._hold(batch):
            if record is None:
                lost.append(place)
            else:
                yield record
        for place in lost:
            if not self._go_on():
                return
            for _, record in self._hold([batch[place]], alone=True):
                assert record is not None
                yield record

    def _hold(self, batch: Sequence[Placed], *, alone: bool = False) -> Iterator[tuple[int, Record | None]]:
        """Yield place and record; None for a record that a crash or a time-out left open, unless ``alone``."""
        waiting: list[_Open] = []
        for place, (position, sample) in enumerate(batch):
            talk = self._method.ask(sample)
            try:
                waiting.append(_Open(place, talk, next(talk), 0.0))
            except StopIteration as end:  # it needed no answer
                yield place, Record(position, end.value, 0.0)
        go_on = self._go_on
        while waiting:
            asks = [Ask(batch[each.place][1].id, self._wire(each.input)) for each in waiting]
            further: list[_Open] = []
            for index, reply in self._session.ask(asks, go_on):
                place, talk, _, seconds = waiting[index]
                seconds += reply.seconds
                position = batch[place][0]
                if reply.lost and not alone:
                    talk.close()
                    yield place, None
                    continue
                value, fault = self._value(reply)
                if fault is not None:
                    talk.close()
                    yield place, Record(position, None, seconds, *fault)
                    continue
                try:
                    further.append(_Open(place, talk, talk.send(value), seconds))
                except StopIteration as end:
                    yield place, Record(position, end.value, seconds)
            waiting, go_on = further, _always

    def _wire(self, value: Any) -> Any:
        return None if self._seen is None else self._seen.encode(value)

    def _value(self, reply: Reply) -> tuple[Any, tuple[str, str | None] | None]:
        """Return the answer's value, or what is wrong with it."""
        if reply.error is not None:
            return None, (reply.error, reply.detail)
        try:
            return self._method.output.decode(reply.output), None
        except MalformedValue as error:
            return None, ("malformed", error.what.en)


def _always() -> bool:
    return True
