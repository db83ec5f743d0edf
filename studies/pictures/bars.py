"""Shares that add up, one bar for each row: what an error rate is made of."""

from __future__ import annotations

from collections.abc import Sequence

from studies.pictures.frame import PAD, WIDTH, box, legend, line, percent, picture, said, text, ticks, width_of

from steelyard.core.words import Words

ROW, BAR, TOP = 30, 18, 40
COLOURS = ("bad", "fair", "other")


def bars(
    title: Words,
    parts_of: Sequence[Words],
    rows: Sequence[tuple[Words, Sequence[float]]],
    end: float,
    digits: int,
    language: str,
) -> str:
    """Return the picture: a bar for each row, its parts one after another, its sum beside it, up to ``end``."""
    labels = [said(label, language) for label, _ in rows]
    names = [said(each, language) for each in parts_of]
    drawn, top = legend(TOP + 8, list(zip(COLOURS, names, strict=False)))
    left = PAD + max(map(width_of, labels)) + 12
    right = WIDTH - PAD - width_of(percent(0.99, digits)) - 8
    foot = top + ROW * len(rows)

    def across(value: float) -> float:
        return left + (right - left) * value / end

    for tick in ticks(0.0, end, most=5):
        drawn.append(line(across(tick), top - 6, across(tick), foot, "axis"))
        drawn.append(text(across(tick), foot + 18, percent(tick), "soft", "middle"))
    for place, (label, (_, shares)) in enumerate(zip(labels, rows, strict=True)):
        y, start = top + ROW * place + (ROW - BAR) / 2 - 3, 0.0
        drawn.append(text(left - 12, y + BAR / 2 + 5, label, "", "end"))
        for colour, share in zip(COLOURS, shares, strict=False):
            drawn.append(box(across(start), y, across(start + share) - across(start), BAR, colour))
            start += share
        drawn.append(text(WIDTH - PAD, y + BAR / 2 + 5, percent(start, digits), "strong", "end"))
    told = ", ".join(f"{label} {percent(sum(shares), digits)}" for label, (_, shares) in zip(labels, rows, strict=True))
    return picture(said(title, language), f"{said(title, language)}: {told}", foot + 30, drawn)
