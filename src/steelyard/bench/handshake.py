"""Shakes hands with a product on a few samples, and says what is wrong with its answers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from steelyard.core.data_type import DataType
from steelyard.core.errors import CallError, MalformedValue
from steelyard.core.method import Method
from steelyard.core.product import Ask, Limits, Product, Reply
from steelyard.core.words import Words
from steelyard.library import store

SAMPLES = 8
LIMITS = Limits(answer_seconds=30.0)


@dataclass(frozen=True)
class Probe:
    """One sample and what came of it."""

    sample: str
    output: Any
    seconds: float
    fault: Words | None
    """What is wrong with the answer, and what to mend; None where it is usable."""


@dataclass(frozen=True)
class Handshake:
    """What came of a few samples."""

    asked: Words
    """Where the samples come from."""
    probes: tuple[Probe, ...]
    notes: tuple[Words, ...]

    @property
    def usable(self) -> bool:
        """Whether every answer can be scored."""
        return all(probe.fault is None for probe in self.probes)


def shake_hands(product: Product, method: Method, test_set: str | None = None) -> Handshake:
    """Ask a product a few samples of a set, or the method's own examples, and check what it says.

    Parameters
    ----------
    product : Product
        The product under test; of recorded answers all are checked.
    method : Method
        Whose input it takes and whose output it gives.
    test_set : str, optional
        Name or folder of a set; without, the only set for the method, else the method's examples.
    """
    name = test_set or product.test_set or _only_set(method, product)
    if name is None:
        if product.answered is not None:
            raise CallError(
                Words("recorded answers are checked against a set.", "答案记录须对照数据集检查。"),
                Words("Name it with --set.", "请用 --set 指明。"),
            )
        asked = Words(f"the examples of {method.name}", f"{method.name} 的示例")
        seen: DataType[Any] | None = method.input
        asks = [
            Ask(f"example {number}", method.input.encode(example.input))
            for number, example in enumerate(method.examples, 1)
        ]
    else:
        opened = store.open_set(name)
        seen = opened.input
        count = None if product.answered is not None else SAMPLES
        asks = list(itertools.islice(_asks(opened, product), count))
        asked = Words(f"samples of {opened.card.label}", f"{opened.card.label} 的样本")
    session = product.start(seen, method.output, LIMITS)
    try:
        replies = dict(session.ask(asks, lambda: True))
        notes = session.notes()
    finally:
        session.close()
    probes = tuple(_probe(asks[index].sample, reply, method) for index, reply in sorted(replies.items()))
    return Handshake(asked, probes, notes)


def _only_set(method: Method, product: Product) -> str | None:
    fitting = [
        name
        for name in store.names()
        if method.name in store.card(name).methods
        and (store.card(name).input is not None or product.answered is not None)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _asks(opened: store.StoredSet, product: Product) -> Iterator[Ask]:
    seen = opened.input
    if seen is None and product.answered is None:
        raise CallError(
            Words(f"the set {opened.card.name} holds no inputs.", f"数据集 {opened.card.name} 不含输入。"),
            Words("Choose another with --set.", "请用 --set 另选。"),
        )
    for batch in opened.batches(["id"] if seen is None else ["id", "input"], SAMPLES):
        for row in batch.to_pylist():
            yield Ask(row["id"], None if seen is None else seen.encode(seen.load(row["input"])))


def _probe(sample: str, reply: Reply, method: Method) -> Probe:
    if reply.error is None:
        try:
            value = method.output.decode(reply.output)
        except MalformedValue as error:
            what = error.what
            fault = Words(f"the output is not usable: {what.en}", f"输出不可用：{what.zh}")
            return Probe(sample, reply.output, reply.seconds, fault)
        return Probe(sample, value, reply.seconds, None)
    detail = reply.detail or ""
    said = {
        "crash": Words(f"it ended without an answer: {detail}", f"未回答即退出：{detail}"),
        "timeout": Words(f"it did not answer: {detail}", f"未回答：{detail}"),
        "malformed": Words(f"its line cannot be read: {detail}", f"无法读取其输出行：{detail}"),
        "refused": Words(f"it says that it failed: {detail}", f"产品报告失败：{detail}"),
        "missing": Words("there is no recorded answer", "没有答案记录"),
    }
    return Probe(sample, None, reply.seconds, said[reply.error])
