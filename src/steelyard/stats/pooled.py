"""Sums over sums: the fold of error rates, accuracies and proportions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.method import Folded
from steelyard.core.sample import Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Pooled:
    """Events over opportunities, each a sum of columns over all rows.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> rows = Rows(np.array([[1.0, 4.0], [0.0, 6.0]]), np.arange(2), np.array([[0], [1]]))
    >>> folded = Pooled(("errors",), ("characters",))(rows, ("errors", "characters"), units=2)
    >>> folded.value(np.array([[1.0, 1.0], [0.0, 1.0]]))
    array([0.1, 0. ])
    """

    events: tuple[str, ...]
    opportunities: tuple[str, ...]
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return events and opportunities of each row, both float64[m]."""
        events = rows.values[:, [columns.index(name) for name in self.events]].sum(axis=1)
        opportunities = rows.values[:, [columns.index(name) for name in self.opportunities]].sum(axis=1)
        return events, opportunities

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> Folded:
        """Sum the rows of each combination of units."""
        import numpy as np

        events, opportunities = self.counts(rows, columns)
        if rows.units.shape[1] == 1:
            keys, place = np.arange(units)[:, None], rows.units[:, 0]
        else:
            keys, place = np.unique(rows.units, axis=0, return_inverse=True)
        return PooledSums(
            units=units,
            keys=keys,
            events=np.bincount(place, events, minlength=len(keys)).astype(np.float64),
            opportunities=np.bincount(place, opportunities, minlength=len(keys)).astype(np.float64),
        )


@dataclass(frozen=True, eq=False)
class PooledSums:
    """Sums of each combination of units, to be valued under many weights."""

    units: int
    keys: NDArray[np.int64]
    """int64[g, d]: the units of each combination."""
    events: NDArray[np.float64]
    opportunities: NDArray[np.float64]

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return events over opportunities under weights float64[B, units]; NaN where there is no opportunity."""
        import numpy as np

        each = weights[:, self.keys[:, 0]]
        for column in range(1, self.keys.shape[1]):
            # A pair within one unit weighs once: the product runs over distinct units.
            earlier = self.keys[:, :column]
            distinct = (earlier != self.keys[:, column : column + 1]).all(axis=1)
            each = np.where(distinct, each * weights[:, self.keys[:, column]], each)
        return _ratio(each @ self.events, each @ self.opportunities)

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the value without each unit in turn, float64[units]."""
        import numpy as np

        if self.keys.shape[1] > 1:
            return self.value(1.0 - np.eye(self.units))
        return _ratio(self.events.sum() - self.events, self.opportunities.sum() - self.opportunities)

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share of the opportunities, float64[units]."""
        import numpy as np

        shares = np.zeros(self.units)
        for column in range(self.keys.shape[1]):
            shares += np.bincount(self.keys[:, column], self.opportunities, minlength=self.units)
        total = shares.sum()
        return shares / total if total > 0 else shares


@dataclass(frozen=True)
class MeanOf:
    """The unweighted mean over groups that share their units: one joint draw, not one for each group."""

    parts: Sequence[Folded]

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of the parts' values under the same weights; NaN where one has none."""
        import numpy as np

        return np.mean([part.value(weights) for part in self.parts], axis=0)  # type: ignore[no-any-return]

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the mean without each unit in turn."""
        import numpy as np

        return np.mean([part.leave_one_out() for part in self.parts], axis=0)  # type: ignore[no-any-return]

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share, each group weighing the same."""
        import numpy as np

        return np.mean([part.size() for part in self.parts], axis=0)  # type: ignore[no-any-return]


def _ratio(events: NDArray[np.float64], opportunities: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    empty = np.full_like(opportunities, np.nan)
    return np.divide(events, opportunities, out=empty, where=opportunities > 0)
