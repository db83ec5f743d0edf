"""Whether what was computed again is what a report says."""

from __future__ import annotations

import math
from typing import Any

import orjson

from steelyard.core.canonical import plain

CLOSE = 1e-9
"""Relative difference up to which two computed numbers are the same: libraries of special functions differ in the last
bits from machine to machine."""


def as_written(value: Any) -> Any:
    """Return a value as ``report.json`` says it: what is infinite is null there."""
    return orjson.loads(orjson.dumps(plain(value)))


def same(found: Any, said: Any) -> bool:
    """Whether two plain values are the same, numbers to `CLOSE`."""
    if isinstance(found, dict) and isinstance(said, dict):
        return found.keys() == said.keys() and all(same(found[key], said[key]) for key in found)
    if isinstance(found, list) and isinstance(said, list):
        return len(found) == len(said) and all(map(same, found, said))
    if isinstance(found, float) and isinstance(said, int | float) and not isinstance(said, bool):
        return found == said or math.isclose(found, said, rel_tol=CLOSE)
    return type(found) is type(said) and bool(found == said)


def where(found: Any, said: Any, path: str = "judgements") -> str:
    """Return the first place where two plain values differ."""
    if isinstance(found, dict) and isinstance(said, dict) and found.keys() == said.keys():
        return next(
            (where(found[key], said[key], f"{path}.{key}") for key in found if not same(found[key], said[key])), path
        )
    if isinstance(found, list) and isinstance(said, list) and len(found) == len(said):
        pairs = zip(range(len(found)), found, said, strict=True)
        return next((where(one, other, f"{path}[{n}]") for n, one, other in pairs if not same(one, other)), path)
    return path
