"""Draws two bounds against a limit: the picture of a verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from steelyard.core.specification import Kind
from steelyard.core.verdict import Finding, Verdict
from steelyard.report._layout import quantity

WIDTH, HEIGHT, PAD = 320, 34, 10
LINE = 15
"""Height at which the bounds are drawn."""


def scale(findings: Sequence[Finding]) -> tuple[float, float]:
    """Return the ends of an axis that holds all bounds and limits of these findings, with room on both sides."""
    points = [finding.requirement.limit.value for finding in findings]
    for finding in findings:
        found = finding.estimate
        points += [point for point in (found.value, *_ends(finding)) if point is not None]
    low, high = min(points), max(points)
    room = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room


def bounds(finding: Finding, ends: tuple[float, float]) -> str:
    """Return an SVG picture: the side that the limit allows, the two bounds, and the estimate between them.

    A census has no bounds: nothing was drawn.
    """
    limit, found, unit = finding.requirement.limit, finding.estimate, finding.requirement.limit.unit

    def place(value: float) -> float:
        inside = min(max(value, ends[0]), ends[1])
        return round(PAD + (WIDTH - 2 * PAD) * (inside - ends[0]) / (ends[1] - ends[0]), 2)

    edge = place(limit.value)
    allowed = (PAD, edge) if limit.upper else (edge, WIDTH - PAD)
    low, high = _ends(finding)
    said = f"{quantity(low, unit)} – {quantity(high, unit)}; {limit.text}"
    if low is None and high is None:
        said = f"{quantity(found.value, unit)}; {limit.text}"
    drawn = [
        f'<svg class="bounds {style(finding.verdict)}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(said)}">',
        f'<rect class="allowed" x="{allowed[0]}" y="5" width="{max(allowed[1] - allowed[0], 0):.2f}" height="20" />',
        f'<line class="axis" x1="{PAD}" x2="{WIDTH - PAD}" y1="{LINE}" y2="{LINE}" />',
        f'<line class="limit" x1="{edge}" x2="{edge}" y1="2" y2="28" />',
    ]
    if low is not None and high is not None:
        lower, upper = place(low), place(high)
        drawn.append(f'<line class="reach" x1="{lower}" x2="{upper}" y1="{LINE}" y2="{LINE}" />')
        drawn += [
            f'<line class="end" x1="{end}" x2="{end}" y1="{LINE - 6}" y2="{LINE + 6}" />' for end in (lower, upper)
        ]
    if found.value is not None and math.isfinite(found.value):
        drawn.append(f'<circle class="value" cx="{place(found.value)}" cy="{LINE}" r="4" />')
    drawn.append("</svg>")
    return "".join(drawn)


def _ends(finding: Finding) -> tuple[float | None, float | None]:
    if finding.requirement.kind is Kind.CENSUS:
        return None, None
    return finding.estimate.lower, finding.estimate.upper


def style(verdict: Verdict) -> str:
    """Return the class of a verdict in the style sheet."""
    return verdict.name.lower().replace("_", "-")
