"""``case/1``: capital and small letters are one."""

from __future__ import annotations

import unicodedata


def case_1(text: str) -> str:
    """Return the text case-folded, and composed (NFC): of ASCII what sclite does unless told ``-s``.

    Examples
    --------
    >>> case_1("ＡI和AI")
    'ａi和ai'
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
