"""The expected calibration error without the bias of chance: its fold, and bounds that hold for calibrated products."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.sample import Rows
from steelyard.stats.folds.calibration import BINS, bin_edges
from steelyard.stats.intervals.bounds import Bounds, resting_on
from steelyard.stats.intervals.resampling import blocks, row_weights, unit_sums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NULL_MEAN = math.sqrt(2.0 / math.pi)
"""Mean of the absolute value of a standard normal."""
NULL_VARIANCE = 1.0 - 2.0 / math.pi
"""Its variance."""
STEPS = 4096
"""Of the search for the upper bound; what a step leaves is added to it."""


@dataclass(frozen=True)
class CalibrationError:
    """The fold of the expected calibration error: Σ over bins of their share times |mean score − share that came true|.

    Attributes
    ----------
    score, outcome : str
        Columns: a probability, and whether it came true.
    bins : int
        How many.
    equal_mass : bool
        Whether bins hold as many rows each, else they are as wide as each other.
    group : str
        Column whose values are binned apart (classes), if any.
    debiased : bool
        False for the plain error, which is to be shown beside the other and decides nothing.

    Notes
    -----
    In each bin chance alone sets the two apart, so the plain error (M. P. Naeini, G. Cooper, M. Hauskrecht, AAAI 2015)
    of a calibrated product is well above zero. Taken away is the bias that chance adds where each difference is as it
    was seen, as by A. Kumar, P. Liang, T. Ma, Verified Uncertainty Calibration, NeurIPS 2019, with the moments of the
    normal distribution instead of resamples; the result is not below zero.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> generator = np.random.default_rng(0)
    >>> scores = generator.random(1000)
    >>> values = np.column_stack((scores, generator.random(1000) < scores))
    >>> rows = Rows(values, np.arange(1000), np.arange(1000)[:, None])
    >>> for debiased in (False, True):
    ...     fold = CalibrationError("score", "outcome", debiased=debiased)
    ...     print(fold(rows, ("score", "outcome"), 1000).value(np.ones((1, 1000))).round(4))
    [0.0402]
    [0.0257]
    """

    score: str
    outcome: str
    bins: int = BINS
    equal_mass: bool = True
    group: str = ""
    debiased: bool = True
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how far each row's score is from its outcome, and one for each row, both float64[m]."""
        import numpy as np

        apart = rows.values[:, columns.index(self.score)] - rows.values[:, columns.index(self.outcome)]
        return np.abs(apart), np.ones(len(apart))

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> BinnedRows:
        """Sum the rows of each combination of units in each bin."""
        import numpy as np

        scores = rows.values[:, columns.index(self.score)]
        apart = rows.values[:, columns.index(self.outcome)] - scores
        groups = rows.values[:, columns.index(self.group)] if self.group else np.zeros(len(scores))
        place = np.zeros(len(scores), dtype=np.int64)
        for number, group in enumerate(np.unique(groups)):
            chosen = groups == group
            edges = bin_edges(scores[chosen], self.bins, equal_mass=self.equal_mass)
            place[chosen] = number * self.bins + np.searchsorted(edges, scores[chosen])
        owners, owner = _owners(rows.units)
        cells, of_row = np.unique(place * max(len(owners), 1) + owner, return_inverse=True)
        return BinnedRows(
            units=units,
            owners=owners,
            owner=cells % max(len(owners), 1),
            place=np.unique(cells // max(len(owners), 1), return_inverse=True)[1],
            sums=np.bincount(of_row, apart, minlength=len(cells)).astype(np.float64),
            rows=np.bincount(of_row, minlength=len(cells)).astype(np.float64),
            debiased=self.debiased,
        )


def _owners(units: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct combinations of units, int64[o, d], and which of them each row belongs to."""
    import numpy as np

    if units.shape[1] == 1:
        found, owner = np.unique(units[:, 0], return_inverse=True)
        return found[:, None], owner
    found, owner = np.unique(units, axis=0, return_inverse=True)
    return found, owner.reshape(-1)


@dataclass(frozen=True, eq=False)
class BinnedRows:
    """Sums of outcomes less scores, by bin and combination of units, to be valued under many weights."""

    units: int
    owners: NDArray[np.int64]
    """int64[o, d]: combinations of units."""
    owner: NDArray[np.int64]
    """int64[g]: the combination of each cell; cells are in the order of their bins."""
    place: NDArray[np.int64]
    """int64[g]: the bin of each cell."""
    sums: NDArray[np.float64]
    rows: NDArray[np.float64]
    debiased: bool = True

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the calibration error under weights float64[B, units]; NaN where there is no weight."""
        import numpy as np

        found = np.full(len(weights), np.nan)
        if not len(self.place):
            return found
        first = np.flatnonzero(np.diff(self.place, prepend=-1))
        sizes = self._sizes()
        for block in blocks(len(weights), 4 * len(self.place)):
            owned = row_weights(weights[block], self.owners)
            each = owned[:, self.owner]
            total = owned @ sizes
            signed = np.add.reduceat(each * self.sums, first, axis=1)
            squares = np.add.reduceat((each * self.sums) ** 2, first, axis=1)
            crossed = np.add.reduceat(each**2 * self.sums * sizes[self.owner], first, axis=1)
            found[block] = self._error(
                total, signed, squares, crossed, (owned * sizes) ** 2 @ np.ones(len(sizes)), (owned > 0.0).sum(axis=1)
            )
        return found

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the calibration error without each unit in turn, float64[units]."""
        import numpy as np

        if not len(self.place) or self.owners.shape[1] > 1:
            return self.value(1.0 - np.eye(self.units))
        count, bins = len(self.owners), int(self.place[-1]) + 1
        sizes = self._sizes()
        signed, squares, crossed = (
            np.bincount(self.place, each).astype(np.float64)
            for each in (self.sums, self.sums**2, self.sums * sizes[self.owner])
        )
        order = np.argsort(self.owner, kind="stable")
        bounds = np.concatenate(([0], np.cumsum(np.bincount(self.owner, minlength=count))))
        found = np.full(self.units, self.value(np.ones((1, self.units)))[0])
        for block in blocks(count, 8 * bins):
            stop = min(block.stop, count)
            cells = order[bounds[block.start] : bounds[stop]]
            own = np.zeros((stop - block.start, bins))
            own[self.owner[cells] - block.start, self.place[cells]] = self.sums[cells]
            size = sizes[block.start : stop, None]
            found[self.owners[block.start : stop, 0]] = self._error(
                (sizes.sum() - size)[:, 0],
                signed - own,
                squares - own**2,
                crossed - own * size,
                ((sizes**2).sum() - size**2)[:, 0],
                np.full(stop - block.start, count - 1),
            )
        return found

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share of the rows, float64[units]."""
        shares = unit_sums(self._sizes(), self.owners, self.units)
        return shares / max(float(shares.sum()), 1.0)

    def _sizes(self) -> NDArray[np.float64]:
        """Return the number of rows of each combination of units, float64[o]."""
        import numpy as np

        return np.bincount(self.owner, self.rows, minlength=len(self.owners)).astype(np.float64)

    def _error(
        self,
        total: NDArray[np.float64],
        signed: NDArray[np.float64],
        squares: NDArray[np.float64],
        crossed: NDArray[np.float64],
        sizes: NDArray[np.float64],
        count: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """Return errors float64[B] from sums over units: of rows, and by bin of r, of r² and of r · rows."""
        import numpy as np

        empty = total <= 0.0
        total = np.where(empty, 1.0, total)[:, None]
        apart = signed / total
        if not self.debiased:
            return np.where(empty, np.nan, np.abs(apart).sum(axis=1))
        variance = np.maximum(squares - 2.0 * apart * crossed + apart**2 * sizes[:, None], 0.0) / total**2
        variance *= (count / np.maximum(count - 1, 1))[:, None]
        error = np.sqrt(variance)
        ratio = np.abs(apart) / np.where(error > 0.0, error, 1.0)
        bias = np.where(error > 0.0, error * _folded_mean(ratio) - np.abs(apart), 0.0)
        return np.where(empty, np.nan, np.maximum((np.abs(apart) - bias).sum(axis=1), 0.0))

    def bounds(self, confidence: float, seed: int) -> Bounds | None:  # noqa: ARG002 (nothing is drawn)
        """Return bounds of the calibration error; None with fewer than two units.

        Notes
        -----
        Whatever the true differences δ, |δ + ε| is at most |δ| + |ε|. So the plain error less the 95 % point of Σ|ε|
        is a lower bound; where a bin's difference is clear (beyond √(2 ln n) standard errors) ε takes its sign and has
        no bias. Of all true differences that sum to an error E, those proportional to the standard errors make the
        plain error smallest (its mean is convex in each); the upper bound is the largest E that they leave likely.
        Over units that are shared, covariances count in full whatever their sign.
        """
        import numpy as np
        from scipy.special import ndtri, stdtrit

        codes = min(self.owners.T, key=lambda column: len(np.unique(column)))
        clusters = np.unique(codes, return_inverse=True)[1][self.owner]
        count = int(clusters.max(initial=-1)) + 1
        if count < 2:
            return None
        total = float(self.rows.sum())
        sizes = np.bincount(clusters, self.rows)
        effective = float(total**2 / (sizes**2).sum())
        apart = np.bincount(self.place, self.sums) / total
        normal = float(ndtri(confidence))
        if len(self.place) == count:
            covariance = np.diag(np.bincount(self.place, self.sums**2)) / count - np.outer(apart, apart)
            covariance /= count - 1
            point = normal
        else:
            own = np.zeros((count, len(apart)))
            np.add.at(own, (clusters, self.place), self.sums)
            own -= apart * sizes[:, None]
            covariance = count / (count - 1) * (own.T @ own) / total**2
            point = float(stdtrit(max(effective - 1.0, 1.0), confidence))
        # Where hardly anything differs, as much hides as without an event: −ln(1 − confidence) rows.
        hidden = (math.log1p(-confidence) / normal) ** 2 * np.bincount(self.place, self.rows**2)
        hidden /= np.bincount(self.place) * total**2
        seen = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        wide = np.abs(covariance) + np.diag(hidden)
        clear = math.sqrt(2.0 * math.log(max(effective, 2.0)))
        lower = _lower(np.abs(apart), wide, clear, point, confidence)
        upper = _upper(float(np.abs(apart).sum()), float(seen.sum()), point * math.sqrt(float(wide.sum())))
        # No bound of the whole may be below that of its part, the mean score against the share that came true.
        mean = abs(float(apart.sum())) + point * math.sqrt(float(covariance.sum() + hidden.sum()))
        found = Bounds(lower, min(max(upper, mean), 1.0), "folded-normal/1", decisive=self.debiased)
        return resting_on(found, effective)


def _folded_mean(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of |ratio + a standard normal|."""
    import numpy as np
    from scipy.special import erf

    mean: NDArray[np.float64] = NULL_MEAN * np.exp(-(ratio**2) / 2.0) + ratio * erf(ratio / math.sqrt(2.0))
    return mean


def _lower(
    apart: NDArray[np.float64], covariance: NDArray[np.float64], clear: float, point: float, confidence: float
) -> float:
    """Return the lower bound; Σ|ε| of bins that are not clear is taken as gamma distributed."""
    import numpy as np
    from scipy.special import gammaincinv, ndtri

    errors = np.sqrt(np.diag(covariance))
    weak = apart <= clear * errors
    mean = NULL_MEAN * float(errors[weak].sum())
    variance = NULL_VARIANCE * float(covariance[np.ix_(weak, weak)].sum())
    strong = float(covariance[np.ix_(~weak, ~weak)].sum())
    chance = 0.0
    if mean > 0.0:
        chance = float(gammaincinv(mean**2 / variance, confidence)) * variance / mean - mean
    reach = math.hypot(chance * point / float(ndtri(confidence)), point * math.sqrt(strong))
    return max(float(apart.sum()) - mean - reach, 0.0)


def _upper(plain: float, errors: float, reach: float) -> float:
    """Return the largest error that makes a plain one as small as this likely, differences as the standard errors."""
    import numpy as np

    largest = plain + reach
    if errors <= 1e-9 * largest:
        return largest
    ratio = np.linspace(0.0, largest / errors, STEPS + 1)
    mean = _folded_mean(ratio)
    least = errors * mean - reach * np.sqrt(np.maximum(1.0 + ratio**2 - mean**2, 0.0))
    likely = np.flatnonzero(least <= plain)
    last = int(likely[-1]) if len(likely) else -1
    return min(errors * float(ratio[min(last + 1, STEPS)]), largest)
