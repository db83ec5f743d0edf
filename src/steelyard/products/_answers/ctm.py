"""NIST's ``ctm``: recording, channel, begin, length, word and, where given, its confidence."""

from __future__ import annotations

import math
from collections.abc import Iterator

from steelyard.core.words import Words
from steelyard.products._answers.answer import Answer, unreadable
from steelyard.products._answers.timed import Piece, joined

REMEDY = Words(
    "Each line is: recording channel begin length word [confidence], times in seconds.",
    "每行应为：录音 声道 起始 时长 词 [置信度]，时间以秒计。",
)


def read(path: str, text: str) -> Iterator[Answer]:
    r"""Yield what was heard in each recording, in the order of time; lines that begin with ``;;`` are comments.

    Examples
    --------
    >>> list(read("a.ctm", "call A 0.5 0.2 there 0.9\ncall A 0.1 0.3 hello"))
    [Answer(line=1, sample='call', output='hello there', also='call-A')]
    """
    return joined(_pieces(path, text))


def _pieces(path: str, text: str) -> Iterator[Piece]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith(";;"):
            continue
        parts = line.split()
        if any(part.upper().startswith("<ALT") for part in parts):
            why = Words("it offers alternatives", "含可选写法")
            remedy = Words("Write the one answer that the product gives.", "请只写产品给出的一个答案。")
            raise unreadable(path, number, why, remedy)
        try:
            begin, length = float(parts[2]), float(parts[3])
            word = parts[4]
        except (IndexError, ValueError):
            raise unreadable(path, number, Words("it is no line of ctm", "不是 ctm 的行"), REMEDY) from None
        if not (0 <= begin < math.inf and 0 <= length < math.inf):  # nor nan, which no order holds
            why = Words(f"{parts[2]} and {parts[3]} are no times", f"{parts[2]} 与 {parts[3]} 不是时间")
            raise unreadable(path, number, why, REMEDY)
        yield Piece(number, parts[0], parts[1], begin, word)
