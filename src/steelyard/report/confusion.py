"""What was called what: the confusion table of a diagnosis, from the rows that its rates are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEEDED = ("diseased", "missed", "disease_free", "false_alarms", "not_graded")


@dataclass(frozen=True)
class Confusion:
    """Counts of calls by reference answer; every record stands in it once."""

    references: tuple[Words, ...]
    calls: tuple[Words, ...]
    counts: tuple[tuple[int, ...], ...]
    """Of each reference answer, of each call."""

    @property
    def right(self) -> tuple[int, ...]:
        """Place of the right call for each reference answer."""
        return tuple(range(len(self.references)))


def confusion(columns: Sequence[str], values: NDArray[np.float64]) -> Confusion | None:
    """Return the table of a diagnosis; None where rows are of something else.

    Parameters
    ----------
    columns : sequence of str
        Names of the rows' columns.
    values : float64[m, k]
        Rows of an indicator.

    Examples
    --------
    >>> import numpy as np
    >>> one_missed = np.array([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 1, 1.0]])
    >>> confusion(NEEDED, one_missed).counts
    ((0, 1, 0), (0, 1, 1))
    """
    if not set(NEEDED) <= set(columns):
        return None
    diseased, missed, free, alarms, open_ = (values[:, list(columns).index(name)] for name in NEEDED)

    def total(column: NDArray[np.float64]) -> int:
        return round(float(column.sum()))

    ill_open, well_open = total(diseased * open_), total(free * open_)
    return Confusion(
        (Words("with the disease", "患病"), Words("without the disease", "未患病")),
        (
            Words("called positive", "判为阳性"),
            Words("called negative", "判为阴性"),
            Words("not graded, or no answer", "不可判读或无回答"),
        ),
        (
            (total(diseased) - total(missed), total(missed) - ill_open, ill_open),
            (total(alarms) - well_open, total(free) - total(alarms), well_open),
        ),
    )
