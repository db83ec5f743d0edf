"""``en/1``: words of English and of other languages written with blanks."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'"})
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_LOOSE = re.compile(r"(?<![^\W_])'|'(?![^\W_])|(?<!\d)\.|\.(?!\d)")
"""Apostrophes that stand in no word, and points that stand in no number."""


class _Kept(dict[int, int | str | None]):
    """Translation table: what parts words becomes a blank, other punctuation vanishes; filled as characters come up."""

    def __missing__(self, code: int) -> int | str | None:
        character, category = chr(code), unicodedata.category(chr(code))
        parts = character.isspace() or category in ("Pc", "Pd") or character == "/"
        dropped = category[0] in "PS" or category in ("Cc", "Cf")
        self[code] = " " if parts else None if dropped and character not in "'." else code
        return self[code]


_KEPT = _Kept()


def en_1(text: str) -> str:
    """Return words as ``en/1`` counts them: small letters, no punctuation, a blank between words.

    Kept are the apostrophe within a word (it's) and the point within a number (3.5); a hyphen parts words. Numerals
    stay as they are written (3 and three differ), and so do contractions and spellings (it's and it is, colour and
    color): nothing is spelled out.

    Examples
    --------
    >>> en_1("It’s a well-known fact: 1,000 — or 3.5!")
    "it's a well known fact 1000 or 3.5"
    """
    plain = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold()
    plain = _GROUPED.sub("", unicodedata.normalize("NFKC", plain)).translate(_KEPT)
    return unicodedata.normalize("NFKC", " ".join(_LOOSE.sub("", plain).split()))
