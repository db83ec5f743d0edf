"""``zh/1``: Chinese text, without what is not spoken."""

from __future__ import annotations

import re
import unicodedata


class _Kept(dict[int, int | None]):
    """Translation table that drops punctuation, symbols, spaces and controls, filled as characters come up."""

    def __missing__(self, code: int) -> int | None:
        category = unicodedata.category(chr(code))
        # Not all of C: what one version of Unicode has not assigned, the next one may call a letter.
        self[code] = None if category[0] in "PSZ" or category in ("Cc", "Cf") else code
        return self[code]


_KEPT = _Kept()
_PLAIN_CHINESE = re.compile(r"[\u4e00-\u9fff]*")
_COMMON_MARKS = "，。！？、；：“”‘’（）《》 ,.!?;:()'\"-"
_MARKS = re.compile(f"[{_COMMON_MARKS}]+")
_COMMON = re.compile(f"[\u4e00-\u9fffA-Za-z0-9{_COMMON_MARKS}]*")


def zh_1(text: str) -> str:
    """Return Chinese text as ``zh/1`` counts it: NFKC, without punctuation, symbols and spaces.

    Digits and numerals stay as they are written, and so does the case of letters: 2 and 二 differ, and A and a. Signs
    and decimal points are punctuation and symbols, and vanish.

    Examples
    --------
    >>> zh_1("杆秤，称重 5 公斤。ＡＢ")
    '杆秤称重5公斤AB'
    """
    if _PLAIN_CHINESE.fullmatch(text):
        return text
    if _COMMON.fullmatch(text):  # nothing that NFKC would change into something that counts
        return _MARKS.sub("", text)
    kept = unicodedata.normalize("NFKC", text).translate(_KEPT)
    return unicodedata.normalize("NFKC", kept)  # what was dropped may have stood between a letter and its accent
