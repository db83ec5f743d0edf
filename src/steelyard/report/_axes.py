"""Axes of pictures: round numbers to mark, and labels that stand on none of their neighbours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

LETTER = 7.5
"""Width of a label's letter, of 13 pixels, amply; a digit of Noto Sans is 7.4 wide."""


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers between two ends: 1, 2 or 5 times a power of ten apart.

    Parameters
    ----------
    low, high : float
        Ends of an axis, both finite, the lower first.
    most : int
        As many at most.

    Examples
    --------
    >>> ticks(0.0, 0.47)
    [0.0, 0.1, 0.2, 0.3, 0.4]
    >>> ticks(-7, 22)
    [-5, 0, 5, 10, 15, 20]
    """
    if high <= low:
        return [low]
    power = math.floor(math.log10((high - low) / most))
    for step in (factor * 10.0**exponent for exponent in (power, power + 1) for factor in (1, 2, 5)):
        first, last = math.ceil(low / step), math.floor(high / step)
        if last - first < most:
            break
    digits = max(-math.floor(math.log10(step)), 0)
    return [round(place * step, digits) + 0.0 if digits else round(place * step) for place in range(first, last + 1)]


def told_apart(numbers: Sequence[float]) -> list[str]:
    """Return different numbers in different digits: six significant ones, or as many more as that takes.

    Examples
    --------
    >>> told_apart([-0.5, 20.0]), told_apart([1000000.0, 1000001.0])
    (['−0.5', '20'], ['1000000', '1000001'])
    """
    for precision in range(6, 18):  # seventeen digits tell any two numbers apart
        said = [f"{number:.{precision}g}".replace("-", "−") for number in numbers]
        if len(set(said)) == len(set(numbers)):
            break
    return said


def labels(marks: Iterable[tuple[float, str]], width: float, letter: float = LETTER) -> list[tuple[float, str, str]]:
    """Return the labels of an axis that have room, from the left: place, text and how it is anchored.

    Parameters
    ----------
    marks : iterable of (float, str)
        Places in pixels, ascending, and what stands there.
    width : float
        Of the picture, in pixels; no label leaves it.
    letter : float
        Width of a letter, in pixels.

    Examples
    --------
    >>> labels([(0, "1 ms"), (4, "2 ms"), (60, "5 ms")], 100)
    [(0, '1 ms', 'start'), (60, '5 ms', 'middle')]
    """
    found, free = [], -math.inf
    for x, text in marks:
        anchor, left, right = _anchored(x, len(text) * letter, width)
        if left >= free:
            found.append((x, text, anchor))
            free = right + letter
    return found


def _anchored(x: float, long: float, width: float) -> tuple[str, float, float]:
    """Return how a label of some length is anchored at a place, and where it begins and ends: within the picture."""
    if x < long / 2:
        return "start", x, x + long
    if x > width - long / 2:
        return "end", x - long, x
    return "middle", x - long / 2, x + long / 2
