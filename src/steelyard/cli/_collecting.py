"""The garbage collector, while a command runs that makes a few small objects for each of a million samples."""

from __future__ import annotations

import atexit
import contextlib
import gc
from collections.abc import Iterator

SELDOM = (50_000, 20, 100)
"""Objects and rounds between two collections; Python's own are 700, 10 and 10.

None of what is made for a sample refers to itself, and all of it goes when it is let go: looking for cycles finds none,
and takes a sixth of the bench's time. What is held between two collections is bounded as before: tens of thousands of
small objects, some megabytes.
"""


@contextlib.contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let the collector look seldom, and, when the process ends, not at all: it takes everything apart anyway.

    It is the process's own setting, so that a library may not make it: only a command does.
    """
    earlier = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
    try:
        yield
    finally:
        gc.set_threshold(*earlier)
