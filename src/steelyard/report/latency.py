"""How long answers took: a histogram, and quantiles that are times of real answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.words import Words
from steelyard.report._axes import labels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PREFERRED = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)
"""Edges of bars in each decade: the series R10 of preferred numbers (ISO 3)."""
QUANTILES = (0.5, 0.9, 0.99, 1.0)
WIDTH, HEIGHT, FOOT = 480, 150, 24


@dataclass(frozen=True)
class Latency:
    """Seconds from question to answer, of the answers that came."""

    answers: int
    without: int
    """Records without an answer: their time is none of an answer."""
    quantiles: tuple[tuple[float, float], ...]
    """Share of answers, and the seconds by which so many had come: an order statistic, never between two."""
    edges: tuple[float, ...]
    """Seconds, ascending; one more than bars."""
    bars: tuple[int, ...]

    @property
    def sentence(self) -> Words:
        """What the picture shows."""
        named = dict(self.quantiles)
        said = tuple(time_of(named[share]) for share in QUANTILES)
        return Words(
            f"Half of {self.answers:,} answers came within {said[0]}, 90 % within {said[1]}, 99 % within {said[2]}, "
            f"the last within {said[3]}.",
            f"{self.answers:,} 个答案中，一半在 {said[0]} 内给出，90 % 在 {said[1]} 内，99 % 在 {said[2]} 内，"
            f"最慢的用时 {said[3]}。",
        )

    @property
    def picture(self) -> str:
        """The histogram as SVG; its words are the sentence beside it."""
        return _picture(self)


def latency(seconds: NDArray[np.float64], answered: NDArray[np.bool_]) -> Latency | None:
    """Return how long answers took; None where none came.

    Parameters
    ----------
    seconds : float64[n]
        Of each record.
    answered : bool[n]
        Whether it holds an answer.

    Examples
    --------
    >>> import numpy as np
    >>> found = latency(np.array([0.1, 0.2, 0.4, 9.0]), np.array([True, True, True, False]))
    >>> found.quantiles[0], found.without, sum(found.bars)
    ((0.5, 0.2), 1, 3)
    """
    import numpy as np

    taken = np.sort(seconds[answered])
    if len(taken) == 0:
        return None
    edges = _edges(float(taken[0]), float(taken[-1]))
    places = np.clip(np.searchsorted(edges, taken, side="right") - 1, 0, len(edges) - 2)
    ranks = [math.ceil(share * len(taken)) - 1 for share in QUANTILES]
    return Latency(
        len(taken),
        len(seconds) - len(taken),
        tuple((share, float(taken[rank])) for share, rank in zip(QUANTILES, ranks, strict=True)),
        tuple(edges),
        tuple(np.bincount(places, minlength=len(edges) - 1).tolist()),
    )


def _edges(low: float, high: float) -> list[float]:
    """Return preferred numbers from below the least to above the greatest time."""
    floor = 1e-7  # what a clock calls zero
    low, high = max(low, floor), max(high, floor)
    first, last = math.floor(math.log10(low)), math.floor(math.log10(high)) + 1
    edges = [float(f"{step}e{decade}") for decade in range(first, last + 1) for step in PREFERRED]
    start = max((place for place, edge in enumerate(edges) if edge <= low), default=0)
    end = next(place for place, edge in enumerate(edges) if edge > high)
    return edges[start : end + 1]


def time_of(seconds: float) -> str:
    """Return a time as readers see it.

    Examples
    --------
    >>> [time_of(seconds).split() for seconds in (0.00042, 0.0815, 12.34)]
    [['0.42', 'ms'], ['82', 'ms'], ['12', 's']]
    """
    scaled, unit = (seconds * 1000, "ms") if seconds < 1 else (seconds, "s")
    digits = max(1 - math.floor(math.log10(scaled)), 0) if scaled > 0 else 0
    return f"{scaled:.{digits}f}\u00a0{unit}"


def _picture(found: Latency) -> str:
    count, most = len(found.bars), max(found.bars)
    step = WIDTH / count
    drawn = [f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT + FOOT}" aria-hidden="true">']
    for place, bar in enumerate(found.bars):
        height = (HEIGHT - 16) * bar / most
        if bar:
            x, y = place * step + 1, HEIGHT - height
            drawn.append(f'<rect class="bar-of" x="{x:.2f}" y="{y:.2f}" width="{step - 2:.2f}" height="{height:.2f}"/>')
    drawn.append(f'<line class="axis" x1="0" x2="{WIDTH}" y1="{HEIGHT}" y2="{HEIGHT}"/>')
    # As many labels as have room: the round ones, else every one of a few.
    round_ones = [place for place, edge in enumerate(found.edges) if f"{edge:e}"[0:4] in ("1.00", "2.00", "5.00")]
    marked = round_ones if len(round_ones) > 1 else list(range(0, count + 1, max(count // 4, 1)))
    marks = [(place * step, _edge(found.edges[place])) for place in marked[:: math.ceil(len(marked) / 7)]]
    for x, text, anchor in labels(marks, WIDTH):
        drawn.append(f'<line class="axis" x1="{x:.2f}" x2="{x:.2f}" y1="{HEIGHT}" y2="{HEIGHT + 5}"/>')
        drawn.append(f'<text x="{x:.2f}" y="{HEIGHT + FOOT - 4}" text-anchor="{anchor}">{text}</text>')
    drawn.append("</svg>")
    return "".join(drawn)


def _edge(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
