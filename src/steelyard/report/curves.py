"""Curves over severity: what becomes of an indicator as the noise grows, or the distance, where groups are numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from steelyard.core.card import Card
from steelyard.core.specification import Kind
from steelyard.core.verdict import Finding
from steelyard.core.words import Words
from steelyard.report._axes import labels, ticks, told_apart
from steelyard.report._quantities import FEWEST, ordered

MOST = 400
"""Points that a curve has room for, each of at least a pixel."""
DENSE = 40
"""Of more points, circles and the ends of bounds would stand on each other: the bounds are drawn as a band."""
DECADES = 100.0
"""Positive numbers that span as much are drawn on a logarithmic scale."""
NAMED = 6
"""Members without data that are named; of more, their count is said."""
LETTERS = 14
"""Of an axis's label: longer numbers are rounded, as little as leaves them different."""
LETTER = 8.7
"""Width of a label's letter of 15 pixels, which narrow screens show (charts.css)."""
WIDTH, HEIGHT, HEAD, FOOT, LEFT, RIGHT = 480, 220, 12, 26, 62, 8
MARGIN = 24
"""Between the ends of the axis and the first and the last point."""


@dataclass(frozen=True)
class Point:
    """A member of a group."""

    at: float
    """The number that it is."""
    digits: str
    """The number as the member writes it."""
    finding: Finding | None
    """None: the member has no data for this indicator."""


@dataclass(frozen=True)
class Curve:
    """An indicator over the numbers that the members of a group are."""

    over: Words
    """What the numbers are of, with their unit."""
    points: tuple[Point, ...]
    """Ascending; one at least has a value."""

    @property
    def known(self) -> list[tuple[float, Finding]]:
        """The numbers of the members with a value, and what was found of these."""
        return [(each.at, each.finding) for each in self.points if each.finding is not None]

    @property
    def title(self) -> Words:
        """What is drawn over what, what is asked of it, and of which members there is no data."""
        found = self.known[0][1]
        limit = found.requirement.limit.text
        log = Words(", on a logarithmic scale", "（对数刻度）") if self.logarithmic else Words("", "")
        band = Words("; the band is the bounds", "；色带为界限") if self.dense else Words("", "")
        gaps = self._gaps()
        return Words(
            f"{found.title.en} over {self.over.en}{log.en}; limit {limit}{band.en}{gaps.en}",
            f"{found.title.zh}随{self.over.zh}{log.zh}的变化；限值 {limit}{band.zh}{gaps.zh}",
        )

    def _gaps(self) -> Words:
        """Return of which members there is no data."""
        missing = [each.digits for each in self.points if each.finding is None]
        if not missing:
            return Words("", "")
        if len(missing) > NAMED:
            count, of = f"{len(missing):,}", f"{len(self.points):,}"
            return Words(f"; no data at {count} of {of}", f"；{of} 项中有 {count} 项无数据")
        return Words(f"; no data at {', '.join(missing)}", f"；{'、'.join(missing)} 处无数据")

    @property
    def logarithmic(self) -> bool:
        """Whether the numbers span so much that the small ones would stand on each other."""
        least, greatest = self.points[0].at, self.points[-1].at
        return least > 0 and greatest / least >= DECADES

    @property
    def dense(self) -> bool:
        """Whether there are too many points for each to be drawn."""
        return len(self.points) > DENSE

    @property
    def picture(self) -> str:
        """The curve as SVG; the table of the group has its numbers."""
        return _picture(self)


