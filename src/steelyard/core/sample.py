"""Samples and records: one by one where products are asked, in columns where answers are scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Sample(NamedTuple):
    """An input, its reference answer, and the groups and units that it belongs to."""

    id: str
    input: Any
    reference: Any
    groups: Mapping[str, str]
    units: Mapping[str, str]


class Fault(StrEnum):
    """Why there is no usable answer."""

    CRASH = "crash"
    MALFORMED = "malformed"
    MISSING = "missing"
    REFUSED = "refused"
    TIMEOUT = "timeout"

    @property
    def words(self) -> Words:
        """The fault in both languages."""
        return _FAULTS[self]


_FAULTS = {
    Fault.CRASH: Words("ended without an answer", "未回答即退出"),
    Fault.MALFORMED: Words("not usable", "不可用"),
    Fault.MISSING: Words("no recorded answer", "没有答案记录"),
    Fault.REFUSED: Words("failed by its own word", "产品自报失败"),
    Fault.TIMEOUT: Words("did not answer in time", "未及时回答"),
}


class Record(NamedTuple):
    """What came of one conversation: an output, or an error; never both."""

    position: int
    """Row of the sample in its set."""
    output: Any
    seconds: float
    fault: Fault | None = None
    detail: Words | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Timing:
    """What indicators of time need to know beside the seconds of the records."""

    durations: NDArray[np.float64]
    """float64[n]: seconds that each input lasts."""
    granted: float
    """Seconds within which the product had to answer: what no answer at all is charged."""


@dataclass(frozen=True, eq=False, slots=True)
class Samples:
    """Samples in columns, as indicators see them."""

    references: Sequence[Any]
    positions: NDArray[np.int64]
    """int64[n]: row of each sample in its set."""
    units: NDArray[np.int64]
    """int64[n, d]: code of the unit that each sample is drawn with (patient, speaker …)."""
    timing: Timing | None = None
    """None where no indicator asks for it, and where nobody knows it: recorded answers, inputs that do not last."""


@dataclass(frozen=True, eq=False, slots=True)
class Records:
    """Records in columns, in the order of their samples.

    Where a record has a fault, ``outputs`` holds the method's ``no_answer``.
    """

    outputs: Sequence[Any]
    seconds: NDArray[np.float64]
    faults: Sequence[Fault | None]


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
