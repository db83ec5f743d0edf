"""The fold of a spread over records: Allan deviation or root mean square of sessions that hang together within."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.sample import Rows
from steelyard.stats.intervals.bounds import Bounds, enough
from steelyard.stats.intervals.equivalent_freedom import (
    STILL,
    Spread,
    allan_bounds,
    overlapping_allan,
    root_mean_square,
    spread_of,
)
from steelyard.stats.intervals.jackknife import effective_units, jackknife_log

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Deviation:
    """The fold of a spread over records: the overlapping Allan deviation, or without a factor the root mean square.

    Each unit is a record of its own, its rows in order of time at even steps. Under weights, mean squares are
    weighted by what each record brings to them.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> rows = Rows(np.array([[3.0], [-3.0], [4.0]]), np.arange(3), np.array([[0], [0], [1]]))
    >>> Deviation("error")(rows, ("error",), units=2).value(np.array([[1.0, 0.0], [0.0, 1.0]]))
    array([3., 4.])
    """

    column: str
    factor: int = 0
    resolution: float = 0.0
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the magnitude of each row, and one for each, both float64[m]."""
        import numpy as np

        return np.abs(rows.values[:, columns.index(self.column)]), np.ones(len(rows.values))

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> RecordSpread:
        """Cut the rows into records."""
        import numpy as np

        values, codes = rows.values[:, columns.index(self.column)], rows.units[:, 0]
        order = np.argsort(codes, kind="stable")
        records = np.split(values[order], np.cumsum(np.bincount(codes, minlength=units))[:-1])
        terms = np.array([max(len(each) + 1 - 2 * self.factor, 0) if self.factor else len(each) for each in records])
        return RecordSpread(records, terms.astype(np.float64), self.factor, self.resolution)


@dataclass(frozen=True, eq=False)
class RecordSpread:
    """Records, and how many squares each brings to the mean square."""

    records: list[NDArray[np.float64]]
    terms: NDArray[np.float64]
    factor: int
    resolution: float

    def _each(self, confidence: float) -> list[Spread]:
        bounded: Callable[[NDArray[np.float64]], Spread] = (
            (lambda record: allan_bounds(record, self.factor, confidence, resolution=self.resolution))
            if self.factor
            else (lambda record: root_mean_square(record, confidence, self.resolution))
        )
        return [bounded(record) for record, terms in zip(self.records, self.terms, strict=True) if terms > 0]

    def _squares(self) -> NDArray[np.float64]:
        import numpy as np

        mean = (lambda record: overlapping_allan(record, self.factor) ** 2) if self.factor else _mean_square
        pairs = zip(self.records, self.terms, strict=True)
        return np.array([terms * mean(record) if terms > 0 else 0.0 for record, terms in pairs])

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the deviation under weights float64[B, units]; NaN where there is no record long enough."""
        import numpy as np

        terms = weights @ self.terms
        squares = np.maximum(weights @ self._squares(), 0.0)
        return np.where(terms > 0.0, np.sqrt(squares / np.where(terms > 0.0, terms, 1.0)), np.nan)

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the deviation without each record in turn, float64[units]."""
        import numpy as np

        return self.value(1.0 - np.eye(len(self.terms)))

    def size(self) -> NDArray[np.float64]:
        """Return each record's share of the squares, float64[units]."""
        return self.terms / max(float(self.terms.sum()), 1.0)

    def bounds(self, confidence: float, seed: int) -> Bounds | None:  # noqa: ARG002 (nothing is drawn)
        """Return bounds: of ten records and more by the jackknife over them, of fewer by their degrees of freedom.

        Few records are taken to be of one kind: their mean squares, each with its degrees of freedom, are combined by
        two moments.
        """
        import numpy as np

        each = self._each(confidence)
        if len(each) < 2:
            return each[0].bounds if each else None
        value = float(self.value(np.ones((1, len(self.terms))))[0])
        if enough(effective_units(self)[1]) and value > 0.0:
            return jackknife_log(self, value, confidence)
        kept = self.terms[self.terms > 0]
        spent = sum((terms * one.value**2) ** 2 / max(one.freedom, 1.0) for terms, one in zip(kept, each, strict=True))
        freedom = (value**2 * float(kept.sum())) ** 2 / spent if spent > 0.0 else 1.0
        flags = tuple(dict.fromkeys(flag for one in each for flag in one.bounds.flags if flag != STILL))
        found = spread_of(value, freedom, confidence, each[0].bounds.method, self.resolution, flags).bounds
        decisive = all(one.bounds.decisive for one in each if one.value > 0.0)
        return found._replace(decisive=found.decisive and decisive)


def _mean_square(record: NDArray[np.float64]) -> float:
    import numpy as np

    return float(np.mean(record**2))
