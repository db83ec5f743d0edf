"""Text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType, wrong_type
from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa
    from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True)
class Text(DataType[str]):
    """Unicode text, of any length.

    Examples
    --------
    >>> Text().decode("杆秤")
    '杆秤'
    """

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}

    def arrow(self) -> pa.DataType:
        import pyarrow as pa

        return pa.string()

    def decode(self, wire: JSON) -> str:
        if not isinstance(wire, str):
            raise wrong_type(Words("a string", "字符串"), wire)
        try:
            wire.encode()
        except UnicodeEncodeError:  # JSON can escape half of a surrogate pair; no UTF-8 file can hold it
            raise MalformedValue(
                Words(
                    "the text holds half of a surrogate pair; write the whole character",
                    "文本含半个代理对；应写完整字符",
                )
            ) from None
        return wire

    def first_wrong(self, column: pa.Array) -> tuple[int, Exception] | None:
        """Return the first row that holds no text; of a text column, which is valid UTF-8, every row does."""
        import pyarrow as pa

        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            return super().first_wrong(column)
        return None if pa.types.is_string(column.type) and not column.null_count else super().first_wrong(column)

    def difference(self, expected: str, value: str) -> str:
        """Return as HTML what is missing (``<del>``) and what was put in (``<ins>``), character by character."""
        from difflib import SequenceMatcher
        from html import escape

        shown = []
        for kind, start, end, begin, stop in SequenceMatcher(None, expected, value, autojunk=False).get_opcodes():
            if kind == "equal":
                shown.append(escape(expected[start:end]))
                continue
            shown += [f"<del>{escape(expected[start:end])}</del>"] if end > start else []
            shown += [f"<ins>{escape(value[begin:stop])}</ins>"] if stop > begin else []
        return "".join(shown)

    def strategy(self) -> SearchStrategy[str]:
        from hypothesis import strategies

        return strategies.text(strategies.characters(exclude_categories=["Cs"]))
