"""Canonical JSON (RFC 8785) and SHA-256 digests: the same bytes for the same facts, on any machine."""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

JSON = None | bool | int | float | str | list[Any] | dict[str, Any]


_SCALARS = frozenset({bool, int, float, str})


IF_GIVEN: Mapping[str, bool] = MappingProxyType({"if_given": True})
"""Metadata of a dataclass's field that is written only where it says something: documents without it have the digests
that they always had."""


@functools.cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    """Return the names of a dataclass's fields: a report holds thousands of a few kinds."""
    return tuple(field.name for field in dataclasses.fields(kind))


@functools.cache
def if_given(kind: type[Any]) -> frozenset[str]:
    """Return the names of a dataclass's fields that are written only where they say something."""
    return frozenset(field.name for field in dataclasses.fields(kind) if field.metadata.get("if_given", False))


def plain(value: Any) -> Any:
    """Return ``value`` as plain JSON: frozen dataclasses become objects, enumerations their values.

    Examples
    --------
    >>> from steelyard.core.words import Words
    >>> plain((Words("yes", "是"), 1))
    [{'en': 'yes', 'zh': '是'}, 1]
    """
    kind = type(value)
    if value is None or kind in _SCALARS:
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(kind):
        said, sparing = {name: getattr(value, name) for name in _names(kind)}, if_given(kind)
        return {name: plain(each) for name, each in said.items() if name not in sparing or each}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no plain JSON form")


def canonical(value: Any) -> bytes:
    """Return the canonical JSON bytes of ``value`` (RFC 8785).

    Raises
    ------
    ValueError
        For NaN, infinities and integers beyond 2⁵³, which JSON cannot carry faithfully.

    Examples
    --------
    >>> canonical({"b": 1, "a": 0.10})
    b'{"a":0.1,"b":1}'
    """
    import rfc8785

    return rfc8785.dumps(plain(value))


def digest(value: Any) -> str:
    """Return ``"sha256:…"`` of the canonical JSON of ``value``.

    Examples
    --------
    >>> digest({})
    'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
    """
    return sha256(canonical(value))


def sha256(data: bytes) -> str:
    """Return ``"sha256:…"`` of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def sample_seed(seed: int, purpose: str, sample: str) -> int:
    """Return the 64-bit seed of one sample for one purpose (a condition, a draw).

    It hangs on the plan's seed, the purpose and the sample alone, so that two products meet the same noise.

    Examples
    --------
    >>> sample_seed(0, "reference", "a") == sample_seed(0, "reference", "a")
    True
    >>> sample_seed(0, "reference", "a") == sample_seed(1, "reference", "a")
    False
    """
    data = canonical([seed, purpose, sample])
    return int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
