"""Settings of the whole process, for a command that handles a million samples: only a command may make them."""

from __future__ import annotations

import atexit
import contextlib
import gc
from collections.abc import Iterator

SELDOM = (50_000, 20, 100)
"""Objects and rounds between two collections of garbage; Python's own are 700, 10 and 10.

None of what is made for a sample refers to itself, and all of it goes when it is let go: looking for cycles finds none,
and takes a sixth of the bench's time. What is held between two collections is bounded as before: tens of thousands of
small objects, some megabytes.
"""


@contextlib.contextmanager
def sparing() -> Iterator[None]:
    """Collect garbage seldom, and not at all when the process ends; let Arrow give back what it does not need.

    Arrow's own allocator keeps some tens of megabytes for later; the system's does not.
    """
    import pyarrow as pa

    threshold, pool = gc.get_threshold(), pa.default_memory_pool()
    gc.set_threshold(*SELDOM)
    pa.set_memory_pool(pa.system_memory_pool())
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        pa.set_memory_pool(pool)
