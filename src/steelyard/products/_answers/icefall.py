"""What icefall and k2 write (``recogs-*.txt``): ``id:<tab>ref=[…]``, which is let be, and ``id:<tab>hyp=[…]``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from steelyard.core.words import Words
from steelyard.products._answers.answer import Answer, unreadable

LINE = re.compile(r"(?P<id>\S+):\s+(?P<kind>ref|hyp)=(?P<tokens>\[.*\])")
REMEDY = Words("Each line is id:<tab>ref=['…', …] or id:<tab>hyp=['…', …].", "每行应为 编号:<制表符>hyp=['…', …]。")


def read(path: str, text: str) -> Iterator[Answer]:
    r"""Yield the answers of a ``recogs`` file, its tokens joined by blanks.

    Examples
    --------
    >>> list(read("recogs.txt", "s1:\tref=['杆', '秤']\ns1:\thyp=['杠', '秤']"))
    [Answer(line=2, sample='s1', output='杠 秤', also='')]
    """
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        match = LINE.fullmatch(line.strip())
        if match is None:
            raise unreadable(path, number, Words("it is no line of icefall", "不是 icefall 的行"), REMEDY)
        if match["kind"] == "ref":
            continue
        try:
            tokens = ast.literal_eval(match["tokens"])
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            tokens = None
        if not isinstance(tokens, list) or not all(isinstance(each, str) for each in tokens):
            why = Words("its tokens are no list of texts", "标记不是文本列表")
            raise unreadable(path, number, why, REMEDY)
        yield Answer(number, match["id"], " ".join(tokens))
