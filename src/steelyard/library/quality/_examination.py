"""What all checks share: a set, perhaps another one beside it, and what is costly to find out and asked for twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from steelyard.core.data_type import DataType
from steelyard.core.specification import Clause
from steelyard.library.quality._personal import finds, suspects
from steelyard.library.stored_set import StoredSet

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from steelyard.library.quality._near import Near


@dataclass(frozen=True)
class Examination:
    """A set under examination.

    Rows are counted through both sets: those of ``against`` follow those of ``stored``.
    """

    stored: StoredSet
    against: StoredSet | None = None
    clauses: tuple[Clause, ...] = ()
    """Of a specification whose coverage is asked for."""
    seed: int = 0
    """Of all that is drawn."""

    @property
    def kind(self) -> DataType[Any] | None:
        """The inputs' data type; None where the set holds none."""
        return self.stored.input

    @cached_property
    def rows(self) -> int:
        """How many rows the set has; the card may say otherwise."""
        return _count(self.stored)

    @cached_property
    def comparable(self) -> bool:
        """Whether the other set's inputs are of the same data type."""
        other = self.against
        return other is not None and other.input is not None and type(other.input) is type(self.kind)

    @property
    def _compared(self) -> tuple[StoredSet, ...]:
        return (self.stored, self.against) if self.against is not None and self.comparable else (self.stored,)

    def columns(self, stored: StoredSet | None = None) -> list[str]:
        """Return the names of a set's columns, this one's without a name."""
        names: list[str] = next((batch.schema.names for batch in (stored or self.stored).batches(size=1)), [])
        return names

    def column(self, name: str) -> Iterator[pa.Array]:
        """Yield a column's batches, of this set alone."""
        for batch in self.stored.batches([name]):
            yield batch.column(0)

    def inputs(self) -> Iterator[tuple[int, pa.Array]]:
        """Yield the inputs of both sets in batches, each with its first row."""
        start = 0
        for stored in self._compared:
            for batch in stored.batches(["input"]):
                yield start, batch.column(0)
                start += len(batch)

    def take(self, name: str, rows: NDArray[np.int64]) -> pa.Array:
        """Return a column's values at some rows of both sets, in the order asked for; others are let go."""
        import numpy as np
        import pyarrow as pa

        wanted, place = np.unique(rows, return_inverse=True)
        start, found = 0, []
        for stored in self._compared:
            for batch in stored.batches([name]):
                first, last = np.searchsorted(wanted, [start, start + len(batch)])
                if last > first:
                    found.append(batch.column(0).take(pa.array(wanted[first:last] - start)))
                start += len(batch)
        return pa.concat_arrays(found).take(pa.array(place)) if found else pa.nulls(0)

    def ids(self, rows: Sequence[int]) -> list[str]:
        """Return the ids of some rows of both sets; those of the other set bear its name.

        In place of an id that may be a personal datum stands ``#`` with its row in its set.
        """
        import numpy as np

        if not len(rows):
            return []
        found = [str(each) for each in self.take("id", np.asarray(rows, dtype=np.int64)).to_pylist()]
        other = "" if self.against is None else f"{self.against.card.label}: "
        for place in suspects(found):
            if any(True for _ in finds(found[place])):
                found[place] = f"#{rows[place] - (self.rows if rows[place] >= self.rows else 0)}"
        return [f"{other}{each}" if row >= self.rows else each for row, each in zip(rows, found, strict=True)]

    @cached_property
    def splits(self) -> tuple[NDArray[np.int64], list[str]]:
        """For each row of both sets the code of its split, int64[n], and the names of the codes."""
        import numpy as np

        names: list[str] = []
        codes = []
        for stored in self._compared:
            prefix = "" if stored is self.stored else f"{stored.card.label}: "
            if "split" not in self.columns(stored):
                codes.append(np.full(_count(stored), _code(names, f"{prefix}test"), dtype=np.int64))
                continue
            for batch in stored.batches(["split"], 2**16):
                encoded = batch.column(0).dictionary_encode()
                meant = np.array([_code(names, f"{prefix}{name}") for name in encoded.dictionary.to_pylist()] or [0])
                codes.append(meant[encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)].astype(np.int64))
        return np.concatenate(codes) if codes else np.empty(0, dtype=np.int64), names

    @cached_property
    def contents(self) -> NDArray[np.int64]:
        """For each row of both sets the first row whose input has the same digest (BLAKE2b, 128 bits), int64[n]."""
        import numpy as np

        digests = [digests_of(column) for _, column in self.inputs()]
        return first_alike(np.concatenate(digests) if digests else np.empty((0, 2), dtype=np.uint64))

    @cached_property
    def near(self) -> Near | None:
        """Inputs that are nearly the same; None where nobody has said how to compare them."""
        from steelyard.library.quality._near import find_near

        return find_near(self)


def _count(stored: StoredSet) -> int:
    return sum(len(batch) for batch in stored.batches(["id"], 2**16))


def _code(names: list[str], name: str) -> int:
    if name not in names:
        names.append(name)
    return names.index(name)


def digests_of(column: pa.Array) -> NDArray[np.uint64]:
    """Return 128 bits of each value's BLAKE2b, uint64[n, 2]; equal values have equal digests.

    Examples
    --------
    >>> import pyarrow as pa
    >>> found = digests_of(pa.array(["杆秤", "秤", "杆秤"]))
    >>> (found[0] == found[2]).all(), (found[0] == found[1]).any()
    (np.True_, np.False_)
    """
    import numpy as np
    import pyarrow as pa

    def digest(data: bytes) -> bytes:
        return hashlib.blake2b(data, digest_size=16).digest()

    kind = column.type
    if pa.types.is_list(kind) and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)):
        made = [b"-" if row is None else digest(np.asarray(row).tobytes()) for row in _lists(column)]
    elif pa.types.is_string(kind):
        made = [b"-" if value is None else digest(value.encode()) for value in column.to_pylist()]
    elif pa.types.is_binary(kind):
        made = [digest(value.as_buffer()) if value.is_valid else b"-" for value in column]
    else:
        made = [digest(repr(value).encode()) for value in column.to_pylist()]
    return np.frombuffer(b"".join(each.ljust(16, b"\0") for each in made), dtype=np.uint64).reshape(-1, 2)


def _lists(column: pa.Array) -> Iterator[Any]:
    """Yield each row of a column of lists of numbers, as an array."""
    import numpy as np

    ends = np.asarray(column.offsets)
    numbers = column.values.to_numpy(zero_copy_only=False)
    there = column.is_valid().to_numpy(zero_copy_only=False)
    for row, (start, end) in enumerate(pairwise(ends)):
        yield numbers[start:end] if there[row] else None


def first_alike(digests: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return for each row the first one that has the same digest, int64[n].

    Examples
    --------
    >>> import numpy as np
    >>> first_alike(np.array([[1, 1], [2, 1], [1, 1]], dtype=np.uint64)).tolist()
    [0, 1, 0]
    """
    import numpy as np

    if not len(digests):
        return np.empty(0, dtype=np.int64)
    order = np.lexsort((np.arange(len(digests)), digests[:, 1], digests[:, 0]))
    sorted_ = digests[order]
    begins = np.concatenate(([True], (sorted_[1:] != sorted_[:-1]).any(axis=1)))
    found = np.empty(len(digests), dtype=np.int64)
    found[order] = order[begins][np.cumsum(begins) - 1]
    return found
