"""One of several named classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType, wrong_type
from steelyard.core.errors import MalformedValue, nearest
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa
    from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True)
class Label(DataType[str]):
    """One of ``classes``.

    Examples
    --------
    >>> Label(("negative", "positive")).decode("positive")
    'positive'
    """

    classes: tuple[str, ...]

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.classes)}

    def arrow(self) -> pa.DataType:
        import pyarrow as pa

        return pa.string()

    def decode(self, wire: JSON) -> str:
        listed = ", ".join(map(repr, self.classes))
        if not isinstance(wire, str):
            raise wrong_type(Words(f"one of {listed}", f"{listed} 之一"), wire)
        if wire not in self.classes:
            near = nearest(wire, self.classes)
            hint = Words("", "") if near is None else Words(f"; did you mean {near!r}?", f"；是否指 {near!r}？")
            raise MalformedValue(
                Words(
                    f"{wire[:60]!r} is not one of {listed}{hint.en}",
                    f"{wire[:60]!r} 不是 {listed} 之一{hint.zh}",
                )
            )
        return wire

    def strategy(self) -> SearchStrategy[str]:
        from hypothesis import strategies

        return strategies.sampled_from(self.classes)
