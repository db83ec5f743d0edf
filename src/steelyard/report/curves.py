"""Curves over severity: what becomes of an indicator as the noise grows, or the distance, where groups are numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from steelyard.core.card import Card
from steelyard.core.specification import Kind
from steelyard.core.verdict import Finding
from steelyard.core.words import Words
from steelyard.report._axes import labels, ticks

FEWEST = 3
"""Two points are no curve."""
MOST = 400
"""Points that a curve has room for, each of at least a pixel."""
DECADES = 100.0
"""Positive numbers that span as much are drawn on a logarithmic scale."""
UNITS = {
    "db": "dB",
    "deg": "°",
    "hz": "Hz",
    "khz": "kHz",
    "kbps": "kbit/s",
    "km": "km",
    "kmh": "km/h",
    "lux": "lx",
    "m": "m",
    "mm": "mm",
    "ms": "ms",
    "percent": "%",
    "s": "s",
}
"""What the end of a column's name says of its unit: ``snr_db``."""
NUMBER = re.compile(r"([-+−]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)[ \u00a0]?([°%‰]|[^\W\d_]*(?:/[^\W\d_]+)?)")
"""A number, and perhaps a unit, of any script: ``-5``, ``2.5 m``, ``80 km/h``, ``5米``."""
WIDTH, HEIGHT, HEAD, FOOT, LEFT, RIGHT = 480, 220, 12, 26, 62, 8
MARGIN = 24
"""Between the ends of the axis and the first and the last point."""


@dataclass(frozen=True)
class Ordered:
    """Members of a group that are numbers."""

    at: Mapping[str, float]
    """Of each member, its number; ascending."""
    unit: Words
    """Empty: none is known."""


@dataclass(frozen=True)
class Curve:
    """An indicator over the numbers that the members of a group are."""

    over: Words
    """What the numbers are of, with their unit."""
    points: tuple[tuple[float, Finding], ...]
    """Ascending; only members with a value."""

    @property
    def title(self) -> Words:
        """What is drawn over what, and what is asked of it."""
        found = self.points[0][1]
        limit = found.requirement.limit.text
        log = Words(", on a logarithmic scale", "（对数刻度）") if self.logarithmic else Words("", "")
        return Words(
            f"{found.title.en} over {self.over.en}{log.en}; limit {limit}",
            f"{found.title.zh}随{self.over.zh}{log.zh}的变化；限值 {limit}",
        )

    @property
    def logarithmic(self) -> bool:
        """Whether the numbers span so much that the small ones would stand on each other."""
        least, greatest = self.points[0][0], self.points[-1][0]
        return least > 0 and greatest / least >= DECADES

    @property
    def picture(self) -> str:
        """The curve as SVG; the table of the group has its numbers."""
        return _picture(self)


def ordered(column: str, names: Mapping[str, Words]) -> Ordered | None:
    """Return the numbers that the members of a group are; None where one is none, or they are fewer than three.

    Parameters
    ----------
    column : str
        Name of the group: its end may tell the unit (``distance_m``).
    names : mapping of str to Words
        What readers see of each member. Whoever gives a member a name in words says that it is no quantity; numbers
        that begin with a zero (``007``) are names, and so are those with several units.

    Examples
    --------
    >>> ordered("snr_db", {each: Words(each, each) for each in ("20", "-5", "0")})
    Ordered(at={'-5': -5.0, '0': 0.0, '20': 20.0}, unit=Words(en='dB', zh='dB'))
    >>> ordered("scene", {each: Words(each, each) for each in ("20", "-5", "quiet")})
    """
    found: dict[str, float] = {}
    units = set[tuple[str, str]]()
    for member, name in names.items():
        en, zh = NUMBER.fullmatch(name.en.strip()), NUMBER.fullmatch(name.zh.strip())
        if en is None or zh is None or en[1] != zh[1]:
            return None
        found[member] = float(en[1].replace("−", "-"))
        units.add((en[2], zh[2]))
    if len(set(found.values())) < max(FEWEST, len(found)) or len(units) != 1:
        return None
    ((en_unit, zh_unit),) = units
    told = UNITS.get(column.rpartition("_")[2].lower(), "") if "_" in column else ""
    unit = Words(en_unit or told, zh_unit or told)
    return Ordered(dict(sorted(found.items(), key=lambda each: each[1])), unit)


