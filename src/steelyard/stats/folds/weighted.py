"""A weighted sum of rates: the fold of detection costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.method import Folded
from steelyard.core.sample import Rows
from steelyard.stats.folds.pooled import Pooled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Weighted:
    """Rates times their weights, added up: 0.75 misses + 0.25 false alarms.

    Attributes
    ----------
    parts : tuple of (float, Pooled)
        Weights and rates.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> rows = Rows(np.array([[1.0, 4.0, 0.0, 6.0], [1.0, 4.0, 3.0, 6.0]]), np.arange(2), np.array([[0], [1]]))
    >>> cost = Weighted(((0.75, Pooled(("missed",), ("speech",))), (0.25, Pooled(("alarmed",), ("rest",)))))
    >>> cost(rows, ("missed", "speech", "alarmed", "rest"), units=2).value(np.ones((1, 2)))
    array([0.25])
    """

    parts: tuple[tuple[float, Pooled], ...]
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return all events and all opportunities of each row, whatever they weigh, both float64[m]."""
        import numpy as np

        counted = [part.counts(rows, columns) for _, part in self.parts]
        return np.sum([each[0] for each in counted], axis=0), np.sum([each[1] for each in counted], axis=0)

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> Folded:
        """Sum the rows of each combination of units, for each rate."""
        return WeightedSums([(weight, part(rows, columns, units)) for weight, part in self.parts])


@dataclass(frozen=True, eq=False)
class WeightedSums:
    """Folded rates and their weights."""

    parts: Sequence[tuple[float, Folded]]

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weighted sum under weights float64[B, units]; NaN where a rate has no opportunity."""
        import numpy as np

        return np.sum([weight * part.value(weights) for weight, part in self.parts], axis=0)  # type: ignore[no-any-return]

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the weighted sum without each unit in turn, float64[units]."""
        import numpy as np

        return np.sum([weight * part.leave_one_out() for weight, part in self.parts], axis=0)  # type: ignore[no-any-return]

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share of the opportunities, as the rates weigh, float64[units]."""
        import numpy as np

        total = sum(weight for weight, _ in self.parts)
        return np.sum([weight / total * part.size() for weight, part in self.parts], axis=0)  # type: ignore[no-any-return]
