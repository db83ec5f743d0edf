"""What a data type is: one declaration from which wire format, storage, checks and fuzzing derive."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable

from steelyard.core.canonical import JSON
from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


class DataType(ABC, Generic[T]):
    """A kind of value that products see or say.

    A subclass is a frozen dataclass in a file of its own under ``steelyard/data``; its fields are its parameters
    (``Audio(sample_rate=16_000)``). It gives ``schema``, ``arrow``, ``decode``, ``strategy`` and, where wire,
    storage and value differ, ``encode``, ``store`` and ``load``.
    """

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the wire form."""

    @abstractmethod
    def arrow(self) -> pa.DataType:
        """Return the Arrow type of the stored form."""

    def encode(self, value: T) -> JSON:
        """Return the wire form of a value."""
        return value  # type: ignore[return-value]

    @abstractmethod
    def decode(self, wire: JSON) -> T:
        """Return the value of a wire form.

        Raises
        ------
        MalformedValue
            Where it is not of this type; the message says what to mend.
        """

    def store(self, value: T) -> Any:
        """Return the stored form of a value, of type ``arrow()``."""
        return value

    def load(self, stored: Any) -> T:
        """Return the value of a stored form."""
        return stored  # type: ignore[no-any-return]

    def first_wrong(self, column: pa.Array) -> tuple[int, Exception] | None:
        """Return the first row of a stored column that holds no value of this type, and what is wrong with it."""
        for row, stored in enumerate(column.to_pylist()):
            try:
                self.decode(self.encode(self.load(stored)))
            except (MalformedValue, TypeError, ValueError) as error:
                return row, error
        return None

    @abstractmethod
    def strategy(self) -> SearchStrategy[T]:
        """Return a hypothesis strategy of admissible values."""

    def html(self, value: T) -> str:
        """Return the value as HTML for pages."""
        from html import escape

        return escape(str(value))

    def difference(self, expected: T, value: T) -> str:
        """Return as HTML how a value differs from the one that was expected."""
        return f"<del>{self.html(expected)}</del> <ins>{self.html(value)}</ins>"

    def declaration(self) -> dict[str, Any]:
        """Return name and parameters: what plans and cards write, and ``steelyard.data.declared`` reads."""
        parameters = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]
        return {"type": type(self).__name__.lower()} | {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in parameters.items()
            if value is not None
        }

    def admits(self, other: DataType[Any]) -> bool:
        """Tell whether every value of ``other`` is one of this type; a parameter left open admits any.

        Examples
        --------
        >>> from steelyard.data.features import Features
        >>> Features().admits(Features(size=30)), Features(size=3).admits(Features(size=30))
        (True, False)
        """
        mine, theirs = self.declaration(), other.declaration()
        return all(theirs.get(name) == value for name, value in mine.items())


@runtime_checkable
class Lasting(Protocol):
    """A data type of values that last: recordings."""

    def duration(self, stored: Any) -> float:
        """Return how many seconds a stored value lasts; it is not decoded for that."""


def is_finite(number: float) -> bool:
    """Tell whether a number of JSON is a finite float; its integers may be too large for one.

    Examples
    --------
    >>> is_finite(1), is_finite(10**400), is_finite(float("nan"))
    (True, False, False)
    """
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def wrong_type(expected: Words, wire: JSON) -> MalformedValue:
    """Return the error for a wire value of the wrong JSON type."""
    names = {
        "NoneType": Words("null", "null"),
        "bool": Words("a boolean", "布尔值"),
        "int": Words("a number", "数字"),
        "float": Words("a number", "数字"),
        "str": Words("a string", "字符串"),
        "list": Words("an array", "数组"),
        "dict": Words("an object", "对象"),
    }
    got = names.get(type(wire).__name__, Words(type(wire).__name__, type(wire).__name__))
    shown = repr(wire) if len(repr(wire)) <= 60 else repr(wire)[:57] + "…"
    return MalformedValue(
        Words(f"expected {expected.en}, got {got.en}: {shown}", f"应为{expected.zh}，实为{got.zh}：{shown}")
    )
