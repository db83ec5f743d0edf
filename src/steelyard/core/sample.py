"""Samples and records: one by one where products are asked, in columns where answers are scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sample:
    """An input, its reference answer, and the groups and units that it belongs to."""

    id: str
    input: Any
    reference: Any
    groups: Mapping[str, str]
    units: Mapping[str, str]


class Record(NamedTuple):
    """What came of one conversation: an output, or an error; never both."""

    position: int
    """Row of the sample in its set."""
    output: Any
    seconds: float
    error: str | None = None
    """What kind of failure: ``timeout``, ``crash``, ``malformed``, ``refused``, ``missing``."""
    detail: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Samples:
    """Samples in columns, as indicators see them."""

    references: Sequence[Any]
    positions: NDArray[np.int64]
    """int64[n]: row of each sample in its set."""
    units: NDArray[np.int64]
    """int64[n, d]: code of the unit that each sample is drawn with (patient, speaker …)."""


@dataclass(frozen=True, eq=False, slots=True)
class Records:
    """Records in columns, in the order of their samples.

    Where a record has an error, ``outputs`` holds the method's ``no_answer``.
    """

    outputs: Sequence[Any]
    seconds: NDArray[np.float64]
    errors: Sequence[str | None]


@dataclass(frozen=True, eq=False, slots=True)
class Rows:
    """What was counted: any number of rows for a sample.

    A row's weight under resampling is the product over its *distinct* units.
    """

    values: NDArray[np.float64]
    """float64[m, k]: k columns, named by the method."""
    samples: NDArray[np.int64]
    """int64[m]: row, in the set, of the sample that each row stems from."""
    units: NDArray[np.int64]
    """int64[m, d]: the units that each row belongs to."""


def rows_per_sample(samples: Samples, *columns: NDArray[Any] | Sequence[float]) -> Rows:
    """Return one row for each sample from its columns, each of length n."""
    import numpy as np

    values = np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])
    return Rows(values=values, samples=samples.positions, units=samples.units)
