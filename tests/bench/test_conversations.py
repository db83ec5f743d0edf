"""Conversations move in step; a crash costs its own sample, not its batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from steelyard import fields
from steelyard.bench.conversations import PATIENCE, Conversations
from steelyard.core.method import Conversation
from steelyard.core.product import Ask, Reply
from steelyard.core.sample import Fault, Record, Sample
from steelyard.core.words import Words

METHOD = fields.find("medical.diagnosis")


class Scripted:
    """A product that does what a function says of each input; it crashes with all that is open."""

    def __init__(self, says: Callable[[object], Reply | None]) -> None:
        self.says = says
        self.asked: list[list[object]] = []

    def ask(self, asks: Sequence[Ask], go_on: Callable[[], bool]) -> Iterator[tuple[int, Reply]]:
        self.asked.append([ask.input for ask in asks])
        crashed = False
        for index, ask in enumerate(asks):
            if not go_on():
                return
            reply = None if crashed else self.says(ask.input)
            crashed = crashed or reply is None
            yield index, reply or Reply(None, 0.1, Fault.CRASH, Words("exit code 1", "退出码 1"), lost=True)

    def notes(self) -> tuple[Words, ...]:
        return ()

    def close(self) -> None:
        pass


def batch(count: int) -> list[tuple[int, Sample]]:
    return [(10 + n, Sample(f"s{n}", [float(n)], "positive", {}, {})) for n in range(count)]


def hold(product: Scripted, count: int, go_on: Callable[[], bool] = lambda: True) -> dict[int, Record]:
    talks = Conversations(METHOD, METHOD.input, product, go_on)
    return {record.position: record for record in talks.converse(batch(count))}


def test_a_batch_is_asked_together_once_the_product_has_shown_that_it_answers() -> None:
    product = Scripted(lambda _: Reply("positive", 0.5))
    records = hold(product, 3)
    assert product.asked == [[[0.0]], [[1.0], [2.0]]]
    assert list(records.values()) == [Record(10 + n, "positive", 0.5) for n in range(3)]


def test_only_what_fails_alone_counts() -> None:
    product = Scripted(lambda value: None if value == [2.0] else Reply("positive", 0.5))
    records = hold(product, 5)
    assert product.asked == [[[0.0]], [[1.0], [2.0], [3.0], [4.0]], [[2.0]], [[3.0]], [[4.0]]]
    assert [records[10 + n].fault for n in range(5)] == [None, None, Fault.CRASH, None, None]
    assert records[12].output is None


def test_a_product_that_never_answers_is_given_up_and_every_sample_counts() -> None:
    product = Scripted(lambda _: None)
    records = hold(product, 12)
    assert product.asked == [[[float(n)]] for n in range(PATIENCE)]
    assert [records[10 + n].fault for n in range(12)] == [Fault.CRASH] * 12
    assert "none ever did" in records[21].detail.en


def test_an_answer_of_the_wrong_type_is_malformed() -> None:
    records = hold(Scripted(lambda _: Reply(0.9, 0.1)), 1)
    assert (records[10].fault, records[10].output) == (Fault.MALFORMED, None)
    assert "expected one of 'negative', 'positive', 'not gradable', got a number" in records[10].detail.en


def test_nothing_new_is_begun_once_the_user_stops() -> None:
    asked = iter([True, True, True, False])  # before the first sample, for it, and for the next
    records = hold(Scripted(lambda _: Reply("positive", 0.1)), 5, lambda: next(asked, False))
    assert sorted(records) == [10, 11]


def dialogue(sample: Sample) -> Conversation:
    """Ask until the product says that it is positive, at most three times."""
    for turn in range(3):
        answer = yield [*sample.input, float(turn)]
        if answer == "positive":
            return "positive"
    return "not gradable"


def test_a_dialogue_moves_in_step_and_finishes_when_the_user_stops() -> None:
    method = replace(METHOD, ask=dialogue)
    product = Scripted(lambda value: Reply("positive" if sum(value) >= 3 else "negative", 0.25))  # type: ignore[call-overload]
    stop = iter([True] * 5)  # before the first sample, and for each
    talks = Conversations(method, method.input, product, lambda: next(stop, False))
    records = {record.position: record for record in talks.converse(batch(4))}
    assert product.asked == [
        *([[0.0, turn]] for turn in (0.0, 1.0, 2.0)),
        [[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]],
        [[1.0, 1.0], [2.0, 1.0]],
        [[1.0, 2.0]],
    ]
    assert [records[10 + n].output for n in range(4)] == ["not gradable", "positive", "positive", "positive"]
    assert [records[10 + n].seconds for n in range(4)] == [0.75, 0.75, 0.5, 0.25]


def test_a_dialogue_that_a_crash_broke_begins_anew() -> None:
    method = replace(METHOD, ask=dialogue)
    crashes = iter([None])
    product = Scripted(
        lambda value: next(crashes, Reply("positive", 0.1)) if value == [1.0, 0.0] else Reply("positive", 0.1)
    )
    records = list(Conversations(method, method.input, product, lambda: True).converse(batch(3)))
    assert product.asked == [[[0.0, 0.0]], [[1.0, 0.0], [2.0, 0.0]], [[1.0, 0.0]], [[2.0, 0.0]]]
    assert {record.position: record.fault for record in records} == {10: None, 11: None, 12: None}