def in_order(
    column: str, rows: Sequence[Finding], card: Card, members: Sequence[str] = ()
) -> tuple[Sequence[Finding], tuple[Curve, ...]]:
    """Return the findings of a group as they are shown, with a curve for each requirement where members are numbers.

    Parameters
    ----------
    column : str
        Name of the group, or of a unit.
    rows : sequence of Finding
        Of its members, requirement by requirement, the worst first; of none without a value.
    card : Card
        Of the set: what it calls the group and its members.
    members : sequence of str
        All that the group has. Those without a finding have no data: the line does not run across them.

    Returns
    -------
    rows : sequence of Finding
        Requirement by requirement, in the order of the numbers; as they were where members are no numbers.
    curves : tuple of Curve
        One for each requirement that has a value in three members; empty for units, which are names, and where there
        are more members than a curve has room for.
    """
    named = dict.fromkeys((*members, *(next(iter(each.scope.values())) for each in rows)))
    quantity = ordered(column, {each: card.named(each) for each in named}) if column in card.groups else None
    if quantity is None:
        return rows, ()
    title, unit = card.groups[column], quantity.unit
    over = Words(_with(title.en, unit.en, " ({})"), _with(title.zh, unit.zh, "（{}）"))
    alike: dict[str, dict[str, Finding]] = {}
    for each in rows:
        alike.setdefault(each.requirement.name, {})[each.scope[column]] = each
    curves = tuple(
        Curve(over, tuple(Point(at, quantity.digits[each], some.get(each)) for each, at in quantity.at.items()))
        for some in alike.values()
        if len(some) >= FEWEST and len(named) <= MOST
    )
    return [some[each] for some in alike.values() for each in quantity.at if each in some], curves


def _with(title: str, unit: str, form: str) -> str:
    """Return a title with its unit, once."""
    return title + form.format(unit) if unit and unit not in title else title


NONE = (None, None)


def _ends(finding: Finding) -> tuple[float | None, float | None]:
    """Return the bounds that are drawn: a census has none."""
    if finding.requirement.kind is Kind.CENSUS:
        return None, None
    return _finite(finding.estimate.lower), _finite(finding.estimate.upper)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


@dataclass(frozen=True)
class _Plane:
    """Where values are drawn."""

    across: tuple[float, float]
    up: tuple[float, float]
    logarithmic: bool

    def x(self, value: float) -> float:
        """Return the pixel of a number, from the left."""
        low, high, at = (math.log10(each) if self.logarithmic else each for each in (*self.across, value))
        return round(LEFT + MARGIN + (WIDTH - LEFT - RIGHT - 2 * MARGIN) * (at - low) / (high - low), 2)

    def y(self, value: float) -> float:
        """Return the pixel of a value, from the top; none is outside of the picture."""
        low, high = self.up
        share = (min(max(value, low), high) - low) / (high - low)
        return round(HEAD + HEIGHT * (1 - share), 2)


def _plane(curve: Curve) -> _Plane:
    findings = [each for _, each in curve.known]
    limit = findings[0].requirement.limit
    shown = [limit.value, *(end for each in findings for end in _ends(each) if end is not None)]
    shown += [each.estimate.value for each in findings if each.estimate.value is not None]
    low, high = min(shown), max(shown)
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    # A share has no values below none of all and above all.
    floor, ceiling = (0.0 if low >= 0.0 else -math.inf), (1.0 if limit.unit == "1" and high <= 1.0 else math.inf)
    first, last = curve.points[0].at, curve.points[-1].at
    return _Plane((first, last), (max(low - room, floor), min(high + room, ceiling)), curve.logarithmic)


