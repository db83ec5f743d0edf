"""Rows of measured numbers: the same but for rounding and a little noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from steelyard.core.data_type import DataType
from steelyard.library.quality._likeness._vectors import VectorLikeness

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


class FeaturesLikeness(VectorLikeness):
    """Rows of numbers as they are."""

    _size: int | None = None

    def vectors(self, column: pa.Array, kind: DataType[Any]) -> NDArray[np.float64]:
        """Return the rows; one that is missing or of another length than the first is NaN."""
        import numpy as np

        rows = column.to_pylist()
        size = getattr(kind, "size", None) or self._size or next((len(row) for row in rows if row), 1)
        self._size = size
        found = np.full((len(rows), size), np.nan)
        for place, row in enumerate(rows):
            if row is not None and len(row) == size:
                found[place] = row
        return found


LIKENESS = FeaturesLikeness