def in_order(column: str, rows: Sequence[Finding], card: Card) -> tuple[Sequence[Finding], tuple[Curve, ...]]:
    """Return the findings of a group as they are shown, with a curve for each requirement where members are numbers.

    Parameters
    ----------
    column : str
        Name of the group, or of a unit.
    rows : sequence of Finding
        Of its members, requirement by requirement, the worst first.
    card : Card
        Of the set: what it calls the group and its members.

    Returns
    -------
    rows : sequence of Finding
        Requirement by requirement, in the order of the numbers; as they were where members are no numbers.
    curves : tuple of Curve
        One for each requirement that has a value in three members; empty for units, which are names, and where there
        are more members than a curve has room for.
    """
    members = dict.fromkeys(next(iter(each.scope.values())) for each in rows)
    quantity = ordered(column, {each: card.named(each) for each in members}) if column in card.groups else None
    if quantity is None:
        return rows, ()
    title, unit = card.groups[column], quantity.unit
    over = Words(_with(title.en, unit.en, " ({})"), _with(title.zh, unit.zh, "（{}）"))
    alike: dict[str, list[Finding]] = {}
    for each in rows:
        alike.setdefault(each.requirement.name, []).append(each)
    sets = [sorted(some, key=lambda each: quantity.at[each.scope[column]]) for some in alike.values()]
    curves = tuple(
        Curve(over, tuple((quantity.at[each.scope[column]], each) for each in some))
        for some in sets
        if FEWEST <= len(some) <= MOST
    )
    return [each for some in sets for each in some], curves


def _with(title: str, unit: str, form: str) -> str:
    """Return a title with its unit, once."""
    return title + form.format(unit) if unit and unit not in title else title


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
    findings = [each for _, each in curve.points]
    limit = findings[0].requirement.limit
    shown = [limit.value, *(end for each in findings for end in _ends(each) if end is not None)]
    shown += [each.estimate.value for each in findings if each.estimate.value is not None]
    low, high = min(shown), max(shown)
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    # A share has no values below none of all and above all.
    floor, ceiling = (0.0 if low >= 0.0 else -math.inf), (1.0 if limit.unit == "1" and high <= 1.0 else math.inf)
    first, last = curve.points[0][0], curve.points[-1][0]
    return _Plane((first, last), (max(low - room, floor), min(high + room, ceiling)), curve.logarithmic)


def _picture(curve: Curve) -> str:
    plane, limit = _plane(curve), curve.points[0][1].requirement.limit
    foot, edge, right = HEAD + HEIGHT, plane.y(limit.value), WIDTH - RIGHT
    top, bottom = (edge, foot) if limit.upper else (HEAD, edge)
    drawn = [
        f'<svg class="chart curve" viewBox="0 0 {WIDTH} {foot + FOOT}" aria-hidden="true">',
        f'<rect class="allowed" x="{LEFT}" y="{top}" width="{right - LEFT}" height="{max(bottom - top, 0):.2f}"/>',
    ]
    for tick in ticks(*plane.up):
        said = f"{_said(tick * 100)} %" if limit.unit == "1" else _said(tick)
        drawn.append(f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{plane.y(tick)}" y2="{plane.y(tick)}"/>')
        drawn.append(f'<text x="{LEFT - 8}" y="{plane.y(tick) + 4.5:.2f}" text-anchor="end">{said}</text>')
    for x, text, anchor in labels([(plane.x(at), _said(at)) for at, _ in curve.points], WIDTH):
        drawn.append(f'<line class="axis" x1="{x}" x2="{x}" y1="{foot}" y2="{foot + 5}"/>')
        drawn.append(f'<text x="{x}" y="{foot + FOOT - 6}" text-anchor="{anchor}">{text}</text>')
    drawn.append(f'<line class="limit" x1="{LEFT}" x2="{right}" y1="{edge}" y2="{edge}"/>')
    drawn += [*_whiskers(curve, plane), *_line(curve, plane), "</svg>"]
    return "".join(drawn)


def _said(number: float) -> str:
    return f"{number:.6g}".replace("-", "−")


def _whiskers(curve: Curve, plane: _Plane) -> list[str]:
    """Return the bounds of each point; one that is not known has no end."""
    drawn = []
    for at, finding in curve.points:
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
    """Return the line through the estimates, for the eye, and the estimates."""
    values = [(at, each.estimate.value) for at, each in curve.points if each.estimate.value is not None]
    places = [(plane.x(at), plane.y(value)) for at, value in values if math.isfinite(value)]
    line = " ".join(f"{x},{y}" for x, y in places)
    points = [f'<circle class="point-of" cx="{x}" cy="{y}" r="4"/>' for x, y in places]
    return [f'<polyline class="line-of" points="{line}"/>', *points]
