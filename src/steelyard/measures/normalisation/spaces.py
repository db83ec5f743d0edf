"""``spaces/1``: blanks do not count."""

from __future__ import annotations


def spaces_1(text: str) -> str:
    """Return the text without blanks, tabs and ends of lines.

    Examples
    --------
    >>> spaces_1("杆 秤\u3000称重")
    '杆秤称重'
    """
    return "".join(text.split())
