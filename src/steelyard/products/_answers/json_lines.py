"""JSON lines: ``{"id": …, "output": …}``."""

from __future__ import annotations

import json
from collections.abc import Iterator

from steelyard.core.canonical import JSON
from steelyard.core.errors import AnswersError
from steelyard.core.words import Words
from steelyard.products._answers.answer import Answer, unreadable

REMEDY = Words('Each line is {"id": "…", "output": …}.', '每行应为 {"id": "…", "output": …}。')


def read(path: str, text: str) -> Iterator[Answer]:
    """Yield the answers of JSON lines.

    Examples
    --------
    >>> list(read("a.jsonl", '{"id": "s1", "output": "杆秤"}'))
    [Answer(line=1, sample='s1', output='杆秤', also='')]
    """
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line, object_pairs_hook=_once)
            name, output = said["id"], said["output"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise unreadable(path, number, Words(repr(error), repr(error)), REMEDY) from None
        if not isinstance(name, str):
            raise AnswersError(
                Words(f"{path}:{number}: the id {name!r} is not text", f"{path}:{number}：编号 {name!r} 不是文本"),
                REMEDY,
            )
        yield Answer(number, name, output)


def _once(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    """Return an object none of whose keys stands twice."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made
