"""Whether a product was trained on what it is tested on, as far as its card and this library can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from steelyard.core.errors import CallError, SetError, UnknownName
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.library._leaves import leaves
from steelyard.library.stored_set import StoredSet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def found_apart(tested: StoredSet, rows: NDArray[np.int64], trained_on: Sequence[str]) -> tuple[str, ...]:
    """Return which of the declared training sets are here and share nothing with the samples that are to be tested.

    Of the same set, samples must not be the same, nor share a unit (a patient, a speaker); of other sets, inputs must
    not be equal. What is not in this library cannot be compared, and is not among the result.

    Parameters
    ----------
    tested : StoredSet
        The set under test.
    rows : int64[n]
        Its rows that are to be tested.
    trained_on : sequence of str
        ``NAME@VERSION#SPLIT``, without ``#SPLIT`` all of it; other words are passed over.

    Raises
    ------
    CallError
        Where they share something; the message says what and how many.
    UnknownName
        Where a set that is here has no such split.
    """
    apart = []
    for declared in trained_on:
        address, _, split = declared.partition("#")
        try:
            learned = tested if address in (tested.card.label, tested.card.name) else store.open_set(address)
        except (UnknownName, SetError):
            continue  # words, or a set that is not here
        own = _rows(learned, split)  # a set that is here has no split of another name
        if learned.card.digest == tested.card.digest:
            _refuse_same(tested, rows, own, declared)
        elif tested.card.input is None or learned.card.input is None:
            continue  # there is nothing to compare
        else:
            _refuse_equal(tested, rows, learned, own, declared)
        apart.append(declared)
    return tuple(apart)


def _rows(stored: StoredSet, split: str) -> NDArray[np.int64]:
    import numpy as np

    return stored.positions(split) if split else np.arange(stored.card.samples)


def _refuse_same(tested: StoredSet, rows: NDArray[np.int64], own: NDArray[np.int64], declared: str) -> None:
    import numpy as np

    shared = len(np.intersect1d(rows, own))
    if shared:
        raise _trained(declared, shared, Words("samples", "个样本"), len(rows))
    for unit, plural in tested.card.units.items():
        codes, _ = tested.codes(unit)
        shared = len(np.intersect1d(codes[rows], codes[own]))
        if shared:
            raise _trained(declared, shared, plural, len(np.unique(codes[rows])))


def _refuse_equal(
    tested: StoredSet, rows: NDArray[np.int64], learned: StoredSet, own: NDArray[np.int64], declared: str
) -> None:
    import numpy as np

    shared = int(np.isin(_inputs(tested)[rows], _inputs(learned)[own]).sum())
    if shared:
        raise _trained(declared, shared, Words("inputs", "个输入"), len(rows))


def _inputs(stored: StoredSet) -> NDArray[np.void]:
    """Return the hash of each row's input, void32[n]."""
    import numpy as np

    return np.frombuffer(b"".join(_hashes(stored)), np.dtype("V32"))


def _hashes(stored: StoredSet) -> Iterator[bytes]:
    each = leaves(stored.batches(["input"]))
    next(each)  # the column's kind
    yield from each


def _trained(declared: str, shared: int, what: Words, of: int) -> CallError:
    return CallError(
        Words(
            f"the product's card says that it was trained on {declared}: "
            f"{shared:,} of the {of:,} {what.en} to be tested are among it.",
            f"产品卡片称其使用 {declared} 训练：待检测的 {of:,} {what.zh}中有 {shared:,} 个包含在内。",
        ),
        Words(
            "What was learned by heart proves nothing. Test on a split, or a set, that it has never seen.",
            "记住的答案不能证明任何能力。请使用产品从未见过的划分或数据集。",
        ),
    )
