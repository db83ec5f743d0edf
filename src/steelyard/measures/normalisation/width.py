"""``width/1``: full and half width, and other ways to write the same character, are one (NFKC)."""

from __future__ import annotations

import unicodedata


def width_1(text: str) -> str:
    """Return the text in Unicode's normalisation form KC.

    Examples
    --------
    >>> width_1("ＡＢ，１２")
    'AB,12'
    """
    return unicodedata.normalize("NFKC", text)
