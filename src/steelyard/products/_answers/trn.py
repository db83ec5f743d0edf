"""sclite's ``trn``: a sentence, and its id in brackets at the end of the line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steelyard.core.words import Words
from steelyard.products._answers.answer import Answer, unreadable

LINE = re.compile(r"(?P<text>.*?)\s*\((?P<id>[^()\s]+)\)")
REMEDY = Words("Each line is: the words (id).", "每行应为：识别文本 (编号)。")


def read(path: str, text: str) -> Iterator[Answer]:
    """Yield the answers of a ``trn`` file; lines that begin with ``;;`` are comments.

    Examples
    --------
    >>> list(read("a.trn", "he hoped there (4t0c0201)"))
    [Answer(line=1, sample='4t0c0201', output='he hoped there', also='')]
    """
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith(";;"):
            continue
        match = LINE.fullmatch(line.strip())
        if match is None:
            why = Words("it does not end with an id in brackets", "行末没有括号内的编号")
            raise unreadable(path, number, why, REMEDY)
        yield Answer(number, match["id"], match["text"])
