"""``en/1``: words of English and of other languages written with blanks."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'"})
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_BETWEEN = re.compile(r"(?<=\d)\.(?=\d)|(?<=[^\W_])'(?=[^\W_])|[^\W_]")


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
    plain = _GROUPED.sub("", unicodedata.normalize("NFKC", plain))
    kept, end = [], 0
    for match in _BETWEEN.finditer(plain):
        gap = plain[end : match.start()]
        # Marks (accents that no letter takes up) belong to their letter; all else parts words or vanishes.
        kept.append("".join(each for each in gap if unicodedata.category(each)[0] == "M"))
        if any(each.isspace() or unicodedata.category(each) in ("Pd", "Pc") or each in "/" for each in gap):
            kept.append(" ")
        kept.append(match[0])
        end = match.end()
    return " ".join("".join(kept).split())
