"""One file, one data type: how inputs that are nearly the same are found among many, and how alike two of them are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from steelyard.core.data_type import DataType
from steelyard.core.plugins import plugins
from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Pairs = NDArray[np.int64]
    """int64[m, 2], the lesser row first."""


class Likeness(ABC):
    """How alike values of a data type are.

    Every value is reduced to a sketch of a fixed size, candidates are found among the sketches, and each candidate is
    confirmed by a similarity of the values themselves.
    """

    how: Words
    """Sketch, search and similarity, with every number that decides."""
    threshold: float
    """Of the similarity, from which two values count as nearly the same."""
    most: ClassVar[int] = 10_000_000
    """Candidates that are confirmed at most, the closest first where sketches tell; it is said where there are more."""

    def prepare(  # noqa: B027 - most need no such look
        self, batches: Iterator[tuple[int, pa.Array]], kind: DataType[Any]
    ) -> None:
        """See the values once before any is sketched, where sketches hang on how values are spread."""

    @abstractmethod
    def sketch(self, column: pa.Array, kind: DataType[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return a row of numbers for each stored value, and whether it could be read, bool[n]."""

    @abstractmethod
    def candidates(self, sketches: NDArray[Any]) -> Iterator[Pairs]:
        """Yield pairs of rows of sketches that may be nearly the same, in blocks; some may come again."""

    @abstractmethod
    def material(self, column: pa.Array, kind: DataType[Any]) -> Any:
        """Return what stored values are compared by, to be indexed by row: each is unpacked once for all its pairs."""

    @abstractmethod
    def similarity(self, material: Any, pairs: Pairs) -> NDArray[np.float64]:
        """Return how alike values are, pair by pair, float64[m]: 1 is the same."""

    def distances(self, sketches: NDArray[Any], pairs: Pairs) -> NDArray[np.float64] | None:
        """Return how far apart the sketches of some pairs are, float64[m]; None where sketches do not tell."""
        del sketches, pairs
        return None


@cache
def _named(name: str) -> type[Likeness]:
    made: type[Likeness] = import_module(plugins(__name__)[name]).LIKENESS
    return made


def likeness_of(kind: DataType[Any]) -> Likeness | None:
    """Return how values of this data type are compared, by the name of the type; None where nobody has said."""
    name = type(kind).__name__.lower()
    return _named(name)() if name in plugins(__name__) else None
