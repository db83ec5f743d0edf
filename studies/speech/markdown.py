"""How the page of results writes tables, shares, paragraphs and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill


def table(head: Sequence[str], rows: Sequence[Sequence[object]], texts: int = 1) -> str:
    """Return a table in Markdown, whose columns after the first ``texts`` are numbers."""
    marks = ["---"] * texts + ["---:"] * (len(head) - texts)
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in (head, marks, *rows))


def percent(share: float | None, digits: int = 2) -> str:
    """Return a share as it is printed; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def paragraph(*parts: str) -> str:
    """Return a paragraph, its lines broken."""
    return fill(" ".join(parts), 118, break_long_words=False, break_on_hyphens=False) + "\n"


def whole(column: object) -> str:
    """Return the sum of a column of whole numbers, as it is printed."""
    return f"{round(float(column.sum())):,}"  # type: ignore[attr-defined]
