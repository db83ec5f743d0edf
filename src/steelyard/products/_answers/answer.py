"""An answer as a file says it, and what is said of a line that says none."""

from __future__ import annotations

from typing import NamedTuple

from steelyard.core.canonical import JSON
from steelyard.core.errors import AnswersError
from steelyard.core.words import Words


class Answer(NamedTuple):
    """What was answered for one sample, and the line that says so."""

    line: int
    sample: str
    output: JSON
    also: str = ""
    """Another id that a set may give the sample; none: ""."""


def unreadable(path: str, line: int, why: Words, remedy: Words) -> AnswersError:
    """Return the error for a line that cannot be read."""
    return AnswersError(
        Words(f"{path}:{line} cannot be read: {why.en}", f"{path}:{line} 无法读取：{why.zh}"),
        remedy,
    )
