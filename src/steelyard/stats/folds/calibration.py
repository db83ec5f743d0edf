"""Whether a product's probabilities come true: reliability diagram, and the Brier score with its parts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 15
"""As many as C. Guo et al., On Calibration of Modern Neural Networks, ICML 2017, and most since."""


class ReliabilityDiagram(NamedTuple):
    """What came true of what was said, in bins of scores; every array has an entry for each bin that holds rows."""

    counts: NDArray[np.int64]
    predicted: NDArray[np.float64]
    """Mean score."""
    observed: NDArray[np.float64]
    """Share that came true."""
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    """One-sided bounds of that share in each bin by itself (Clopper–Pearson, for independent rows)."""


class BrierDecomposition(NamedTuple):
    """Parts of the Brier score: ``score = reliability − resolution + uncertainty + variance − covariance``."""

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    """Of scores within bins."""
    within_covariance: float
    """Twice that of scores with outcomes within bins."""
    corrected_reliability: float
    """Without the bias of few rows to a bin (NaN where a bin holds one); can be below zero."""
    corrected_resolution: float
    corrected_uncertainty: float


def bin_edges(scores: NDArray[np.float64], bins: int = BINS, *, equal_mass: bool = True) -> NDArray[np.float64]:
    """Return inner edges of bins: of equal mass, at quantiles of the scores, or of equal width over [0, 1].

    A score on an edge belongs to the bin below it. Edges of equal mass are scores themselves, the n·k/bins-th rounded
    up, so that they are the same on every machine; where scores tie, there are fewer bins.
    """
    import numpy as np

    number = np.arange(1, bins)
    if not equal_mass or not len(scores):
        return number / bins
    return np.unique(np.sort(scores)[-(-len(scores) * number // bins) - 1])


def reliability_diagram(
    scores: NDArray[np.float64],
    outcomes: NDArray[np.float64],
    confidence: float,
    bins: int = BINS,
    *,
    equal_mass: bool = True,
) -> ReliabilityDiagram:
    """Return the reliability diagram of probabilities float64[n] and what came of them, 0 or 1.

    Examples
    --------
    >>> import numpy as np
    >>> found = reliability_diagram(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 0.0, 1.0, 0.0]), 0.95, bins=2)
    >>> found.predicted, found.observed
    (array([0.15, 0.85]), array([0. , 0.5]))
    """
    import numpy as np
    from scipy.special import betaincinv

    place = np.searchsorted(bin_edges(scores, bins, equal_mass=equal_mass), scores)
    counts = np.bincount(place, minlength=bins)
    kept = counts > 0
    n = counts[kept]
    events = np.bincount(place, outcomes, minlength=bins)[kept]
    lower = np.where(events > 0, betaincinv(np.maximum(events, 1e-300), n - events + 1.0, 1.0 - confidence), 0.0)
    upper = np.where(events < n, betaincinv(events + 1.0, np.maximum(n - events, 1e-300), confidence), 1.0)
    return ReliabilityDiagram(n, np.bincount(place, scores, minlength=bins)[kept] / n, events / n, lower, upper)


def brier_decomposition(
    scores: NDArray[np.float64], outcomes: NDArray[np.float64], bins: int = BINS, *, equal_mass: bool = True
) -> BrierDecomposition:
    """Return the Brier score and its parts; NaN without rows.

    Notes
    -----
    A. H. Murphy, J. Appl. Meteorol. 12 (1973) 595–600; the terms within bins, which make the sum exact, by
    D. B. Stephenson, C. A. S. Coelho, I. T. Jolliffe, Weather and Forecasting 23 (2008) 752–757; the bias by
    C. A. T. Ferro, T. E. Fricker, Q. J. R. Meteorol. Soc. 138 (2012) 1954–1960.

    Examples
    --------
    >>> import numpy as np
    >>> found = brier_decomposition(np.array([0.2, 0.2, 0.7, 0.7]), np.array([0.0, 0.0, 1.0, 0.0]), bins=2)
    >>> round(found.score, 3), round(found.reliability, 3), round(found.resolution, 4), round(found.uncertainty, 4)
    (0.165, 0.04, 0.0625, 0.1875)
    """
    import numpy as np

    n = len(scores)
    if not n:
        return BrierDecomposition(*[math.nan] * 9)
    place = np.searchsorted(bin_edges(scores, bins, equal_mass=equal_mass), scores)
    counts = np.bincount(place).astype(np.float64)
    predicted, observed = (np.bincount(place, each) / np.maximum(counts, 1.0) for each in (scores, outcomes))
    base = float(outcomes.mean())
    reliability = float((counts * (predicted - observed) ** 2).sum() / n)
    resolution = float((counts * (observed - base) ** 2).sum() / n)
    uncertainty = base * (1.0 - base)
    apart = scores - predicted[place]
    held = counts > 0
    alone = bool((counts[held] < 2).any())
    share = counts[held] / n / np.maximum(counts[held] - 1.0, 1.0)
    bias = math.nan if alone else float((share * observed[held] * (1.0 - observed[held])).sum())
    spread = uncertainty / (n - 1) if n > 1 else math.nan
    return BrierDecomposition(
        score=float(((scores - outcomes) ** 2).mean()),
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        within_variance=float((apart**2).mean()),
        within_covariance=float(2.0 * (apart * (outcomes - observed[place])).mean()),
        corrected_reliability=reliability - bias,
        corrected_resolution=resolution - bias + spread,
        corrected_uncertainty=uncertainty + spread,
    )


def top_label(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return of probabilities float64[n, classes] the greatest, and whether its class is the right one."""
    import numpy as np

    chosen = probabilities.argmax(axis=1)
    return probabilities[np.arange(len(labels)), chosen], (chosen == labels).astype(np.float64)


def classwise(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return scores, outcomes and classes, each [n · classes]: every class against all others, sample by sample.

    A calibration error with these classes as its group is the mean of the classes' errors (M. Kull et al., NeurIPS
    2019).
    """
    import numpy as np

    classes = np.tile(np.arange(probabilities.shape[1]), len(labels))
    outcomes = (classes == np.repeat(labels, probabilities.shape[1])).astype(np.float64)
    return probabilities.ravel(), outcomes, classes
