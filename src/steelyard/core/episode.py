"""What passes in a closed loop: a product is told of a scenario, then acts on one observation after another."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType, wrong_type
from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa
    from hypothesis.strategies import SearchStrategy

OPEN, STEP, CLOSE = ACTS = ("open", "step", "close")


class Open(NamedTuple):
    """The first thing that a closed loop's conversation yields: what the product is told before it acts."""

    scenario: Any


class Turn(NamedTuple):
    """One message to a product in a closed loop."""

    episode: str
    """Tells apart the episodes that are under way at the same time; drawn at random, it says nothing of the sample."""
    act: str
    """``open``, ``step`` or ``close``."""
    value: Any = None
    """The scenario, the observation, or nothing."""


@dataclass(frozen=True)
class Turns(DataType[Turn]):
    """Turns of closed loops: ``{"episode": "9f…", "open": scenario}``; then ``"step": observation``, ``"close": true``.

    Examples
    --------
    >>> from steelyard.data.features import Features
    >>> from steelyard.data.text import Text
    >>> Turns(Text(), Features(size=2)).decode({"episode": "9f", "step": [0, 1]})
    Turn(episode='9f', act='step', value=[0.0, 1.0])
    """

    scenario: DataType[Any]
    observation: DataType[Any]

    def schema(self) -> dict[str, Any]:
        values = {OPEN: self.scenario.schema(), STEP: self.observation.schema(), CLOSE: {"const": True}}
        return {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"episode": {"type": "string"}, act: value},
                    "required": ["episode", act],
                    "additionalProperties": False,
                }
                for act, value in values.items()
            ]
        }

    def arrow(self) -> pa.DataType:
        import pyarrow as pa

        return pa.string()

    def encode(self, value: Turn) -> JSON:
        kind = {OPEN: self.scenario, STEP: self.observation}.get(value.act)
        return {"episode": value.episode, value.act: True if kind is None else kind.encode(value.value)}

    def decode(self, wire: JSON) -> Turn:
        if not isinstance(wire, dict):
            raise wrong_type(Words("a turn", "一个回合"), wire)
        acts = [act for act in ACTS if act in wire]
        episode = wire.get("episode")
        if len(acts) != 1 or len(wire) != 2 or not isinstance(episode, str) or wire.get(CLOSE, True) is not True:
            listed = ", ".join(map(repr, wire))[:60]
            raise MalformedValue(
                Words(
                    f'expected a text "episode" and one of "open", "step" and "close": true; got {listed}',
                    f'应为文本 "episode" 及 "open"、"step"、"close": true 之一；实为 {listed}',
                )
            )
        kind = {OPEN: self.scenario, STEP: self.observation}.get(acts[0])
        return Turn(episode, acts[0], None if kind is None else kind.decode(wire[acts[0]]))

    def store(self, value: Turn) -> str:
        return json.dumps(self.encode(value))

    def load(self, stored: str) -> Turn:
        return self.decode(json.loads(stored))

    def strategy(self) -> SearchStrategy[Turn]:
        from hypothesis import strategies

        name = strategies.text("0123456789abcdef", min_size=16, max_size=16)
        return strategies.one_of(
            strategies.builds(Turn, name, strategies.just(OPEN), self.scenario.strategy()),
            strategies.builds(Turn, name, strategies.just(STEP), self.observation.strategy()),
            strategies.builds(Turn, name, strategies.just(CLOSE), strategies.none()),
        )

    def declaration(self) -> dict[str, Any]:
        return {
            "type": "turns",
            "scenario": self.scenario.declaration(),
            "observation": self.observation.declaration(),
        }
