"""Texts of strangers on a terminal and in tables: what they hold may not steer what shows them."""

from __future__ import annotations

import unicodedata

UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Controls, marks of direction and of no width, halves of surrogate pairs, separators of lines (Unicode, chapter 4)."""


def printable(text: str, *, lines: bool = True) -> str:
    r"""Return a text with what no reader sees written out: an escape sequence could repaint what was said before it.

    Parameters
    ----------
    text : str
        Of whoever made a file.
    lines : bool
        Whether line feeds may stand in it.

    Examples
    --------
    >>> printable("cmd:x\x1b[2J\u202e，合格\n"), printable("one\ntwo", lines=False)
    ('cmd:x\\x1b[2J\\u202e，合格\n', 'one\\ntwo')
    """
    if text.isprintable():
        return text
    return "".join(
        ascii(each)[1:-1] if unicodedata.category(each) in UNSEEN and not (lines and each == "\n") else each
        for each in text
    )
