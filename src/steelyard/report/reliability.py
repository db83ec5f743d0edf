"""Whether probabilities are what they say: what share of those that were called 30 % likely was so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEEDED = ("probability", "diseased")
BINS = 10
SIDE, PAD, FOOT, LEFT, RIGHT = 260, 10, 22, 46, 14


@dataclass(frozen=True)
class Bin:
    """Records whose probability lies in a tenth; the last holds its upper end too."""

    low: float
    high: float
    count: int
    said: float
    """Mean of the probabilities."""
    found: float
    """Share of those that have the disease."""


@dataclass(frozen=True)
class Reliability:
    """The reliability diagram: tenths that hold records."""

    bins: tuple[Bin, ...]
    without: int
    """Records without a probability."""

    @property
    def picture(self) -> str:
        """The diagram as SVG: on the diagonal, probabilities are what they say."""
        return _picture(self.bins)


def reliability(columns: Sequence[str], values: NDArray[np.float64]) -> Reliability | None:
    """Return the reliability diagram; None where rows are of something else, or no probability was given.

    Parameters
    ----------
    columns : sequence of str
        Names of the rows' columns.
    values : float64[m, k]
        Rows of an indicator; what lies outside of 0 to 1 stands for no probability.

    Notes
    -----
    Tenths of equal width, as Murphy and Winkler (1977) draw them. It decides nothing: bins with few records scatter.

    Examples
    --------
    >>> import numpy as np
    >>> found = reliability(NEEDED, np.array([[0.1, 0], [0.15, 1], [0.95, 1], [1.0, 1], [2.0, 0]]))
    >>> [(each.count, each.found) for each in found.bins], found.without
    ([(2, 0.5), (2, 1.0)], 1)
    """
    import numpy as np

    if not set(NEEDED) <= set(columns):
        return None
    probability, diseased = (values[:, list(columns).index(name)] for name in NEEDED)
    given = (probability >= 0) & (probability <= 1)
    if not given.any():
        return None
    said, ill = probability[given], diseased[given]
    place = np.minimum((said * BINS).astype(np.int64), BINS - 1)
    bins = [
        Bin(
            number / BINS,
            (number + 1) / BINS,
            int((place == number).sum()),
            float(said[place == number].mean()),
            float(ill[place == number].mean()),
        )
        for number in np.unique(place).tolist()
    ]
    return Reliability(tuple(bins), int((~given).sum()))


def _picture(bins: Sequence[Bin]) -> str:
    def x(value: float) -> float:
        return round(LEFT + PAD + (SIDE - 2 * PAD) * value, 2)

    def y(value: float) -> float:
        return round(PAD + (SIDE - 2 * PAD) * (1 - value), 2)

    most = max(each.count for each in bins)
    drawn = [f'<svg class="chart square" viewBox="0 0 {LEFT + SIDE + RIGHT} {SIDE + FOOT}" aria-hidden="true">']
    for tick in (0.0, 0.5, 1.0):
        drawn.append(f'<line class="axis" x1="{x(0)}" x2="{x(1)}" y1="{y(tick)}" y2="{y(tick)}"/>')
        drawn.append(f'<line class="axis" x1="{x(tick)}" x2="{x(tick)}" y1="{y(0)}" y2="{y(1)}"/>')
        share = f"{tick * 100:.0f} %"
        drawn.append(f'<text x="{x(tick)}" y="{SIDE + FOOT - 6}" text-anchor="middle">{share}</text>')
        drawn.append(f'<text x="{LEFT}" y="{y(tick) + 5}" text-anchor="end">{share}</text>')
    drawn.append(f'<line class="limit" x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}"/>')
    line = " ".join(f"{x(each.said)},{y(each.found)}" for each in bins)
    drawn.append(f'<polyline class="line-of" points="{line}"/>')
    for each in bins:
        # Area tells how many a point stands for.
        radius = 3 + 6 * (each.count / most) ** 0.5
        drawn.append(f'<circle class="point-of" cx="{x(each.said)}" cy="{y(each.found)}" r="{radius:.1f}"/>')
    drawn.append("</svg>")
    return "".join(drawn)
