"""A share over a share, with bounds, against a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studies.pictures.frame import PAD, WIDTH, line, number, percent, picture, said, text, ticks, width_of

from steelyard.core.words import Words

TOP, HEIGHT, FOOT = 58, 230, 46


@dataclass(frozen=True)
class Curve:
    """What a product comes to, with bounds; ``colour`` is one of the page's."""

    label: Words
    colour: str
    points: Sequence[tuple[float, float, float, float]]
    """Where along the axis, the value, its lower and its upper bound."""


def curves(
    title: Words,
    along: Words,
    rows: Sequence[Curve],
    limit: tuple[float, Words] | None,
    low: float,
    language: str,
) -> str:
    """Return the picture: values from ``low`` to one, bounds as a band, each curve named at its end."""
    left, right, bottom = PAD + 46, WIDTH - PAD - 12, TOP + HEIGHT
    last = max(point[0] for row in rows for point in row.points)

    def across(value: float) -> float:
        return left + (right - left) * value / last

    def up(value: float) -> float:
        return bottom - HEIGHT * (value - low) / (1.0 - low)

    parts = []
    for tick in ticks(low, 1.0, most=5):
        parts.append(line(left, up(tick), right, up(tick), "axis"))
        parts.append(text(left - 8, up(tick) + 5, percent(tick), "soft", "end"))
    for tick in ticks(0.0, last, most=5):
        parts.append(line(across(tick), bottom, across(tick), bottom + 5, "axis"))
        parts.append(text(across(tick), bottom + 20, percent(tick), "soft", "middle"))
    parts.append(text((left + right) / 2, bottom + 38, said(along, language), "soft", "middle"))
    if limit is not None:
        parts.append(line(left, up(limit[0]), right, up(limit[0]), "limit"))
        parts.append(text(right, up(limit[0]) - 7, said(limit[1], language), "soft", "end"))
    for row in rows:
        forth = " ".join(f"{number(across(x))},{number(up(upper))}" for x, _, _, upper in row.points)
        back = " ".join(f"{number(across(x))},{number(up(lower))}" for x, _, lower, _ in reversed(row.points))
        parts.append(f'<polygon points="{forth} {back}" style="fill:var(--{row.colour})" opacity="0.25"/>')
        path = "L".join(f"{number(across(x))} {number(up(value))}" for x, value, _, _ in row.points)
        parts.append(f'<path class="line" style="stroke:var(--{row.colour})" d="M{path}"/>')
        x, value = row.points[-1][:2]
        words = said(row.label, language)
        y = up(value) + 18
        parts.append(
            f'<text x="{number(across(x))}" y="{number(y)}" text-anchor="end" class="strong" '
            f'style="fill:var(--{row.colour})">{words}</text>'
        )
        assert width_of(words) < right - left
    told = "; ".join(
        f"{said(row.label, language)} {percent(row.points[0][1], 2)} – {percent(row.points[-1][1], 2)}" for row in rows
    )
    return picture(said(title, language), f"{said(title, language)}: {told}", bottom + FOOT, parts)
