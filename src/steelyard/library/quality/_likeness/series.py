"""What several channels measured: the same course, as long, but for rounding and a little noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from steelyard.core.data_type import DataType
from steelyard.core.errors import MalformedValue
from steelyard.library.quality._likeness._vectors import VectorLikeness

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

POINTS = 32
"""Stretches of each series whose means are compared."""
TENTH = 10.0
"""Weight of the logarithm of the length: a tenth more rows is as far as one spread."""


class SeriesLikeness(VectorLikeness):
    """Series as the means of 32 stretches of each channel, and their length."""

    def vectors(self, column: pa.Array, kind: DataType[Any]) -> NDArray[np.float64]:
        """Return means of stretches, channel by channel, and the length last; NaN where a series cannot be read."""
        import numpy as np

        channels: int = kind.channels  # type: ignore[attr-defined]
        found = np.full((len(column), POINTS * channels + 1), np.nan)
        for place, stored in enumerate(column.to_pylist()):
            try:
                rows = kind.load(stored)
            except (MalformedValue, TypeError):
                continue
            if not len(rows):
                continue
            edges = np.linspace(0, len(rows), POINTS + 1).astype(np.int64)
            sums = np.concatenate((np.zeros((1, channels)), np.cumsum(rows, axis=0)))
            wide = np.maximum(edges[1:], edges[:-1] + 1)
            means = (sums[wide] - sums[edges[:-1]]) / (wide - edges[:-1])[:, None]
            found[place] = np.concatenate((means.ravel(), [TENTH * np.log(len(rows))]))
        return found


LIKENESS = SeriesLikeness
