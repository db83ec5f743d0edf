"""How the page of results writes values with their bounds, and tables."""

from __future__ import annotations

from collections.abc import Sequence

from studies.dialogue.answers import Asked, found

from steelyard import fields
from steelyard.core.verdict import Estimate


def shown(of: Estimate) -> str:
    """Return a value with its bounds, in %."""
    if of.value is None:
        return "–"
    if of.lower is None or of.upper is None:
        return f"{100 * of.value:.2f}"
    return f"{100 * of.value:.2f} ({100 * of.lower:.2f}–{100 * of.upper:.2f})"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; all columns but the first are aligned right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def every_indicator(method: str, sets: dict[str, Asked], text: str) -> str:
    """Return a section with all indicators of a method."""
    lines = [
        (indicator.title.en, *(shown(found(method, indicator.name, of)) for of in sets.values()))
        for indicator in fields.find(method).indicators
    ]
    return "\n".join([text, markdown(("%", *sets), lines)])
