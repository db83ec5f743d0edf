"""Probabilities as said against shares as found: on the diagonal they are what they say."""

from __future__ import annotations

from studies.pictures.frame import PAD, WIDTH, dot, line, percent, picture, said, text

from steelyard.core.words import Words
from steelyard.report.reliability import Reliability

TOP, SIDE, FOOT = 56, 300, 62


def calibration(title: Words, across_words: Words, up_words: Words, found: Reliability, language: str) -> str:
    """Return the reliability diagram; the area of a point tells how many records it stands for."""
    left = (WIDTH - SIDE) / 2 + 20
    bottom = TOP + SIDE

    def across(value: float) -> float:
        return left + SIDE * value

    def up(value: float) -> float:
        return bottom - SIDE * value

    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(line(across(tick), up(0), across(tick), up(1), "axis"))
        parts.append(line(across(0), up(tick), across(1), up(tick), "axis"))
        parts.append(text(across(tick), bottom + 28, percent(tick), "soft", "middle"))
        parts.append(text(left - 18, up(tick) + 5, percent(tick), "soft", "end"))
    parts.append(text(across(0.5), bottom + 48, said(across_words, language), "soft", "middle"))
    parts.append(
        f'<text class="soft" text-anchor="middle" transform="translate({PAD + 18} {up(0.5):.1f}) rotate(-90)">'
        f"{said(up_words, language)}</text>"
    )
    parts.append(line(across(0), up(0), across(1), up(1), "limit"))
    most = max(each.count for each in found.bins)
    parts += [
        dot(across(each.said), up(each.found), 4 + 10 * (each.count / most) ** 0.5, "good") for each in found.bins
    ]
    told = "; ".join(f"{each.count}: {percent(each.said)} → {percent(each.found)}" for each in found.bins)
    return picture(said(title, language), f"{said(title, language)}: {told}", bottom + FOOT, parts)
