"""Values with their bounds, one row for each, against a limit: as report pages draw a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studies.pictures.frame import PAD, WIDTH, box, dot, line, number, percent, picture, said, text, ticks, width_of

from steelyard.core.words import Words

ROW = 22
BARE, LIMITED = 44, 62
"""Where rows begin, without and with a limit above them."""
TICK = 56
"""Room that a label of the axis needs."""


@dataclass(frozen=True)
class Limit:
    """A limit, and on which side of it a product may be."""

    value: float
    words: Words
    below: bool


@dataclass(frozen=True)
class Interval:
    """A value with its bounds."""

    label: Words
    value: float
    lower: float | None
    upper: float | None
    strong: bool = False
    """Whether it is what the verdict rests on."""
    published: float | None = None
    """What its makers publish."""
    limit: float | None = None
    """Its own limit, below which it must be; where all have one and the same, the picture has it."""


def intervals(
    title: Words, rows: Sequence[Interval], limit: Limit | None, ends: tuple[float, float], digits: int, language: str
) -> str:
    """Return the picture: a row for each value, an axis from ``ends[0]`` to ``ends[1]``, values to ``digits``."""
    top, fine = (BARE if limit is None else LIMITED), int(ends[1] - ends[0] < 0.03)
    labels = [said(row.label, language) for row in rows]
    left = PAD + max(map(width_of, labels)) + 12
    right = WIDTH - PAD - width_of(percent(-0.99, digits)) - 8
    foot = top + ROW * len(rows)

    def across(value: float) -> float:
        return left + (right - left) * (min(max(value, ends[0]), ends[1]) - ends[0]) / (ends[1] - ends[0])

    parts = []
    if limit is not None:
        edge = across(limit.value)
        start, stop = (left, edge) if limit.below else (edge, right)
        parts.append(box(start, top - 6, stop - start, foot - top + 6, "allowed"))
    for tick in ticks(*ends, most=max(int((right - left) / TICK), 2)):
        parts.append(line(across(tick), top - 6, across(tick), foot, "axis"))
        parts.append(text(across(tick), foot + 18, percent(tick, fine), "soft", "middle"))
    if limit is not None:
        parts.append(line(edge, top - 6, edge, foot, "limit"))
        words = said(limit.words, language)
        half = width_of(words) / 2
        parts.append(text(min(max(edge, PAD + half), WIDTH - PAD - half), top - 12, words, "soft", "middle"))
    for place, (row, label) in enumerate(zip(rows, labels, strict=True)):
        middle = top + ROW * place + ROW / 2 - 1
        kind = "strong" if row.strong else ""
        if row.limit is not None:
            edge = across(row.limit)
            parts.append(box(left, middle - 9, edge - left, 18, "allowed"))
            parts.append(line(edge, middle - 9, edge, middle + 9, "limit"))
        parts.append(text(left - 12, middle + 5, label, kind, "end"))
        if row.lower is not None and row.upper is not None:
            parts.append(line(across(row.lower), middle, across(row.upper), middle, "line"))
            parts += [line(across(end), middle - 5, across(end), middle + 5, "line") for end in (row.lower, row.upper)]
        parts.append(dot(across(row.value), middle, 5 if row.strong else 4))
        if row.published is not None:
            x = across(row.published)
            diamond = " ".join(
                f"{number(x + dx)},{number(middle + dy)}" for dx, dy in ((-6, 0), (0, -6), (6, 0), (0, 6))
            )
            parts.append(f'<polygon points="{diamond}" style="fill:none;stroke:var(--other);stroke-width:2"/>')
        parts.append(text(WIDTH - PAD, middle + 5, percent(row.value, digits), kind, "end"))
    named = ", ".join(f"{label} {percent(row.value, digits)}" for row, label in zip(rows, labels, strict=True))
    return picture(said(title, language), f"{said(title, language)}: {named}", foot + 30, parts)
