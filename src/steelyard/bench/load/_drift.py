"""How latency, memory and faults change from the start of a timed run to its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.words import Words
from steelyard.stats.intervals.binomial import clopper_pearson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCKS = 20
"""Of the run: what follows each other hangs together, blocks hardly do."""


@dataclass(frozen=True)
class Drift:
    """How much something changed from the start of the timed run to its end."""

    title: Words
    unit: str
    value: float
    lower: float
    upper: float
    method: str

    @property
    def words(self) -> Words:
        """What the bounds show."""
        if self.lower > 0.0:
            return Words("it rises", "上升")
        if self.upper < 0.0:
            return Words("it falls", "下降")
        return Words("no drift is shown", "未见漂移")


def drift_of_latency(began: NDArray[np.float64], latency: NDArray[np.float64], confidence: float) -> Drift | None:
    """Return the relative change of the median latency over the run; None for too few queries."""
    import numpy as np

    usable = np.isfinite(latency)
    began, latency = began[usable], latency[usable]
    if len(latency) < 2 * BLOCKS:
        return None
    parts = np.array_split(np.argsort(began, kind="stable"), BLOCKS)
    medians = np.array([np.median(latency[part]) for part in parts])
    line = _line(
        np.array([began[part].mean() for part in parts]), np.log(medians), began.min(), began.max(), confidence
    )
    value, low, high = (math.expm1(each) for each in line)
    return Drift(Words("median latency", "延迟中位数"), "1", value, low, high, "log-linear-blocks/1")


def drift_of_memory(seen: Sequence[tuple[float, float]], confidence: float) -> Drift | None:
    """Return the change of memory over the run, in MB; None where it was not seen often enough."""
    import numpy as np

    looks = np.array([each for each in seen if each[1] > 0.0])
    if len(looks) < BLOCKS:
        return None
    # Looks that follow each other hang together; blocks hardly do.
    parts = np.array_split(looks, min(BLOCKS, len(looks)))
    means = np.array([part.mean(axis=0) for part in parts])
    line = _line(means[:, 0], means[:, 1] / 1e6, looks[0, 0], looks[-1, 0], confidence)
    return Drift(Words("memory", "内存"), "MB", *line, "linear-blocks/1")


def drift_of_faults(faulty: NDArray[np.bool_], confidence: float) -> Drift | None:
    """Return by how much the share of faults in the second half exceeds that in the first; bounds hold together."""
    half = len(faulty) // 2
    if half < BLOCKS:
        return None
    both = 1.0 - (1.0 - confidence) / 2.0
    first = clopper_pearson(int(faulty[:half].sum()), half, both)
    second = clopper_pearson(int(faulty[half:].sum()), len(faulty) - half, both)
    value = float(faulty[half:].mean() - faulty[:half].mean())
    return Drift(
        Words("share of faults", "故障率"),
        "1",
        value,
        second[0] - first[1],
        second[1] - first[0],
        "clopper-pearson-halves/1",
    )


def _line(
    x: NDArray[np.float64], y: NDArray[np.float64], start: float, end: float, confidence: float
) -> tuple[float, float, float]:
    """Return how much a straight line rises from start to end, with bounds by Student's t."""
    from scipy.special import stdtrit

    apart = x - x.mean()
    squares = float((apart**2).sum())
    if squares == 0.0:
        return 0.0, -math.inf, math.inf
    slope = float((apart * y).sum()) / squares
    left = y - y.mean() - slope * apart
    error = math.sqrt(float((left**2).sum()) / (len(x) - 2) / squares)
    reach = float(stdtrit(len(x) - 2, confidence)) * error
    span = end - start
    return slope * span, (slope - reach) * span, (slope + reach) * span
