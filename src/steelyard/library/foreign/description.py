"""What a user says of a set that others described: which column is what, and what its card shall say."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from steelyard.core.errors import CallError, UnknownName
from steelyard.core.words import Words

PARAMETERS = {
    "audio": "sample_rate",
    "features": "size",
    "image": "channels",
    "picture": "channels",
    "series": "channels",
    "score": "",
    "text": "",
}
"""Data types that ``type`` may name, and the parameter that stands behind the colon."""
NOTHING = "none"
"""Written for a column that there is not."""


@dataclass(frozen=True)
class Description:
    """What a user says of a foreign set; what is None is inferred, or asked for by an error."""

    name: str | None = None
    version: str | None = None
    title: Words | None = None
    licence: str | None = None
    source: str | None = None
    citation: str | None = None
    made: Words | None = None
    """How the reference answers were made."""
    records: str | None = None
    """The record set, or the configuration, that holds the samples."""
    id: str | None = None
    input: tuple[str, ...] = ()
    """Columns of the inputs: several are put together as features; ``none``: recorded answers only."""
    type: str | None = None
    """Data type of the inputs: ``text``, ``audio:16000``, ``picture:1`` …"""
    reference: str | None = None
    means: Mapping[str, str] = field(default_factory=dict)
    """Reference answers as they are written, and what a method calls them."""
    split: str | None = None
    """Column of splits; ``none``: all samples are test samples."""
    test: str | None = None
    """Which of its splits a run uses."""
    groups: Mapping[str, Words] = field(default_factory=dict)
    units: Mapping[str, Words] = field(default_factory=dict)
    methods: tuple[str, ...] = ()

    def declaration(self) -> dict[str, Any] | None:
        """Return the declaration of the inputs' data type; None where nothing was said.

        Examples
        --------
        >>> Description(type="audio:16000").declaration()
        {'type': 'audio', 'sample_rate': 16000}
        """
        if self.type is None:
            return None
        name, _, number = self.type.partition(":")
        if name not in PARAMETERS:
            raise UnknownName(Words("data type of inputs", "输入数据类型"), name, PARAMETERS)
        if number and (not PARAMETERS[name] or not number.isascii() or not number.isdigit()):
            raise CallError(
                Words(f"{self.type!r} is no data type", f"{self.type!r} 不是数据类型"),
                Words(
                    "Write text, audio:16000, picture:1, features or series:3.", "例：text、audio:16000、picture:1。"
                ),
            )
        return {"type": name} | ({PARAMETERS[name]: int(number)} if number else {})

    def over(self, other: Description) -> Description:
        """Return what both say; where they differ, this one has the word."""
        said = {each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name)}
        return replace(other, **said)


def read_description(path: Path) -> Description:
    """Return the description in a TOML file.

    Groups and units are a list of columns, or a table of columns with their names: ``speaker = {en = …, zh = …}``.

    Raises
    ------
    CallError
        Where it cannot be read, or says what no description says.
    """
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CallError(Words(f"cannot read {path}: {error}", f"无法读取 {path}：{error}")) from None
    known = [each.name for each in fields(Description)]
    for key in written:
        if key not in known:
            raise UnknownName(Words(f"key of {path}", f"{path} 的键"), key, known)
    try:
        return Description(**{key: _value(key, value) for key, value in written.items()})
    except (TypeError, ValueError, AttributeError) as error:
        raise CallError(Words(f"{path}: {error}", f"{path}：{error}")) from None


def named(columns: Mapping[str, Any] | list[str] | tuple[str, ...]) -> dict[str, Words]:
    """Return columns with their names for readers; a column without any bears its own.

    Examples
    --------
    >>> named(["speaker"])
    {'speaker': Words(en='speaker', zh='speaker')}
    """
    if isinstance(columns, Mapping):
        return {str(name): words(value) for name, value in columns.items()}
    return {str(name): Words(str(name), str(name)) for name in columns}


def words(value: Any) -> Words:
    """Return words that were written in one language, or in both."""
    if isinstance(value, Mapping):
        return Words(str(value["en"]), str(value["zh"]))
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {value!r}")
    return Words(value, value)


def _value(key: str, value: Any) -> Any:
    if key in ("groups", "units"):
        return named(value)
    if key in ("title", "made"):
        return words(value)
    if key in ("input", "methods"):
        return (value,) if isinstance(value, str) else tuple(map(str, value))
    if key == "means":
        return {str(name): str(meaning) for name, meaning in value.items()}
    if not isinstance(value, str):
        raise ValueError(f"{key} must be text, not {value!r}")
    return value
