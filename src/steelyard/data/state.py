"""The state of a dialogue: what has been agreed so far, slot by slot."""

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

SHOWN = 12
"""Slots on a page; the rest is counted."""


@dataclass(frozen=True)
class State(DataType[list[list[str]]]):
    """The value of each slot that has one: ``{"餐馆-人均消费": "50-100元"}``; what is not known is left out.

    Sets store it as pairs by name, ``[["餐馆-人均消费", "50-100元"]]``, which are taken too.

    Examples
    --------
    >>> State().decode({"餐馆-推荐菜": "烤鸭", "餐馆-人均消费": "50-100元"})
    [['餐馆-人均消费', '50-100元'], ['餐馆-推荐菜', '烤鸭']]
    """

    def schema(self) -> dict[str, Any]:
        text = {"type": "string", "minLength": 1}
        pair = {"type": "array", "items": text, "minItems": 2, "maxItems": 2}
        named = {"type": "object", "propertyNames": {"minLength": 1}, "additionalProperties": text}
        return {"anyOf": [named, {"type": "array", "items": pair}]}

    def arrow(self) -> pa.DataType:
        import pyarrow as pa

        return pa.list_(pa.list_(pa.string()))

    def encode(self, value: list[list[str]]) -> JSON:
        # A product in Python may return an object: what it returns is for ``decode`` to judge.
        wire: Any = value
        if not isinstance(wire, list) or not all(isinstance(each, list) and len(each) == 2 for each in wire):
            return wire  # type: ignore[no-any-return]
        names = [slot for slot, _ in wire if isinstance(slot, str)]
        return dict(wire) if len(set(names)) == len(wire) else wire

    def decode(self, wire: JSON) -> list[list[str]]:
        if not isinstance(wire, dict | list):
            raise wrong_type(Words("an object of slots and their values", "由槽位及其取值组成的对象"), wire)
        pairs = list(wire.items()) if isinstance(wire, dict) else [_pair(place, row) for place, row in enumerate(wire)]
        found: dict[str, str] = {}
        for slot, value in pairs:
            if slot in found:
                raise _wrong(slot, "has two values", "有两个取值")
            found[slot] = _value(slot, value)
        return [[slot, found[slot]] for slot in sorted(found)]

    def strategy(self) -> SearchStrategy[list[list[str]]]:
        from hypothesis import strategies as st

        texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
        names = st.sampled_from(["餐馆-名称", "酒店-名称", "taxi-to"]) | texts
        values = st.dictionaries(names, st.sampled_from("ab") | texts, max_size=5)
        return values.map(lambda each: [[slot, each[slot]] for slot in sorted(each)])

    def html(self, value: list[list[str]]) -> str:
        from html import escape

        shown = "; ".join(escape(f"{slot} = {held}") for slot, held in value[:SHOWN])
        return f"{len(value)}: {shown}{'; …' if len(value) > SHOWN else ''}"


def _pair(place: int, row: JSON) -> tuple[str, JSON]:
    if not isinstance(row, list) or len(row) != 2 or not isinstance(row[0], str):
        raise wrong_type(Words(f"pair {place} to be a slot and its value", f"第 {place} 对为槽位及其取值"), row)
    return row[0], row[1]


def _value(slot: str, wire: JSON) -> str:
    if not isinstance(wire, str):
        raise wrong_type(Words(f"the value of {slot[:40]!r} to be a string", f"{slot[:40]!r} 的取值为字符串"), wire)
    if not slot or not wire:
        raise _wrong(
            slot, "has an empty name or value; leave out what is not known", "的名称或取值为空；未知者请勿列出"
        )
    try:
        (slot + wire).encode()
    except UnicodeEncodeError:
        raise _wrong(
            slot, "holds half of a surrogate pair; write the whole character", "含半个代理对；应写完整字符"
        ) from None
    return wire


def _wrong(slot: str, en: str, zh: str) -> MalformedValue:
    return MalformedValue(Words(f"the slot {slot[:40]!r} {en}", f"槽位 {slot[:40]!r} {zh}"))
