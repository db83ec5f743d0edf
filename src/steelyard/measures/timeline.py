"""Stretches of time in whole milliseconds: what they cover together, in common, and apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from steelyard.core.errors import CallError
from steelyard.core.words import Words

Stretch = tuple[int, int]
"""Begin, and the first millisecond that no longer belongs to it."""
Timeline = list[Stretch]
"""Stretches in order, none of which touch."""

MILLISECONDS = 1000
LONGEST = 1e6
"""Seconds that no option is above, as no time of an answer is (`steelyard.data.segments`)."""


def timeline(rows: Iterable[Sequence[float]]) -> Timeline:
    """Return what stretches of seconds cover, rounded to milliseconds: whole numbers add up the same in any order.

    Examples
    --------
    >>> timeline([[0.5, 1.0], [0.0, 0.6], [2.0, 2.0]])
    [(0, 1000)]
    """
    return merged((round(row[0] * MILLISECONDS), round(row[1] * MILLISECONDS)) for row in rows)


def seconds_of(name: str, value: object, positive: bool = False) -> float:
    """Return an option in seconds, or raise `CallError`: not below zero, and above it where it must be ``positive``.

    Nor may it be above `LONGEST`.

    Examples
    --------
    >>> seconds_of("collar", 0.25)
    0.25
    """
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if number and value <= LONGEST and (value > 0 or (value == 0 and not positive)):  # type: ignore[operator]
        return float(value)  # type: ignore[arg-type]
    least = Words("above 0", "大于 0") if positive else Words("from 0", "不小于 0")
    raise CallError(
        Words(f"{name} is no number of seconds: {value!r}", f"{name} 不是秒数：{value!r}"),
        Words(
            f"Write a number {least.en}, up to {LONGEST:,.0f}: {name}: 0.25",
            f"请写{least.zh} 且不大于 {LONGEST:,.0f} 的数：{name}: 0.25",
        ),
    )


def merged(stretches: Iterable[Stretch]) -> Timeline:
    """Return the stretches in order, those that touch or overlap as one."""
    found: Timeline = []
    for begin, end in sorted(stretches):
        if begin >= end:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def common(one: Timeline, other: Timeline) -> Timeline:
    """Return what both cover.

    Examples
    --------
    >>> common([(0, 10), (20, 30)], [(5, 25)])
    [(5, 10), (20, 25)]
    """
    found: Timeline = []
    place = 0
    for begin, end in one:
        while place < len(other) and other[place][1] <= begin:
            place += 1
        at = place
        while at < len(other) and other[at][0] < end:
            found.append((max(begin, other[at][0]), min(end, other[at][1])))
            at += 1
    return found


def without(one: Timeline, other: Timeline) -> Timeline:
    """Return what the first covers and the second does not.

    Examples
    --------
    >>> without([(0, 10), (20, 30)], [(5, 25)])
    [(0, 5), (25, 30)]
    """
    found: Timeline = []
    place = 0
    for begin, end in one:
        at = begin
        while place < len(other) and other[place][1] <= begin:
            place += 1
        next_ = place
        while next_ < len(other) and other[next_][0] < end:
            if other[next_][0] > at:
                found.append((at, other[next_][0]))
            at = max(at, other[next_][1])
            next_ += 1
        if at < end:
            found.append((at, end))
    return found


def around_edges(stretches: Timeline, collar: float) -> Timeline:
    """Return ``collar`` seconds to either side of each begin and each end: what a collar leaves out of a score.

    Examples
    --------
    >>> around_edges([(1000, 3000)], 0.25)
    [(750, 1250), (2750, 3250)]
    """
    reach = round(collar * MILLISECONDS)
    return merged((max(0, edge - reach), edge + reach) for stretch in stretches for edge in stretch)


def length(stretches: Timeline) -> int:
    """Return the milliseconds that are covered."""
    return sum(end - begin for begin, end in stretches)
