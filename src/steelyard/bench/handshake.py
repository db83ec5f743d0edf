"""Shakes hands with a product on a few samples, and says what is wrong with its answers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from steelyard.bench.conversations import Conversations, Placed, seen_by
from steelyard.core.errors import CallError
from steelyard.core.method import Method
from steelyard.core.product import Isolation, Limits, Product
from steelyard.core.sample import Fault, Sample
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.library.home import hidden
from steelyard.library.stored_set import StoredSet
from steelyard.products import check_surroundings

SAMPLES = 8
LIMITS = Limits(answer_seconds=30.0, start_seconds=120.0)
PATIENCE = 2


@dataclass(frozen=True)
class Probe:
    """One sample and what came of it."""

    sample: str
    output: Any
    fault: Fault | None
    detail: Words | None
    """What a vendor can mend."""


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


def shake_hands(
    product: Product,
    method: Method,
    test_set: str | None = None,
    limits: Limits = LIMITS,
    isolation: str = "none",
) -> Handshake:
    """Ask a product a few samples of a set, or the method's own examples, and check what it says.

    Parameters
    ----------
    product : Product
        The product under test; of recorded answers all are checked.
    method : Method
        Whose input it takes and whose output it gives.
    test_set : str, optional
        Name or folder of a set; without, the only set for the method, else the method's examples.
    limits : Limits
        What the product is granted.
    isolation : str
        ``bwrap`` keeps the product from the answers; ``none`` does not.
    """
    check_surroundings(product, limits, isolation)
    unseen = hidden()
    name = test_set or product.test_set or _only_set(method, product)
    if name is not None:
        opened = store.open_set(name, sealed=True)
        unseen = opened.hidden()
        seen = None if product.answered is not None else opened.input  # recorded answers are only looked up
        asked = Words(f"samples of {opened.card.label}", f"{opened.card.label} 的样本")
        batch = list(itertools.islice(_placed(opened, product), None if product.answered is not None else SAMPLES))
    elif product.answered is None:
        seen, asked = method.input, Words(f"the examples of {method.name}", f"{method.name} 的示例")
        batch = [
            (number, Sample(f"example {number}", example.input, example.reference, {}, {}))
            for number, example in enumerate(method.examples, 1)
        ]
    else:
        raise CallError(
            Words("recorded answers are checked against a set.", "答案记录须对照数据集检查。"),
            Words("Name it with --set.", "请用 --set 指明。"),
        )
    seen = seen_by(product, method, seen)
    session = product.start(seen, method.output, limits, Isolation(isolation, unseen))
    try:
        talks = Conversations(method, seen, session, lambda: True, PATIENCE)
        records = {record.position: record for record in talks.converse(batch)}
    finally:
        session.close()
    probes = [
        Probe(sample.id, records[position].output, records[position].fault, records[position].detail)
        for position, sample in batch
    ]
    return Handshake(asked, tuple(probes), session.notes())


def _only_set(method: Method, product: Product) -> str | None:
    fitting = [
        address
        for address in store.names()
        for card in [store.card(address)]
        if method.name in card.methods and (card.input is not None or product.answered is not None)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _placed(opened: StoredSet, product: Product) -> Iterator[Placed]:
    seen = None if product.answered is not None else opened.input
    if seen is None and product.answered is None:
        raise CallError(
            Words(f"the set {opened.card.name} holds no inputs.", f"数据集 {opened.card.name} 不含输入。"),
            Words("Choose another with --set.", "请用 --set 另选。"),
        )
    position = itertools.count()
    for batch in opened.batches(["id", "reference"] if seen is None else ["id", "reference", "input"], SAMPLES):
        for row in batch.to_pylist():
            value = None if seen is None else seen.load(row["input"])
            yield next(position), Sample(row["id"], value, row["reference"], {}, {})
