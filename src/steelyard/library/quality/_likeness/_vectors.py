"""What rows of numbers share: distances in units of each column's spread, and buckets of a quantised projection."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from steelyard.core.data_type import DataType
from steelyard.core.words import Words
from steelyard.library.quality._likeness import Likeness

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

SEEN = 20_000
"""Rows that spreads are taken from."""
PROBED = 1_000
"""Rows whose nearest neighbours tell what is usual."""
FARTHEST = 0.05
"""Root mean square difference, in spreads, of what may count as nearly the same."""
OF_USUAL = 0.1
"""And as a share of the usual distance of a nearest neighbour."""
DIMENSIONS = 64
"""Of sketches; longer rows are projected at random."""
TABLES, DIRECTIONS, WIDTH = 16, 3, 6.0
"""Buckets: tables, directions in each, and their width in units of the distance looked for."""
CROWD = 16


class VectorLikeness(Likeness):
    """Rows of numbers that differ by far less than rows usually do."""

    most: ClassVar[int] = 5_000_000

    def __init__(self) -> None:
        self.tolerance = FARTHEST
        self._centre: NDArray[np.float64] | None = None
        self._spread: NDArray[np.float64] | None = None

    @abstractmethod
    def vectors(self, column: pa.Array, kind: DataType[Any]) -> NDArray[np.float64]:
        """Return stored values as rows of as many numbers, float64[n, d]; NaN where they cannot be read."""

    @property
    def threshold(self) -> float:  # type: ignore[override]
        """One less the greatest root mean square difference."""
        return 1.0 - self.tolerance

    @property
    def how(self) -> Words:  # type: ignore[override]
        """Say how, with the numbers of this set."""
        return Words(
            f"rows in units of each column's interquartile spread; candidates share a bucket of a quantised random "
            f"projection ({TABLES} tables); confirmed by a root mean square difference of at most {self.tolerance:.2g} "
            f"spreads ({FARTHEST:g}, or a tenth of the usual distance to the nearest neighbour where that is less)",
            f"各列以四分位距标准化；候选对落入随机投影量化的同一格（{TABLES} 张表）；再以均方根差 "
            f"≤ {self.tolerance:.2g} 确认（取 {FARTHEST:g} 与通常最近邻距离的十分之一中较小者）",
        )

    def prepare(self, batches: Iterator[tuple[int, pa.Array]], kind: DataType[Any]) -> None:
        import numpy as np

        held: list[NDArray[np.float64]] = []
        for _, column in batches:
            made = self.vectors(column, kind)
            held.append(made[np.isfinite(made).all(axis=1)])
            if sum(map(len, held)) > 4 * SEEN:
                held = [np.concatenate(held)[::2]]
        rows = np.concatenate(held) if held else np.empty((0, 1))
        if not len(rows):
            return
        low, middle, high = np.percentile(rows, [25, 50, 75], axis=0)
        spread = (high - low) / 1.349
        spread = np.where(spread > 0, spread, rows.std(axis=0))
        self._centre, self._spread = middle, np.where(spread > 0, spread, 1.0)
        usual = self._usual(np.unique(self._scaled(rows[:: max(1, len(rows) // SEEN)]), axis=0))
        if usual > 0.0:
            self.tolerance = min(FARTHEST, OF_USUAL * usual)

    def _usual(self, rows: NDArray[np.float64]) -> float:
        """Return the median distance of a row to its nearest other one, root mean square over columns."""
        import numpy as np

        if len(rows) < 3:
            return 0.0
        from scipy.spatial.distance import cdist

        probes = np.unique(np.linspace(0, len(rows) - 1, min(PROBED, len(rows))).astype(np.int64))
        nearest = []
        for some in np.array_split(probes, max(1, len(probes) // 100)):
            apart = cdist(rows[some], rows)
            apart[np.arange(len(some)), some] = np.inf
            nearest.append(apart.min(axis=1))
        return float(np.median(np.concatenate(nearest))) / float(np.sqrt(rows.shape[1]))

    def _scaled(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        assert self._centre is not None
        assert self._spread is not None
        found: NDArray[np.float64] = (rows - self._centre) / self._spread
        return found

    def sketch(self, column: pa.Array, kind: DataType[Any]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        import numpy as np

        rows = self.vectors(column, kind)
        read: NDArray[np.bool_] = np.asarray(np.isfinite(rows).all(axis=1))
        if self._centre is None:
            return np.zeros((len(rows), 1), dtype=np.float32), read
        rows = np.where(read[:, None], self._scaled(np.where(read[:, None], rows, 0.0)), 0.0)
        if rows.shape[1] > DIMENSIONS:
            turn = np.random.Generator(np.random.Philox(0)).standard_normal((rows.shape[1], DIMENSIONS))
            rows = rows @ turn / np.sqrt(rows.shape[1])
        else:
            rows = rows * np.sqrt(DIMENSIONS / rows.shape[1])
        return rows.astype(np.float32), read  # the distance of two sketches is about √64 times the root mean square

    def candidates(self, sketches: NDArray[np.float32]) -> Iterator[NDArray[np.int64]]:
        import numpy as np

        generator = np.random.Generator(np.random.Philox(1))
        width = WIDTH * max(self.tolerance, 1e-12) * np.sqrt(DIMENSIONS / sketches.shape[1])
        for _ in range(TABLES):
            turn = generator.standard_normal((sketches.shape[1], DIRECTIONS))
            turn *= np.sqrt(sketches.shape[1]) / np.linalg.norm(turn, axis=0)
            cell = np.floor(sketches @ turn / (width * np.sqrt(sketches.shape[1])) + generator.random(DIRECTIONS))
            order = np.lexsort(cell.T)
            ranked = cell[order]
            for further in range(1, CROWD + 1):
                same = np.flatnonzero((ranked[further:] == ranked[:-further]).all(axis=1))
                if not len(same):
                    break
                yield np.stack((order[same], order[same + further]), axis=1)

    def material(self, column: pa.Array, kind: DataType[Any]) -> NDArray[np.float64]:
        return self._scaled(self.vectors(column, kind))

    def similarity(self, material: NDArray[np.float64], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        import numpy as np

        apart = material[pairs[:, 0]] - material[pairs[:, 1]]
        found: NDArray[np.float64] = 1.0 - np.sqrt((apart**2).mean(axis=1))
        return found

    def distances(self, sketches: NDArray[np.float32], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        import numpy as np

        apart = sketches[pairs[:, 0]] - sketches[pairs[:, 1]]
        found: NDArray[np.float64] = np.sqrt((apart.astype(np.float64) ** 2).sum(axis=1))
        return found
