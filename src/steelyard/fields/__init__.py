"""A folder, a field; a file, a method: a function `method(**options) -> Method`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any

from steelyard.core.errors import CallError, UnknownName
from steelyard.core.method import Method
from steelyard.core.plugins import load, plugins
from steelyard.core.words import Words

KIND = Words("method", "检测方法")


def names() -> list[str]:
    """Return the names of all methods."""
    return list(plugins(__name__))


def find(name: str, options: Mapping[str, Any] | None = None) -> Method:
    """Return the method of this name, with the options that a specification sets under ``with``.

    Raises
    ------
    UnknownName
        Where there is no such method, option or value.

    Examples
    --------
    >>> find("speech.recognition", {"normaliser": "zh/1"}).output
    Text()
    """
    return _make(name, tuple(sorted((options or {}).items())))


@cache
def _make(name: str, options: tuple[tuple[str, Any], ...]) -> Method:
    """Return one and the same method for the same options, so that what readings share is counted once."""
    make = load(__name__, name, KIND).method
    known = inspect.signature(make).parameters
    for option, _ in options:
        if option not in known:
            raise UnknownName(Words(f"option of {name}", f"{name} 选项"), option, known)
    method = make(**dict(options))
    if method.name != name:
        raise CallError(
            Words(f"the file of {name} declares the method {method.name}", f"{name} 的文件声明的方法是 {method.name}")
        )
    return method  # type: ignore[no-any-return]
