"""What `tools/verify_report.py` checks further where this folder stands beside it: nothing of Steelyard.

The file finds `CHECKS` here, and the modules find in the file what they share with it. What the file cannot prove by
itself is said anew once areas and sequential plans were computed too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from weakref import WeakKeyDictionary

from verify_report import Bundle

from verifying.bundle import Further
from verifying.estimates import estimates
from verifying.groups import counts
from verifying.particulars import particulars
from verifying.quotes import quotes
from verifying.records import completeness, draw
from verifying.said import said
from verifying.seeds import seed
from verifying.shapes import shape
from verifying.statements import envelopes

_SEEN: WeakKeyDictionary[Bundle, Further] = WeakKeyDictionary()


def _of_bundles(check: Callable[[Further], None]) -> Callable[[Bundle], None]:
    """Return a check of the file's bundles; what it could not prove replaces what the file said of it."""

    @functools.wraps(check)
    def checked(b: Bundle) -> None:
        if b not in _SEEN:
            _SEEN[b] = Further(b)
        check(_SEEN[b])
        b.unproved[:] = _SEEN[b].unchecked

    return checked


CHECKS = tuple(
    map(
        _of_bundles,
        (quotes, seed, envelopes, draw, completeness, shape, estimates, counts, said, particulars),
    )
)
