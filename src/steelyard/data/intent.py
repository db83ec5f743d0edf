"""What a user wants, and how sure it is that he wants nothing that the product can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType, is_finite, wrong_type
from steelyard.core.errors import MalformedValue, nearest
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa
    from hypothesis.strategies import SearchStrategy

KEYS = ("intent", "out_of_scope")


class Said(TypedDict):
    """An intent, as it is scored."""

    intent: str
    out_of_scope: float | None
    """From 0, surely in scope, to 1, surely not; None: the product gives no score."""


@dataclass(frozen=True)
class Intent(DataType[Said]):
    """The name of an intent, ``"play_music"``, or with a score: ``{"intent": "play_music", "out_of_scope": 0.12}``.

    The score says from 0 to 1 how likely the query is none that the product can serve. A product that decides so
    by itself answers with the name that the set has for it (``oos``), with or without a score.

    Examples
    --------
    >>> Intent().decode("play_music")
    {'intent': 'play_music', 'out_of_scope': None}
    >>> Intent().encode({"intent": "play_music", "out_of_scope": 0.5})
    {'intent': 'play_music', 'out_of_scope': 0.5}
    """

    def schema(self) -> dict[str, Any]:
        name = {"type": "string", "minLength": 1}
        scored = {
            "type": "object",
            "properties": {"intent": name, "out_of_scope": {"type": "number", "minimum": 0, "maximum": 1}},
            "required": list(KEYS),
            "additionalProperties": False,
        }
        return {"anyOf": [name, scored]}

    def arrow(self) -> pa.DataType:
        import pyarrow as pa

        return pa.struct([("intent", pa.string()), ("out_of_scope", pa.float64())])

    def encode(self, value: Said) -> JSON:
        # A product in Python may return the name alone; what it returns beside is for ``decode`` to judge.
        wire: Any = value
        if isinstance(wire, dict) and wire.keys() == set(KEYS) and wire["out_of_scope"] is None:
            return str(wire["intent"])
        return wire  # type: ignore[no-any-return]

    def decode(self, wire: JSON) -> Said:
        if isinstance(wire, str):
            return Said(intent=_name(wire), out_of_scope=None)
        if not isinstance(wire, dict):
            raise wrong_type(Words("the name of an intent, or an object", "意图名称或对象"), wire)
        for key in wire:
            if key not in KEYS:
                near = nearest(key, KEYS)
                hint = Words("", "") if near is None else Words(f"; did you mean {near!r}?", f"；是否指 {near!r}？")
                raise MalformedValue(
                    Words(
                        f"unknown key {key[:40]!r}{hint.en} An intent has 'intent' and 'out_of_scope'",
                        f"未知的键 {key[:40]!r}{hint.zh}意图对象含 'intent' 与 'out_of_scope'",
                    )
                )
        for key in KEYS:
            if key not in wire:
                raise MalformedValue(
                    Words(
                        f"the key {key!r} is missing; without a score send the name of the intent alone, as a string",
                        f"缺少键 {key!r}；不给分数时请只发送意图名称字符串",
                    )
                )
        if not isinstance(wire["intent"], str):
            raise wrong_type(Words("'intent' to be a string", "'intent' 为字符串"), wire["intent"])
        return Said(intent=_name(wire["intent"]), out_of_scope=_score(wire["out_of_scope"]))

    def load(self, stored: Any) -> Said:
        return Said(intent=stored["intent"], out_of_scope=stored["out_of_scope"])

    def strategy(self) -> SearchStrategy[Said]:
        from hypothesis import strategies as st

        names = st.sampled_from(["oos", "play_music", "pay_bill"]) | st.text(
            st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12
        )
        scores = st.none() | st.floats(0.0, 1.0)
        return st.builds(lambda intent, score: Said(intent=intent, out_of_scope=score), names, scores)

    def html(self, value: Said) -> str:
        from html import escape

        score = value["out_of_scope"]
        return escape(value["intent"]) + ("" if score is None else f" ({score:.3g})")


def _name(wire: str) -> str:
    if not wire:
        raise MalformedValue(
            Words(
                "the name of the intent is empty; a query that is out of scope has a name too, such as 'oos'",
                "意图名称为空；域外查询也有名称，如 'oos'",
            )
        )
    try:
        wire.encode()
    except UnicodeEncodeError:
        raise MalformedValue(
            Words(
                "the name holds half of a surrogate pair; write the whole character", "名称含半个代理对；应写完整字符"
            )
        ) from None
    return wire


def _score(wire: JSON) -> float:
    if isinstance(wire, bool) or not isinstance(wire, int | float):
        raise wrong_type(Words("'out_of_scope' to be a number", "'out_of_scope' 为数字"), wire)
    if not is_finite(wire) or not 0.0 <= wire <= 1.0:
        shown = repr(wire)[:40]
        raise MalformedValue(
            Words(
                f"'out_of_scope' is {shown}, not a number from 0 (in scope) to 1 (out of scope)",
                f"'out_of_scope' 为 {shown}，应为 0（域内）至 1（域外）的数",
            )
        )
    return float(wire)