def _picture(curve: Curve) -> str:
    plane, limit = _plane(curve), curve.known[0][1].requirement.limit
    foot, edge, right = HEAD + HEIGHT, plane.y(limit.value), WIDTH - RIGHT
    top, bottom = (edge, foot) if limit.upper else (HEAD, edge)
    drawn = [
        f'<svg class="chart curve" viewBox="0 0 {WIDTH} {foot + FOOT}" aria-hidden="true">',
        f'<rect class="allowed" x="{LEFT}" y="{top}" width="{right - LEFT}" height="{max(bottom - top, 0):.2f}"/>',
    ]
    up = ticks(*plane.up)
    for tick, said in zip(up, told_apart([each * 100 for each in up] if limit.unit == "1" else up), strict=True):
        said += " %" if limit.unit == "1" else ""
        drawn.append(f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{plane.y(tick)}" y2="{plane.y(tick)}"/>')
        drawn.append(f'<text x="{LEFT - 8}" y="{plane.y(tick) + 4.5:.2f}" text-anchor="end">{said}</text>')
    drawn += _across(curve, plane, foot)
    drawn.append(f'<line class="limit" x1="{LEFT}" x2="{right}" y1="{edge}" y2="{edge}"/>')
    drawn += [*(_band if curve.dense else _whiskers)(curve, plane), *_line(curve, plane), "</svg>"]
    return "".join(drawn)


def _across(curve: Curve, plane: _Plane, foot: float) -> list[str]:
    """Return the axis of the numbers: a label where there is room, and a tick at each member without data."""
    if curve.dense:
        marks = _round(curve)
    else:
        said = [each.digits for each in curve.points]
        if max(map(len, said)) > LETTERS:
            said = told_apart([each.at for each in curve.points])
        marks = [(each.at, text) for each, text in zip(curve.points, said, strict=True)]
    shown = labels([(plane.x(at), text) for at, text in marks], WIDTH, LETTER)
    missing = [plane.x(each.at) for each in curve.points if each.finding is None]
    marked = sorted({*missing, *(x for x, _, _ in shown)})
    drawn = [f'<line class="axis" x1="{x}" x2="{x}" y1="{foot}" y2="{foot + 5}"/>' for x in marked]
    return [
        *drawn,
        *(f'<text x="{x}" y="{foot + FOOT - 6}" text-anchor="{end}">{text}</text>' for x, text, end in shown),
    ]


def _round(curve: Curve) -> list[tuple[float, str]]:
    """Return round numbers to mark where there are too many members to mark each."""
    first, last = curve.points[0].at, curve.points[-1].at
    if curve.logarithmic:
        powers = [10.0**power for power in range(math.floor(math.log10(first)), math.ceil(math.log10(last)) + 1)]
        at = [each for each in powers if first <= each <= last]
    else:
        at = [each for each in ticks(first, last, 8) if first <= each <= last]
    return list(zip(at, told_apart(at), strict=True))


def _band(curve: Curve, plane: _Plane) -> list[str]:
    """Return the area between the bounds, broken where there are none; of one that is not known it is all there is."""
    drawn = []
    for bounded, part in groupby(curve.points, lambda each: each.finding is not None and _ends(each.finding) != NONE):
        if not bounded:
            continue
        upper, lower = [], []
        for at, finding in ((each.at, each.finding) for each in part if each.finding is not None):
            ends = zip(_ends(finding), plane.up, strict=True)
            low, high = (plane.y(edge if end is None else end) for end, edge in ends)
            lower.append((plane.x(at), low))
            upper.append((plane.x(at), high))
        if len(upper) == 1:  # an area of no width is not seen
            ((x, low),), ((_, high),) = lower, upper
            drawn.append(f'<line class="reach" x1="{x}" x2="{x}" y1="{low}" y2="{high}"/>')
        else:
            drawn.append(f'<polygon class="band" points="{_places([*upper, *lower[::-1]])}"/>')
    return drawn


def _places(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _whiskers(curve: Curve, plane: _Plane) -> list[str]:
    """Return the bounds of each point; one that is not known has no end."""
    drawn = []
    for at, finding in curve.known:
        x, (low, high) = plane.x(at), _ends(finding)
        if low is None and high is None:
            continue
        ends = [plane.y(edge if end is None else end) for end, edge in zip((low, high), plane.up, strict=True)]
        drawn.append(f'<line class="reach" x1="{x}" x2="{x}" y1="{ends[0]}" y2="{ends[1]}"/>')
        drawn += [
            f'<line class="end" x1="{x - 5:.2f}" x2="{x + 5:.2f}" y1="{y}" y2="{y}"/>'
            for y, end in zip(ends, (low, high), strict=True)
            if end is not None
        ]
    return drawn


def _line(curve: Curve, plane: _Plane) -> list[str]:
    """Return the line through the estimates, for the eye, and the estimates; it breaks where there is no data."""
    lines, points = [], []
    for known, part in groupby(curve.points, _has_value):
        if not known:
            continue
        values = [(each.at, each.finding.estimate.value) for each in part if each.finding is not None]
        places = [(plane.x(at), plane.y(value)) for at, value in values if value is not None]
        if len(places) > 1:
            lines.append(f'<polyline class="line-of" points="{_places(places)}"/>')
        if len(places) == 1 or not curve.dense:
            points += [f'<circle class="point-of" cx="{x}" cy="{y}" r="4"/>' for x, y in places]
    return [*lines, *points]


def _has_value(point: Point) -> bool:
    return point.finding is not None and _finite(point.finding.estimate.value) is not None
