"""Two products: one that does nothing, and one that takes five milliseconds over it."""

from __future__ import annotations

import time


def copy(text: str) -> str:
    """Return the text."""
    return text


def copy_in_5_ms(text: str) -> str:
    """Return the text after five milliseconds."""
    time.sleep(0.005)
    return text
