"""Free-response ROC: how many lesions are marked at given numbers of false marks per scan, by resampling patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.sample import Rows
from steelyard.stats.folds.thresholds import Tail, running_sums, tail
from steelyard.stats.intervals.resampling import blocks, leave_one_out, row_weights, unit_sums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LUNA16 = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""False marks per scan at which the challenge LUNA16 takes the mean sensitivity."""


@dataclass(frozen=True)
class FreeResponse:
    """The mean sensitivity over several numbers of false marks per scan.

    There is a row for each scan (its lesions; no score) and one for each mark that counts: the best mark that hits a
    lesion, and each mark that hits nothing. For each number of false marks per scan the threshold is as low as it may
    be with no more of them than that, without interpolation, and is found on each resample anew.

    A. A. A. Setio et al., Validation, comparison, and combination of algorithms for automatic detection of pulmonary
    nodules in computed tomography images: the LUNA16 challenge, Medical Image Analysis 42 (2017) 1–13; there the curve
    is interpolated between thresholds.

    Attributes
    ----------
    score, hit, false : str
        Columns of marks: how sure the product is; 1 where the mark is a lesion's best; 1 where it hits nothing.
    lesions, scans : str
        Columns of scans: how many lesions they hold, and 1.
    rates : tuple of float
        False marks per scan.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> columns = ("score", "hit", "false", "lesions", "scans")
    >>> values = np.array([[0, 0, 0, 2, 1], [0, 0, 0, 0, 1], [0.9, 1, 0, 0, 0], [0.5, 1, 0, 0, 0], [0.7, 0, 1, 0, 0]])
    >>> rows = Rows(values, np.array([0, 1, 0, 0, 1]), np.array([[0], [1], [0], [0], [1]]))
    >>> FreeResponse(*columns, rates=(0.25, 0.5))(rows, columns, units=2).value(np.ones((1, 2)))
    array([0.75])
    """

    score: str
    hit: str
    false: str
    lesions: str
    scans: str
    rates: tuple[float, ...] = LUNA16
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return lesions that were hit at any threshold, and lesions, of each row, both float64[m]."""
        return rows.values[:, columns.index(self.hit)], rows.values[:, columns.index(self.lesions)]

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> MarkedAt:
        """Sort the scores of hits and of false marks."""
        import numpy as np

        score, hit, false, lesions, scans = (
            rows.values[:, columns.index(name)] for name in (self.score, self.hit, self.false, self.lesions, self.scans)
        )
        held = (lesions > 0) | (scans > 0)
        hits = tail(score[hit > 0], rows.units[hit > 0])
        falses = tail(score[false > 0], rows.units[false > 0])
        return MarkedAt(
            units=units,
            hits=hits,
            falses=falses,
            above=falses.above(hits.scores),
            lesions=lesions[held],
            scans=scans[held],
            held=rows.units[held],
            rates=np.array(self.rates, dtype=np.float64),
        )


@dataclass(frozen=True, eq=False)
class MarkedAt:
    """Marks sorted once, to be valued at several numbers of false marks per scan under many weights."""

    units: int
    hits: Tail
    falses: Tail
    above: NDArray[np.int64]
    """int64[s + 1]: how many hits are above each distinct score of a false mark, descending; in the end, of all."""
    lesions: NDArray[np.float64]
    scans: NDArray[np.float64]
    """Both float64[h]: of each row of a scan."""
    held: NDArray[np.int64]
    """int64[h, d]: the units of each row of a scan."""
    rates: NDArray[np.float64]

    def sensitivities(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sensitivity at each rate under weights float64[B, units], float64[B, rates]."""
        import numpy as np

        found = np.full((len(weights), len(self.rates)), np.nan)
        for block in blocks(len(weights), 2 * len(self.hits.units) + len(self.held)):
            each = row_weights(weights[block], self.held)
            lesions, scans = each @ self.lesions, each @ self.scans
            needed = float(self.rates.max() * self.scans.sum())
            admitted = self.falses.admitted(weights[block], scans[:, None] * self.rates, needed)
            hit = np.take_along_axis(
                running_sums(row_weights(weights[block], self.hits.units)), self.above[admitted], axis=1
            )
            np.divide(hit, lesions[:, None], out=found[block], where=((lesions > 0) & (scans > 0))[:, None])
        return found

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean sensitivity under weights float64[B, units]; NaN where there is no lesion."""
        return self.sensitivities(weights).mean(axis=1)  # type: ignore[no-any-return]

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the mean sensitivity without each unit in turn, float64[units]."""
        return leave_one_out(self, self.units)

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share, float64[units], lesions and scans weighing the same."""
        import numpy as np

        return np.mean([self._share(self.lesions), self._share(self.scans)], axis=0)  # type: ignore[no-any-return]

    def effective(self) -> float:
        """Return Kish's effective number of units that hold lesions, or of units, the lesser."""
        squares = [float((self._share(each) ** 2).sum()) for each in (self.lesions, self.scans)]
        return min(1.0 / each if each > 0.0 else 0.0 for each in squares)

    def _share(self, amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = unit_sums(amounts, self.held, self.units)
        return sums / max(float(sums.sum()), 1e-300)
