"""Moves a batch's conversations in step: all that wait for an answer are asked together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from steelyard.core.data_type import DataType
from steelyard.core.errors import MalformedValue
from steelyard.core.method import Conversation, Method
from steelyard.core.product import Ask, Reply, Session
from steelyard.core.sample import Fault, Record, Sample
from steelyard.core.words import Words

PATIENCE = 8

Placed = tuple[int, Sample]
"""A sample and its row in the set."""


_Open = tuple[int, Conversation, Any, float]
"""A conversation that waits for an answer: place in the batch, itself, its input, the seconds that it took so far."""


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
    patience : int
        After so many samples without any answer, a product that never answered is not asked the rest.
    """

    def __init__(
        self,
        method: Method,
        seen: DataType[Any] | None,
        session: Session,
        go_on: Callable[[], bool],
        patience: int = PATIENCE,
    ) -> None:
        self._method = method
        self._seen = seen
        self._session = session
        self._go_on = go_on
        self._patience = patience
        self._fruitless = 0
        self._answered = False

    def converse(self, batch: Sequence[Placed]) -> Iterator[Record]:
        """Yield a record for each sample as its conversation ends.

        Samples that a crash or a time-out left open are asked once more, each by itself: only what fails alone counts.
        Where ``go_on`` said no, samples that were not begun are missing.
        """
        places = list(range(len(batch)))
        while places and not self._answered and self._go_on():  # it has yet to show that it answers at all
            place = places.pop(0)
            if self._fruitless == self._patience:
                yield Record(batch[place][0], None, 0.0, Fault.CRASH, _never(self._patience))
            else:
                self._fruitless += 1
                yield from (record for _, record in self._hold([batch[place]], alone=True) if record is not None)
        lost: list[int] = []
        for place, record in self._hold([batch[place] for place in places]):
            if record is None:
                lost.append(places[place])
            else:
                yield record
        for place in lost:
            if self._go_on():
                yield from (record for _, record in self._hold([batch[place]], alone=True) if record is not None)

    def _hold(self, batch: Sequence[Placed], *, alone: bool = False) -> Iterator[tuple[int, Record | None]]:
        """Yield place and record; None for a record that a crash or a time-out left open, unless ``alone``."""
        waiting: list[_Open] = []
        encode = _as_it_is if self._seen is None else self._seen.encode
        for place, (position, sample) in enumerate(batch):
            talk = self._method.ask(sample)
            try:
                waiting.append((place, talk, next(talk), 0.0))
            except StopIteration as end:  # it needed no answer
                yield place, Record(position, end.value, 0.0)
        go_on = self._go_on
        while waiting:
            asks = [Ask(batch[place][1].id, encode(value)) for place, _, value, _ in waiting]
            further: list[_Open] = []
            for index, reply in self._session.ask(asks, go_on):
                place, talk, _, seconds = waiting[index]
                seconds += reply.seconds
                position = batch[place][0]
                if reply.lost and not alone:
                    talk.close()
                    yield place, None
                    continue
                self._answered = self._answered or not reply.lost
                value, fault = self._value(reply)
                if fault is not None:
                    talk.close()
                    yield place, Record(position, None, seconds, *fault)
                    continue
                try:
                    further.append((place, talk, talk.send(value), seconds))
                except StopIteration as end:
                    yield place, Record(position, end.value, seconds)
            waiting, go_on = further, _always

    def _value(self, reply: Reply) -> tuple[Any, tuple[Fault, Words | None] | None]:
        """Return the answer's value, or what is wrong with it."""
        if reply.fault is not None:
            return None, (reply.fault, reply.detail)
        try:
            return self._method.output.decode(reply.output), None
        except MalformedValue as error:
            return None, (Fault.MALFORMED, error.what)


def _never(count: int) -> Words:
    return Words(
        f"not asked: {count} samples before it got no answer, and none ever did",
        f"未提问：此前 {count} 个样本均无回答，产品从未作答",
    )


def _always() -> bool:
    return True


def _as_it_is(value: Any) -> Any:
    return value
