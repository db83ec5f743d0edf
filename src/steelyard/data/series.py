"""What several channels measured, one row after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType, is_finite, wrong_type
from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from hypothesis.strategies import SearchStrategy
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Series(DataType["NDArray[np.float64]"]):
    """Finite numbers as float64[rows, channels], in the order of time; any number of rows.

    On the wire an array of rows, in storage one row after another.

    Examples
    --------
    >>> Series(channels=2).decode([[1, 2], [3, 4.5]]).tolist()
    [[1.0, 2.0], [3.0, 4.5]]
    """

    channels: int = 1

    def schema(self) -> dict[str, Any]:
        row = {"type": "array", "items": {"type": "number"}, "minItems": self.channels, "maxItems": self.channels}
        return {"type": "array", "items": row}

    def arrow(self) -> pa.DataType:
        import pyarrow as pa

        return pa.list_(pa.float64())

    def encode(self, value: NDArray[np.float64]) -> JSON:
        return value.tolist()  # type: ignore[no-any-return]

    def decode(self, wire: JSON) -> NDArray[np.float64]:
        import numpy as np

        if not isinstance(wire, list):
            raise wrong_type(Words("an array of rows", "由行组成的数组"), wire)
        for place, row in enumerate(wire):
            if not isinstance(row, list) or len(row) != self.channels:
                expected = Words(f"row {place} to be {self.channels} numbers", f"第 {place} 行是 {self.channels} 个数")
                raise wrong_type(expected, row)
            for number in row:
                if isinstance(number, bool) or not isinstance(number, int | float) or not is_finite(number):
                    shown = repr(number)[:40]
                    raise MalformedValue(
                        Words(
                            f"row {place} holds what is no finite number: {shown}", f"第 {place} 行含非有限数：{shown}"
                        )
                    )
        return np.array(wire, dtype=np.float64).reshape(len(wire), self.channels)

    def store(self, value: NDArray[np.float64]) -> list[float]:
        return value.ravel().tolist()

    def load(self, stored: list[float]) -> NDArray[np.float64]:
        import numpy as np

        if len(stored) % self.channels:
            raise MalformedValue(
                Words(
                    f"{len(stored)} numbers are no whole rows of {self.channels}",
                    f"{len(stored)} 个数不能排成每行 {self.channels} 个",
                )
            )
        return np.array(stored, dtype=np.float64).reshape(-1, self.channels)

    def strategy(self) -> SearchStrategy[NDArray[np.float64]]:
        import numpy as np
        from hypothesis import strategies
        from hypothesis.extra.numpy import arrays

        numbers = strategies.floats(allow_nan=False, allow_infinity=False)
        return strategies.integers(0, 5).flatmap(
            lambda rows: arrays(np.float64, (rows, self.channels), elements=numbers)
        )

    def html(self, value: NDArray[np.float64]) -> str:
        shown = "; ".join(", ".join(f"{number:.6g}" for number in row) for row in value[:5])
        return f"{len(value)} × {self.channels}: {shown}{'; …' if len(value) > 5 else ''}"
