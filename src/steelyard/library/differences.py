"""What changed from one set to another: which samples, in which columns, and what their cards say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import plain
from steelyard.library._leaves import leaves
from steelyard.library.stored_set import StoredSet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COUNTED = {"samples", "splits", "digest"}
"""Fields of a card that follow from the samples."""


@dataclass(frozen=True)
class Differences:
    """What is in one set and not, or otherwise, in another."""

    removed: Sequence[str]
    """Ids of samples that only the first has, in its order."""
    added: Sequence[str]
    """Ids of samples that only the second has, in its order."""
    changed: Mapping[str, Sequence[str]]
    """Column to the ids of samples whose value in it differs; columns without any are not named."""
    columns_removed: Sequence[str]
    columns_added: Sequence[str]
    reordered: bool
    """Whether samples that both have stand in another order."""
    card: Mapping[str, tuple[Any, Any]]
    """Fields of the cards that differ, but for those that follow from the samples."""

    def __bool__(self) -> bool:
        """Whether anything differs."""
        samples = self.removed or self.added or self.changed or self.columns_removed or self.columns_added
        return bool(samples or self.reordered or self.card)


def differences(first: StoredSet, second: StoredSet) -> Differences:
    """Return what changed from the first set to the second. Samples are known by their ids.

    Values are compared by their hashes, a column at a time: memory hangs on the number of samples alone.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = [pa.chunked_array([batch.column(0) for batch in each.batches(["id"])]) for each in (first, second)]
    places = pc.index_in(ids[0].combine_chunks(), ids[1].combine_chunks())
    common = np.flatnonzero(np.asarray(places.is_valid()))
    there = np.asarray(places.drop_null()).astype(np.int64)
    missing = np.ones(len(ids[1]), bool)
    missing[there] = False
    columns = [_columns(first), _columns(second)]
    changed = {}
    for column in (name for name in columns[0] if name in columns[1] and name != "id"):
        differ = (_hashes(first, column)[common] != _hashes(second, column)[there]).any(axis=1)
        if differ.any():
            changed[column] = ids[0].take(pa.array(common[differ])).to_pylist()
    said = [plain(each.card) for each in (first, second)]
    return Differences(
        removed=ids[0].filter(pc.is_null(places)).to_pylist(),
        added=ids[1].filter(pa.array(missing)).to_pylist(),
        changed=changed,
        columns_removed=[name for name in columns[0] if name not in columns[1]],
        columns_added=[name for name in columns[1] if name not in columns[0]],
        reordered=bool((np.diff(there) < 0).any()),
        card={
            key: (said[0][key], said[1][key]) for key in said[0] if key not in COUNTED and said[0][key] != said[1][key]
        },
    )


def _columns(stored: StoredSet) -> list[str]:
    names: list[str] = next(stored.batches(size=1)).schema.names
    return names


def _hashes(stored: StoredSet, column: str) -> NDArray[np.uint8]:
    """Return the hash of each row's kind and value in a column, uint8[n, 32]."""
    import numpy as np

    kind, *rows = leaves(stored.batches([column]))
    hashes = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, len(kind))
    return hashes ^ np.frombuffer(kind, np.uint8)  # another kind makes every value another
