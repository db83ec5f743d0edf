"""Whether reference answers are classes, and how often each stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CLASSES = 1000
"""Distinct reference answers; where there are more they are no classes."""
REPEATED = 2.0
"""How often a class must stand on average, at least, for answers to be classes."""


def counts_of(batches: Iterable[pa.Array]) -> Counter[str]:
    """Return how often each text stands; what is no text has no classes."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: Counter[str] = Counter()
    for column in batches:
        if not pa.types.is_string(column.type):
            return Counter()
        for item in pc.value_counts(column.drop_null()).to_pylist():
            found[item["values"]] += item["counts"]
        if len(found) > 100 * MOST_CLASSES:
            return Counter()
    return found


def is_classes(counts: Counter[str], samples: int) -> bool:
    """Tell whether reference answers are classes: few, and each stands again and again.

    Examples
    --------
    >>> is_classes(Counter({"yes": 40, "no": 60}), 100), is_classes(Counter(map(str, range(100))), 100)
    (True, False)
    """
    return bool(counts) and len(counts) <= MOST_CLASSES and samples >= REPEATED * len(counts)
