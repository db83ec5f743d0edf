"""Whether a product was trained on what it is tested on, as far as its card and this library can tell."""

from __future__ import annotations

from collections.abc import Sequence
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

    shared = int(np.isin(_inputs(tested, rows), _inputs(learned, own)).sum())
    if shared:
        raise _trained(declared, shared, Words("inputs", "个输入"), len(rows))


def inputs_met(tested: StoredSet, rows: NDArray[np.int64], trained_on: Sequence[str]) -> tuple[Words, ...]:
    """Return how many inputs stand, to the last bit, also in the splits of the same set that a product learned from.

    Other samples of other units may well be equal: people say the same short things. So nothing is refused; whoever
    reads the report should know. Of other sets equal inputs were refused (`found_apart`).

    Parameters
    ----------
    tested : StoredSet
        The set under test.
    rows : int64[n]
        Its rows that are tested, ascending.
    trained_on : sequence of str
        ``NAME@VERSION#SPLIT``; what names another set, or none, is passed over.
    """
    import numpy as np

    said: list[Words] = []
    if tested.card.input is None:
        return ()
    for declared in trained_on:
        address, _, split = declared.partition("#")
        if address not in (tested.card.label, tested.card.name) or split not in tested.card.splits:
            continue
        equal = int(np.isin(_inputs(tested, rows), _inputs(tested, tested.positions(split))).sum())
        if equal:
            share = f"{100 * equal / len(rows):.2g} %"
            said.append(
                Words(
                    f"{equal:,} of the {len(rows):,} inputs ({share}) are equal, to the last bit, to inputs of "
                    f"{declared}, on which its card says that it was trained; it may know these by heart.",
                    f"{len(rows):,} 个输入中有 {equal:,} 个（{share}）与其卡片所称训练数据 {declared} "
                    "中的输入逐字节相同；产品可能只是记住了它们。",
                )
            )
    return tuple(said)


def tells_of_met(note: Words, declared: str) -> bool:
    """Whether a note is one that `inputs_met` made of a training set; whoever checks a report has only its words."""
    return f"are equal, to the last bit, to inputs of {declared}, on which its card" in note.en


def _inputs(stored: StoredSet, rows: NDArray[np.int64]) -> NDArray[np.void]:
    """Return the hash of the input of each of some rows, ascending, V32[n]; no more than a batch is in memory."""
    import numpy as np

    each = leaves(stored.batches(["input"]))
    next(each)  # the column's kind
    found, start = [np.empty(0, "V32")], 0
    for hashed in each:
        batch = np.frombuffer(hashed, "V32")
        first, last = np.searchsorted(rows, [start, start + len(batch)])
        found.append(batch[rows[first:last] - start])
        start += len(batch)
    return np.concatenate(found)


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
