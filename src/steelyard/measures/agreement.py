"""Agreement between people who judged the same items: Cohen's and Fleiss' kappa, Krippendorff's alpha."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


ROUNDING = 1e-12
"""Relative: a disagreement that is smaller is none."""


class Level(StrEnum):
    """What the difference of two judgements means."""

    NOMINAL = "nominal"
    """Same or not."""
    ORDINAL = "ordinal"
    """How many judgements lie between them."""
    INTERVAL = "interval"
    """The square of their difference."""


@dataclass(frozen=True, eq=False)
class Alpha:
    """Krippendorff's alpha, to be valued under many weights of the items.

    K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section E: one less the observed disagreement
    over that expected by chance; items with fewer than two judgements do not count, others may lack any.
    """

    counts: NDArray[np.float64]
    """float64[items, values]: how often each value was given to each item; for interval judgements, of which there may
    be as many as judgements, instead float64[items, 3]: how many there are, their sum and their sum of squares."""
    level: Level
    units: NDArray[np.int64]
    """int64[items]: the unit with which each item is resampled."""

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return alpha, float64[B], under weights of the units, float64[B, units]; NaN where nothing varies."""
        import numpy as np

        size = self.counts[:, 0] if self.level is Level.INTERVAL else self.counts.sum(axis=1)
        used = size > 1
        counts, size, units = self.counts[used], size[used], self.units[used]
        found = np.full(len(weights), np.nan)
        for place, weight in enumerate(np.asarray(weights, dtype=np.float64)):
            each = weight[units]
            total = (each @ counts)[None, :]
            count = total[:, 0] if self.level is Level.INTERVAL else total.sum(axis=1)
            if count[0] <= 1:
                continue
            scale = np.cumsum(total) - total[0] / 2.0  # of ordinal judgements: their ranks among all
            observed = (each * _disagreement(counts, size, scale, self.level) / (size - 1.0)).sum()
            expected = float(_disagreement(total, count, scale, self.level)[0] / (count[0] - 1.0))
            if expected > ROUNDING * float(np.abs(total).max()):
                found[place] = 1.0 - observed / expected
        return found


def _disagreement(
    counts: NDArray[np.float64], size: NDArray[np.float64], scale: NDArray[np.float64], level: Level
) -> NDArray[np.float64]:
    """Return the sum of differences over all ordered pairs within each row."""
    found: NDArray[np.float64]
    if level is Level.NOMINAL:
        found = size**2 - (counts**2).sum(axis=1)
    elif level is Level.INTERVAL:
        found = 2.0 * (size * counts[:, 2] - counts[:, 1] ** 2)
    else:
        found = 2.0 * (size * (counts @ scale**2) - (counts @ scale) ** 2)
    return found


def alpha_of(ratings: NDArray[np.float64], level: Level, units: NDArray[np.int64] | None = None) -> Alpha:
    """Return alpha's sums of judgements float64[raters, items], NaN where there is none.

    Examples
    --------
    The example of Krippendorff (2011), section C, with missing judgements:

    >>> import numpy as np
    >>> o = np.nan
    >>> ratings = np.array([[1, 2, 3, 3, 2, 1, 4, 1, 2, o, o, o], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, o, 3],
    ...                     [o, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, o], [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, o]])
    >>> [round(float(krippendorff_alpha(ratings, level)), 3) for level in Level]
    [0.743, 0.815, 0.849]
    """
    import numpy as np

    there = ~np.isnan(ratings)
    each = np.arange(ratings.shape[1]) if units is None else units
    if level is Level.INTERVAL:
        middle = ratings[there].mean() if there.any() else 0.0  # differences do not change, rounding does
        values = np.where(there, ratings - middle, 0.0)
        return Alpha(np.stack((there.sum(axis=0), values.sum(axis=0), (values**2).sum(axis=0)), axis=1), level, each)
    distinct, codes = np.unique(ratings[there], return_inverse=True)
    counts = np.zeros((ratings.shape[1], max(len(distinct), 1)))
    np.add.at(counts, (np.nonzero(there)[1], codes), 1.0)
    return Alpha(counts, level, each)


def krippendorff_alpha(ratings: NDArray[np.float64], level: Level) -> float:
    """Return Krippendorff's alpha of judgements float64[raters, items]: 1 is agreement, 0 is chance."""
    import numpy as np

    return float(alpha_of(ratings, level).value(np.ones((1, ratings.shape[1])))[0])


def fleiss_kappa(counts: NDArray[np.float64]) -> float:
    """Return Fleiss' kappa of how often each class was given to each item, float64[items, classes].

    J. L. Fleiss, Measuring nominal scale agreement among many raters, Psychological Bulletin 76 (1971) 378–382. Every
    item has as many judgements; NaN where it has not, or where all are alike.

    Examples
    --------
    >>> import numpy as np
    >>> round(fleiss_kappa(np.array([[3.0, 0], [0, 3], [2, 1], [1, 2]])), 4)
    0.3333
    """
    import numpy as np

    size = counts.sum(axis=1)
    if not len(size) or size.min() != size.max() or size[0] < 2:
        return float("nan")
    observed = ((counts**2).sum(axis=1) - size).mean() / (size[0] * (size[0] - 1.0))
    shares = counts.sum(axis=0) / counts.sum()
    expected = float((shares**2).sum())
    return float((observed - expected) / (1.0 - expected)) if expected < 1.0 else float(np.nan)


def cohen_kappa(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return Cohen's kappa of two raters' judgements of the same items, NaN where either gave none.

    J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960) 37–46.

    Examples
    --------
    >>> import numpy as np
    >>> yes, no = [1.0] * 25 + [0.0] * 25, [1.0] * 20 + [0.0] * 5 + [1.0] * 10 + [0.0] * 15
    >>> round(cohen_kappa(np.array(yes), np.array(no)), 3)
    0.4
    """
    import numpy as np

    both = ~np.isnan(one) & ~np.isnan(other)
    if not both.any():
        return float("nan")
    values, codes = np.unique(np.concatenate((one[both], other[both])), return_inverse=True)
    left, right = codes.reshape(2, -1)
    shares = [np.bincount(each, minlength=len(values)) / len(each) for each in (left, right)]
    observed, expected = float((left == right).mean()), float(shares[0] @ shares[1])
    return (observed - expected) / (1.0 - expected) if expected < 1.0 else float("nan")
