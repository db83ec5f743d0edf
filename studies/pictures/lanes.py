"""Speech and answers as a line of time, recording by recording: what was missed, what was alarmed for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studies.pictures.frame import PAD, WIDTH, box, legend, line, picture, said, text, width_of

from steelyard.core.words import Words

ROW, LANE, TOP = 38, 12, 40
Stretches = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Lane:
    """A recording, in milliseconds."""

    name: str
    found: Stretches
    """Speech that was answered as such."""
    missed: Stretches
    alarmed: Stretches


def lanes(title: Words, rows: Sequence[Lane], milliseconds: int, language: str) -> str:
    """Return the picture: for each recording what was spoken above, what was answered below."""
    words = {
        "soft": Words("speech", "语音"),
        "fair": Words("missed", "漏检"),
        "good": Words("answered: speech", "产品检出的语音"),
        "bad": Words("false alarm", "误检"),
    }
    drawn, top = legend(TOP + 8, [(colour, said(each, language)) for colour, each in words.items()])
    left, right = PAD + max(width_of(row.name) for row in rows) + 12, WIDTH - PAD - 10
    foot = top + ROW * len(rows)

    def across(time: float) -> float:
        return left + (right - left) * time / milliseconds

    for half in range(0, milliseconds + 1, 500):
        drawn.append(line(across(half), top - 6, across(half), foot, "axis"))
        drawn.append(text(across(half), foot + 16, f"{half / 1000:g} s", "soft", "middle"))
    for place, row in enumerate(rows):
        y = top + ROW * place
        drawn.append(text(left - 12, y + LANE + 5, row.name, "", "end"))
        drawn.append(box(left, y, right - left, LANE, "rule", 0.4))
        drawn.append(box(left, y + LANE + 2, right - left, LANE, "rule", 0.4))
        shown = (("soft", row.found, 0), ("fair", row.missed, 0), ("good", row.found, 1), ("bad", row.alarmed, 1))
        for colour, stretches, lane in shown:
            for begin, end in stretches:
                drawn.append(
                    box(across(begin), y + lane * (LANE + 2), max(across(end) - across(begin), 1.5), LANE, colour)
                )

    def seconds(of: Sequence[Stretches]) -> str:
        return f"{sum(end - begin for each in of for begin, end in each) / 1000:g} s"

    told = f"{said(words['fair'], language)} {seconds([row.missed for row in rows])}, "
    told += f"{said(words['bad'], language)} {seconds([row.alarmed for row in rows])}"
    return picture(said(title, language), f"{said(title, language)}: {told}", foot + 28, drawn)
