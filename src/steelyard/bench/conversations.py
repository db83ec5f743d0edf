"""Moves a batch's conversations in step: all that wait for an answer are asked together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from steelyard.core.data_type import DataType
from steelyard.core.episode import CLOSE, OPEN, STEP, Open, Turn, Turns
from steelyard.core.errors import BenchError, CallError, MalformedValue
from steelyard.core.method import Conversation, Method, ask_once
from steelyard.core.product import Ask, Product, Reply, Session
from steelyard.core.sample import Fault, Record, Sample
from steelyard.core.words import Words

PATIENCE = 8
_new = tuple.__new__
"""Makes named tuples in half the time that their own constructors take: some are made for each sample."""
_NO_FAULT = None, None

Placed = tuple[int, Sample]
"""A sample and its row in the set."""


_Waiting = tuple[int, Conversation, Any, float, str]
"""A conversation that waits for an answer: its place in the batch, itself, what it asks, seconds so far, episode."""


def seen_by(product: Product, method: Method, seen: DataType[Any] | None) -> DataType[Any] | None:
    """Return the type of what a product is asked, for inputs as a set has them.

    In a closed loop these are turns; a product that keeps no episodes is asked each observation by itself.

    Raises
    ------
    CallError
        For recorded answers in a closed loop.
    """
    if method.observation is None:
        return seen
    if product.answered is not None:
        raise CallError(
            Words(
                f"{method.name} is a closed loop: what a product sees next hangs on what it did; recorded answers "
                "cannot tell what it would have done.",
                f"{method.name} 为闭环检测：产品下一步所见取决于其上一步动作，答案记录无法反映。",
            ),
            Words("Give a product that runs: python:, cmd: or http:", "请给出可运行的产品：python:、cmd: 或 http:"),
        )
    if seen is None or not product.keeps_episodes:
        return method.observation
    return Turns(seen, method.observation)


class Conversations:
    """Holds the conversations of one method with one running product.

    Parameters
    ----------
    method : Method
        Whose conversations are held.
    seen : DataType or None
        Of what the product is asked: `seen_by`; None where there are no inputs.
    session : Session
        The running product.
    go_on : callable
        Asked before each new conversation; once it says no, those under way are finished and none is begun.
    patience : int
        After so many samples without any answer, a product that never answered is not asked the rest.
    batch_of : callable, optional
        Of a product that may get several asks in one request: the number of the batch that a row belongs to. It is
        asked each batch whole; any other is asked its first samples singly, until it has answered.
    """

    def __init__(
        self,
        method: Method,
        seen: DataType[Any] | None,
        session: Session,
        go_on: Callable[[], bool],
        patience: int = PATIENCE,
        batch_of: Callable[[int], int] | None = None,
    ) -> None:
        self._method = method
        self._turns = isinstance(seen, Turns)
        self._encode = _as_it_is if seen is None else seen.encode
        self._session = session
        self._go_on = go_on
        self._patience = patience
        self._batch_of = batch_of
        self._fruitless = 0
        self._answered = False

    def converse(self, batch: Sequence[Placed]) -> Iterator[Record]:
        """Yield a record for each sample as its conversation ends.

        Samples that a crash or a time-out left open are asked once more, each by itself: only what fails alone counts.
        Where ``go_on`` said no, samples that were not begun are missing.
        """
        rest = batch
        while rest and not self._answered and self._go_on():  # it has yet to show that it answers at all
            count = self._first(rest)
            yield from self._alone(rest[0]) if count == 1 else self._together(rest[:count])
            rest = rest[count:]
        yield from self._together(rest)

    def _first(self, batch: Sequence[Placed]) -> int:
        """Return how many samples a product is asked at first: one, or what may share a request."""
        if self._batch_of is None or self._fruitless == self._patience:
            return 1
        number = self._batch_of(batch[0][0])
        return next((count for count, (row, _) in enumerate(batch) if self._batch_of(row) != number), len(batch))

    def _together(self, batch: Sequence[Placed]) -> Iterator[Record]:
        """Ask all samples, and what a crash or a time-out left open once more, singly."""
        lost: list[int] = []
        for place, record in self._hold(batch):
            if record is None:
                lost.append(place)
            else:
                yield record
        for place in lost:
            if self._go_on():
                yield from self._alone(batch[place])

    def _alone(self, placed: Placed) -> Iterator[Record]:
        """Ask one sample by itself, unless the product has never answered for so long that it is not asked the rest."""
        if not self._answered and self._fruitless == self._patience:
            yield Record(placed[0], None, 0.0, Fault.CRASH, _never(self._patience))
            return
        self._fruitless += not self._answered
        yield from (record for _, record in self._hold([placed], alone=True) if record is not None)

    def _hold(self, batch: Sequence[Placed], *, alone: bool = False) -> Iterator[tuple[int, Record | None]]:
        """Yield place and record; None for a record that a crash or a time-out left open, unless ``alone``."""
        if self._method.ask is ask_once and self._method.observation is None:
            yield from self._hold_once(batch, alone=alone)
            return
        waiting, ended = self._begin(batch)
        yield from ended
        over: list[str] = []  # episodes that the product is yet to be told the end of
        go_on = self._go_on
        while waiting or over:
            asks = [self._ask(batch[place], value, episode) for place, _, value, _, episode in waiting]
            asks += [Ask("", self._encode(Turn(episode, CLOSE)), episode, CLOSE) for episode in over]
            further: list[_Waiting] = []
            over = []
            for index, reply in self._session.ask(asks, go_on):
                if index >= len(waiting):
                    continue  # how it closed an episode changes nothing of what came of it; the session takes note
                place, talk, asked, seconds, episode = waiting[index]
                seconds += reply.seconds
                position = batch[place][0]
                if reply.lost and not alone:
                    talk.close()
                    yield place, None
                    continue
                opened = type(asked) is Open
                self._answered = self._answered or not (reply.lost or opened)
                value, fault = (None, None) if opened and reply.fault is None else self._value(reply)
                if fault is None:
                    try:
                        further.append((place, talk, talk.send(value), seconds, episode))
                        continue
                    except StopIteration as end:
                        record = Record(position, end.value, seconds)
                else:
                    talk.close()
                    record = Record(position, None, seconds, *fault)
                if episode and not reply.lost and not (opened and fault):
                    over.append(episode)
                yield place, record
            if self._method.observation is not None and any(type(value) is Open for _, _, value, _, _ in further):
                raise _not_opened(self._method)
            waiting, go_on = further, _always

    def _hold_once(self, batch: Sequence[Placed], *, alone: bool) -> Iterator[tuple[int, Record | None]]:
        """Do the same for conversations that only ask once: most do, and a generator for each costs as much."""
        encode, number = self._encode, self._batch_of or _of_no_batch
        asks = [_new(Ask, (sample.id, encode(sample.input), "", "", number(position))) for position, sample in batch]
        for place, reply in self._session.ask(asks, self._go_on) if asks else ():
            if reply.lost and not alone:
                yield place, None
                continue
            self._answered = self._answered or not reply.lost
            value, fault = self._value(reply)
            yield place, _new(Record, (batch[place][0], value, reply.seconds, *(fault or _NO_FAULT)))

    def _begin(self, batch: Sequence[Placed]) -> tuple[list[_Waiting], list[tuple[int, Record]]]:
        """Begin the conversations of a batch; return those that ask something, and records of those that need not."""
        waiting: list[_Waiting] = []
        ended = []
        for place, (position, sample) in enumerate(batch):
            talk = self._method.ask(sample)
            try:
                value = next(talk)
                if (self._method.observation is None) == (type(value) is Open):
                    raise _not_opened(self._method)
                if type(value) is Open and not self._turns:
                    value = talk.send(None)  # the product keeps no episodes, and is told of none
            except StopIteration as end:
                ended.append((place, Record(position, end.value, 0.0)))
            else:
                # Drawn at random: it is to tell nothing of the sample, and a service may serve others.
                waiting.append((place, talk, value, 0.0, os.urandom(8).hex() if self._turns else ""))
        return waiting, ended

    def _ask(self, placed: Placed, value: Any, episode: str) -> Ask:
        """Return what is asked for a value that a conversation yielded."""
        position, sample = placed
        number = 0 if self._batch_of is None else self._batch_of(position)
        if not self._turns:
            return Ask(sample.id, self._encode(value), batch=number)
        turn = Turn(episode, OPEN, value.scenario) if type(value) is Open else Turn(episode, STEP, value)
        return Ask(sample.id, self._encode(turn), episode, turn.act, number)

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


def _not_opened(method: Method) -> BenchError:
    return BenchError(
        Words(
            f"{method.name} must yield Open(scenario) once, first, if it declares observations; else never.",
            f"{method.name} 声明了 observation 时须先产出一次 Open(scenario)，未声明则不得产出。",
        ),
        Words("Mend the method: docs/closed-loops.md shows one.", "请修正该方法：示例见 docs/closed-loops.md。"),
    )


def _always() -> bool:
    return True


def _of_no_batch(position: int) -> int:  # noqa: ARG001
    return 0


def _as_it_is(value: Any) -> Any:
    return value
