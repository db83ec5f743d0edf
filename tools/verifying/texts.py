"""Texts of a laboratory: nothing in them is unseen, and what is read on one line stands on one."""

from __future__ import annotations

import unicodedata
from typing import Any

from verifying.bounds import Bad

ON_ONE_LINE = {"name", "function", "body", "provider", "by", "number", "identification", "replaces"}
"""Names and numbers, by their keys; what an item is called by its maker may be longer."""


def hold_texts(said: Any, place: tuple[str, ...] = ()) -> None:
    """Check that no text holds controls, marks of direction or of no width, or ends of lines in a name.

    Raises
    ------
    Bad
        Naming the place.
    """
    if isinstance(said, dict):
        for key, value in said.items():
            hold_texts(value, (*place, key))
    elif isinstance(said, list):
        for value in said:
            hold_texts(value, place)
    elif isinstance(said, str):
        keys = [key for key in place if key not in ("en", "zh")]
        lines = keys[-1] not in ON_ONE_LINE or keys == ["item", "identification"]
        for each in said:
            drawn = (
                unicodedata.category(each) not in ("Cc", "Cf", "Zl", "Zp")
                and each not in "\u115f\u1160\u2800\u3164\uffa0"
            )
            if not drawn and not (each == "\n" and lines):
                raise Bad(f"{'.'.join(keys)} holds U+{ord(each):04X}, which nobody sees")
