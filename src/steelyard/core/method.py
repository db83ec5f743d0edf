"""How one function of a product is tested: what it sees and says, and what is counted."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from steelyard.core.data_type import DataType
from steelyard.core.sample import Records, Rows, Sample, Samples
from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Conversation = Generator[Any, Any, Any]
"""What passes between bench and product for one sample: yields inputs, is sent answers, returns the output.

A closed loop yields `steelyard.core.episode.Open` first, is sent nothing for it, then yields observations and is sent
actions. The simulator lives inside it.
"""


def ask_once(sample: Sample) -> Conversation:
    """Ask the product once: its answer is the output."""
    return (yield sample.input)


class Direction(Enum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"


class Family(Enum):
    """How an indicator's bounds are found."""

    PROPORTION = "proportion"
    """Yes/no rows: exact (Clopper–Pearson) where they are independent."""
    RATIO = "ratio"
    """Sums over sums: jackknife-t on the log scale over clusters."""
    RANK = "rank"
    """Order of scores (AUC, EER, TAR at FAR): by influence where there is one, else by resampling people."""
    QUANTILE = "quantile"
    """An order statistic: exact for independent rows, by sessions where they hang together."""
    EDF = "edf"
    """A spread of dependent readings: χ² with equivalent degrees of freedom (Allan deviation, RMS)."""
    GUM = "gum"
    """A measured value: repeated readings and the instrument's own uncertainty (JCGM 100)."""
    CENSUS = "census"
    """All there is was tested: no sampling interval."""
    NONE = "none"
    """Reported without bounds; decides nothing."""


class Folded(Protocol):
    """Rows that were grouped once and can be valued under many weights."""

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the quantity, float64[B], under weights float64[B, units]; NaN where there are no data."""

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the quantity without each unit in turn, float64[units]."""

    def size(self) -> NDArray[np.float64]:
        """Return what each unit brings to the denominator, float64[units]."""


@runtime_checkable
class Influential(Folded, Protocol):
    """A fold that knows how much each unit moves its quantity, so that its spread needs no resampling."""

    def influence(self) -> NDArray[np.float64]:
        """Return the derivative of the value by each unit's weight, float64[units], at weights of one.

        It sums to zero where the value does not hang on the sum of weights; over k independent units,
        k/(k − 1) Σ influence² estimates the variance of the value.
        """


class Fold(Protocol):
    """Groups rows by their units, once."""

    @property
    def complement(self) -> bool:
        """Whether the indicator is one minus the folded quantity (accuracy from errors)."""

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> Folded:
        """Return the folded rows of a population of ``units`` units."""

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return events and opportunities of each row, both float64[m]."""


class Span(NamedTuple):
    """What a column of rows can hold, so that no row counts for more than a sample."""

    low: float
    high: float
    whole: bool = True
    """Whether it holds whole numbers alone."""
    summed: bool = True
    """Whether its sum says something: that of names' codes says nothing, and may be larger than JSON can carry."""


FLAG = Span(0.0, 1.0)
"""Yes or no."""
ONE = Span(1.0, 1.0)
"""Each sample, once."""
COUNT = Span(0.0, float("inf"))
"""So many."""
SHARE = Span(0.0, 1.0, whole=False)


@dataclass(frozen=True)
class Indicator:
    """A quantity with a unit and a direction, made of rows.

    Attributes
    ----------
    name : str
        Its name in specifications.
    title : Words
        Its name for readers.
    unit : str
        ``"1"`` for a share, else the unit's symbol; limits must bear it.
    direction : Direction
        Which way is better.
    range : tuple of float
        The least and the greatest value that it can have.
    rows : callable
        ``rows(samples, records)`` counts; indicators that share it are counted once.
    columns : tuple of str
        Names of the rows' columns.
    fold : Fold
        What is made of the rows.
    family : Family
        How bounds are found.
    event, events, opportunities : Words
        What is counted of what, one and many: "miss", "misses" of "patients with the disease".
    """

    name: str
    title: Words
    direction: Direction
    rows: Callable[[Samples, Records], Rows]
    columns: tuple[str, ...]
    fold: Fold
    family: Family
    event: Words
    events: Words
    opportunities: Words
    counter: str = ""
    """Chinese measure word of the opportunities: 名."""
    unit: str = "1"
    range: tuple[float, float] = (0.0, 1.0)
    spans: tuple[Span, ...] = ()
    """What each column can hold; none: nothing is known of them."""
    one_each: bool = True
    """Whether there is one row for each sample, in their order."""
    timed: bool = False
    """Whether it weighs how long answers took, and nothing of what they say: reference answers cannot change it."""


@dataclass(frozen=True)
class Example:
    """An input with its reference answer and an output: documentation, first test, and what ``check`` asks."""

    input: Any
    reference: Any
    output: Any
    says: Words
    """What the example shows."""
    values: tuple[tuple[str, float], ...] = ()
    """What indicators come to on this example alone: ``(("false_negative_rate", 1.0),)``."""


@dataclass(frozen=True)
class Method:
    """How one function of a product is tested.

    A method is one file in a folder of ``steelyard/fields``: a function ``method(**options) -> Method`` whose
    keyword parameters are what a specification may set under ``with``.
    """

    name: str
    version: str
    question: Words
    input: DataType[Any]
    output: DataType[Any]
    indicators: tuple[Indicator, ...]
    no_answer: Callable[[Sample], Any] | None
    """The least useful answer; None where there is none."""
    examples: tuple[Example, ...]
    reference: DataType[Any] | None = None
    """Of reference answers, where they are not what a product says (abstaining is no reference answer)."""
    record: DataType[Any] | None = None
    """What is scored, where it is not the output itself (a trace)."""
    ask: Callable[[Sample], Conversation] = ask_once
    observation: DataType[Any] | None = None
    """Of a closed loop: what ``ask`` yields after ``Open(scenario)``; ``input`` is then the type of scenarios."""
    oracle: Callable[[Sample], Any] = attrgetter("reference")
    """The output that no product can better: a control, and the best that a set can show."""
    differs: Callable[[Any, Any], str] | None = None
    """HTML of how a reference answer and what was scored differ where it counts; None: as their data types show it."""

    @property
    def recorded(self) -> DataType[Any]:
        """The data type of what is scored."""
        return self.record or self.output

    @property
    def expected(self) -> DataType[Any]:
        """The data type of reference answers."""
        return self.reference or self.output

    def difference(self, reference: Any, scored: Any) -> str:
        """Return HTML that shows a reference answer beside what was scored."""
        if self.differs is not None:
            return self.differs(reference, scored)
        if type(self.expected) is type(self.recorded):
            return self.recorded.difference(reference, scored)
        return f"<del>{self.expected.html(reference)}</del> <ins>{self.recorded.html(scored)}</ins>"

    def indicator(self, name: str) -> Indicator:
        """Return the indicator of this name.

        Raises
        ------
        UnknownName
            With the nearest name.
        """
        from steelyard.core.errors import UnknownName

        for indicator in self.indicators:
            if indicator.name == name:
                return indicator
        kind = Words(f"indicator of {self.name}", f"{self.name} 指标")
        raise UnknownName(kind, name, [indicator.name for indicator in self.indicators])
