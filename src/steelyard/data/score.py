"""A number within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType, is_finite, wrong_type
from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa
    from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True)
class Score(DataType[float]):
    """A finite number from ``low`` to ``high``, both included.

    Examples
    --------
    >>> Score().decode(1)
    1.0
    """

    low: float = 0.0
    high: float = 1.0

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.low, "maximum": self.high}

    def arrow(self) -> pa.DataType:
        import pyarrow as pa

        return pa.float64()

    def decode(self, wire: JSON) -> float:
        if isinstance(wire, bool) or not isinstance(wire, int | float):
            raise wrong_type(Words("a number", "数字"), wire)
        if not is_finite(wire) or not self.low <= wire <= self.high:
            shown = repr(wire)[:40]
            raise MalformedValue(
                Words(
                    f"{shown} is not a finite number from {self.low:g} to {self.high:g}",
                    f"{shown} 不是 {self.low:g} 至 {self.high:g} 的有限数",
                )
            )
        return float(wire)

    def strategy(self) -> SearchStrategy[float]:
        from hypothesis import strategies

        return strategies.floats(self.low, self.high)

    def html(self, value: float) -> str:
        return f"{value:.6g}"
