"""NIST's ``stm``: recording, channel, speaker, begin, end, where given labels in ``<…>``, and text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steelyard.core.words import Words
from steelyard.products._answers.answer import Answer, unreadable
from steelyard.products._answers.timed import Piece, joined

_LINE = re.compile(r"(\S+)\s+(\S+)\s+\S+\s+(\d{1,15}(?:\.\d*)?)\s+\d{1,15}(?:\.\d*)?(?:\s+<\S*>)?(?:\s+(.*))?")
REMEDY = Words(
    "Each line is: recording channel speaker begin end [<labels>] text, times in seconds.",
    "每行应为：录音 声道 说话人 起 止 [<标签>] 文本，时间以秒计。",
)


def read(path: str, text: str) -> Iterator[Answer]:
    """Yield what was said in each recording, segment after segment; lines that begin with ``;;`` are comments.

    Examples
    --------
    >>> list(read("a.stm", "call A ann 0.0 2.5 <o,f0> hello there"))
    [Answer(line=1, sample='call', output='hello there', also='call-A')]
    """
    return joined(_pieces(path, text))


def _pieces(path: str, text: str) -> Iterator[Piece]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith(";;"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise unreadable(path, number, Words("it is no line of stm", "不是 stm 的行"), REMEDY)
        yield Piece(number, match[1], match[2], float(match[3]), match[4] or "")
