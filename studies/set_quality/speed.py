"""Time and memory of the search among a million short texts, beside a peer; measured on the machine at hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))


def sections() -> Iterator[str]:
    """Yield the section of the page; without the peer none, and what the page has stays."""
    try:
        import near_duplicates

        yield near_duplicates.measure(quick=False)
    except ImportError:
        print("not measured: datasketch is not installed", file=sys.stderr)
