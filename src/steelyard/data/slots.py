"""Details that a user names: which, and where they stand in his words or what they come to."""

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

SHOWN = 8
"""Slots on a page; the rest is counted."""
LONGEST = 2**31
"""Characters that a text can have at most."""


@dataclass(frozen=True)
class Slots(DataType[list[list[str]]]):
    """Slots of an utterance, in any order; any number, none too.

    Attributes
    ----------
    spans : bool
        Whether a slot says where it stands, ``{"slot": "date", "begin": 45, "end": 58}`` (characters of the text as
        Unicode code points, from 0, ``end`` not among them), or what it comes to,
        ``{"slot": "hotel-name", "value": "北京饭店"}``.

    Sets store a slot as a list of texts, which is how it is scored too.

    Examples
    --------
    >>> Slots().decode([{"slot": "date", "begin": 45, "end": 58}])
    [['date', '45', '58']]
    >>> Slots(spans=False).decode([{"slot": "酒店-名称", "value": "北京饭店"}])
    [['酒店-名称', '北京饭店']]
    """

    spans: bool = True

    def schema(self) -> dict[str, Any]:
        place = {"type": "integer", "minimum": 0, "exclusiveMaximum": LONGEST}
        parts = {"begin": place, "end": place} if self.spans else {"value": {"type": "string"}}
        row = {
            "type": "object",
            "properties": {"slot": {"type": "string", "minLength": 1}} | parts,
            "required": ["slot", *parts],
            "additionalProperties": False,
        }
        return {"type": "array", "items": row}

    def arrow(self) -> pa.DataType:
        import pyarrow as pa

        return pa.list_(pa.list_(pa.string()))

    def encode(self, value: list[list[str]]) -> JSON:
        # A product in Python may return objects: what it returns is for ``decode`` to judge.
        wire: Any = value
        return [self._object(row) for row in wire] if isinstance(wire, list) else wire

    def _object(self, row: Any) -> JSON:
        if not isinstance(row, list) or len(row) != len(self._keys) or not all(isinstance(each, str) for each in row):
            return row  # type: ignore[no-any-return]
        if not self.spans:
            return {"slot": row[0], "value": row[1]}
        return {"slot": row[0], "begin": int(row[1]), "end": int(row[2])}

    @property
    def _keys(self) -> tuple[str, ...]:
        return ("slot", "begin", "end") if self.spans else ("slot", "value")

    def decode(self, wire: JSON) -> list[list[str]]:
        if not isinstance(wire, list):
            raise wrong_type(Words("an array of slots", "由槽位组成的数组"), wire)
        return [self._row(place, row) for place, row in enumerate(wire)]

    def _row(self, place: int, row: JSON) -> list[str]:
        if not isinstance(row, dict):
            raise wrong_type(Words(f"slot {place} to be an object", f"第 {place} 个槽位为对象"), row)
        for key in row:
            if key not in self._keys:
                near = nearest(key, self._keys)
                hint = Words("", "") if near is None else Words(f"; did you mean {near!r}?", f"；是否指 {near!r}？")
                raise _wrong(place, f"unknown key {key[:40]!r}{hint.en}", f"未知的键 {key[:40]!r}{hint.zh}")
        for key in self._keys:
            if key not in row:
                raise _wrong(place, f"the key {key!r} is missing", f"缺少键 {key!r}")
        name = _text(place, "slot", row["slot"])
        if not name:
            raise _wrong(place, "its name is empty", "名称为空")
        if not self.spans:
            return [name, _text(place, "value", row["value"])]
        begin, end = (_place(place, key, row[key]) for key in ("begin", "end"))
        if end <= begin:
            raise _wrong(
                place,
                f"it begins at {begin} and ends at {end}: no character lies between",
                f"起于 {begin}、止于 {end}：不含任何字符",
            )
        return [name, str(begin), str(end)]

    def strategy(self) -> SearchStrategy[list[list[str]]]:
        from hypothesis import strategies as st

        texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
        names = st.sampled_from(["date", "time", "酒店-名称"]) | texts.filter(bool)
        if not self.spans:
            return st.lists(st.tuples(names, st.sampled_from("ab") | texts).map(list), max_size=5)
        spans = st.tuples(names, st.integers(0, 6), st.integers(1, 4))
        return st.lists(spans.map(lambda each: [each[0], str(each[1]), str(each[1] + each[2])]), max_size=5)

    def html(self, value: list[list[str]]) -> str:
        from html import escape

        shown = "; ".join(escape(f"{name}: {'–'.join(parts)}") for name, *parts in value[:SHOWN])
        return f"{len(value)}: {shown}{'; …' if len(value) > SHOWN else ''}"


def _wrong(place: int, en: str, zh: str) -> MalformedValue:
    return MalformedValue(Words(f"slot {place}: {en}", f"第 {place} 个槽位：{zh}"))


def _text(place: int, key: str, wire: JSON) -> str:
    if not isinstance(wire, str):
        raise wrong_type(Words(f"slot {place}: {key!r} to be a string", f"第 {place} 个槽位：{key!r} 为字符串"), wire)
    try:
        wire.encode()
    except UnicodeEncodeError:
        raise _wrong(
            place,
            f"{key!r} holds half of a surrogate pair; write the whole character",
            f"{key!r} 含半个代理对；应写完整字符",
        ) from None
    return wire


def _place(place: int, key: str, wire: JSON) -> int:
    if isinstance(wire, bool) or not isinstance(wire, int | float):
        raise wrong_type(
            Words(f"slot {place}: {key!r} to be a whole number", f"第 {place} 个槽位：{key!r} 为整数"), wire
        )
    if wire != wire or not 0 <= wire < LONGEST or wire != int(wire):
        shown = repr(wire)[:40]
        raise _wrong(
            place,
            f"{key!r} is {shown}, not a character's place from 0",
            f"{key!r} 为 {shown}，应为从 0 起的字符位置",
        )
    return int(wire)
