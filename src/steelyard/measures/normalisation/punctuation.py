"""``punctuation/1``: punctuation, symbols and marks that nobody sees do not count; blanks stay."""

from __future__ import annotations

import unicodedata


class _Kept(dict[int, int | None]):
    """Translation table that drops punctuation, symbols and controls, filled as characters come up."""

    def __missing__(self, code: int) -> int | None:
        category = unicodedata.category(chr(code))
        dropped = category[0] in "PS" or (category in ("Cc", "Cf") and not chr(code).isspace())
        self[code] = None if dropped else code
        return self[code]


_KEPT = _Kept()


def punctuation_1(text: str) -> str:
    """Return the text without punctuation and symbols.

    Examples
    --------
    >>> punctuation_1("杆秤，称 重。50%")
    '杆秤称 重50'
    """
    return text.translate(_KEPT)
