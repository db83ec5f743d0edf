"""Sums over sums: the fold of error rates, accuracies and proportions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.method import Folded
from steelyard.core.sample import Rows
from steelyard.stats.intervals.linearisation import linearised_variance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Pooled:
    """Events over opportunities, each a sum of columns over all rows.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> rows = Rows(np.array([[1.0, 4.0], [0.0, 6.0]]), np.arange(2), np.array([[0], [1]]))
    >>> folded = Pooled(("errors",), ("characters",))(rows, ("errors", "characters"), units=2)
    >>> folded.value(np.array([[1.0, 1.0], [0.0, 1.0]]))
    array([0.1, 0. ])
    """

    events: tuple[str, ...]
    opportunities: tuple[str, ...]
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return events and opportunities of each row, both float64[m]."""
        events = rows.values[:, [columns.index(name) for name in self.events]].sum(axis=1)
        opportunities = rows.values[:, [columns.index(name) for name in self.opportunities]].sum(axis=1)
        return events, opportunities

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> Folded:
        """Sum the rows of each combination of units."""
        import numpy as np

        events, opportunities = self.counts(rows, columns)
        if rows.units.shape[1] == 1:
            keys, place = np.arange(units)[:, None], rows.units[:, 0]
        else:
            keys, place = np.unique(rows.units, axis=0, return_inverse=True)
        return PooledSums(
            units=units,
            keys=keys,
            events=_by_place(place, events, len(keys)),
            opportunities=_by_place(place, opportunities, len(keys)),
        )


@dataclass(frozen=True, eq=False)
class PooledSums:
    """Sums of each combination of units, to be valued under many weights."""

    units: int
    keys: NDArray[np.int64]
    """int64[g, d]: the units of each combination."""
    events: NDArray[np.float64]
    opportunities: NDArray[np.float64]

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return events over opportunities under weights float64[B, units]; NaN where there is no opportunity."""
        import numpy as np

        each = weights if self._whole else weights[:, self.keys[:, 0]]
        for column in range(1, self.keys.shape[1]):
            # A pair within one unit weighs once: the product runs over distinct units.
            earlier = self.keys[:, :column]
            distinct = (earlier != self.keys[:, column : column + 1]).all(axis=1)
            each = np.where(distinct, each * weights[:, self.keys[:, column]], each)
        return _ratio(each @ self.events, each @ self.opportunities)

    @property
    def _whole(self) -> bool:
        """Whether there is a row for every unit, in order."""
        return self.keys.shape[1] == 1 and len(self.keys) == self.units

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the value without each unit in turn, float64[units]."""
        import numpy as np

        if self.keys.shape[1] > 1:
            return self.value(1.0 - np.eye(self.units))
        return _ratio(self.events.sum() - self.events, self.opportunities.sum() - self.opportunities)

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share of the opportunities, float64[units]."""
        import numpy as np

        shares = np.zeros(self.units)
        for column in range(self.keys.shape[1]):
            shares += np.bincount(self.keys[:, column], self.opportunities, minlength=self.units)
        total = shares.sum()
        return shares / total if total > 0 else shares

    def merged(self, other: PooledSums) -> PooledSums:
        """Return the sums of both, which are those of all their rows together; units have the same codes in both."""
        import numpy as np

        units = max(self.units, other.units)
        keys = np.concatenate([self.keys, other.keys])
        if keys.shape[1] == 1:
            keys, place = np.arange(units)[:, None], keys[:, 0]
        else:
            keys, place = np.unique(keys, axis=0, return_inverse=True)
        events = np.concatenate([self.events, other.events])
        opportunities = np.concatenate([self.opportunities, other.opportunities])
        return PooledSums(
            units=units,
            keys=keys,
            events=_by_place(place, events, len(keys)),
            opportunities=_by_place(place, opportunities, len(keys)),
        )

    def value_and_error(self, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the value and its linearised standard error, both float64[B], under whole weights float64[B, units].

        Raises
        ------
        ValueError
            Where rows belong to several units: then they have no error of a sum over units.
        """
        return _mean_and_error([self], weights)


@dataclass(frozen=True)
class MeanOf:
    """The unweighted mean over groups that share their units: one joint draw, not one for each group."""

    parts: Sequence[Folded]

    def value_and_error(self, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the mean and its linearised standard error, both float64[B], under whole weights float64[B, units].

        Raises
        ------
        ValueError
            Where a part is not sums over single units.
        """
        return _mean_and_error(self.parts, weights)

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of the parts' values under the same weights; NaN where one has none."""
        import numpy as np

        return np.mean([part.value(weights) for part in self.parts], axis=0)  # type: ignore[no-any-return]

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the mean without each unit in turn."""
        import numpy as np

        return np.mean([part.leave_one_out() for part in self.parts], axis=0)  # type: ignore[no-any-return]

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share, each group weighing the same."""
        import numpy as np

        return np.mean([part.size() for part in self.parts], axis=0)  # type: ignore[no-any-return]


def design_effect(
    events: NDArray[np.float64], opportunities: NDArray[np.float64], clusters: NDArray[np.int64]
) -> float:
    """Return by how much the variance is larger than if every row came from a cluster of its own.

    Parameters
    ----------
    events, opportunities : float64[m]
        Of each row: errors and characters of an utterance.
    clusters : int64[m]
        Code of the cluster that each row belongs to, from 0.

    Returns
    -------
    float
        One where rows hang together no more than by chance; NaN where the rows show no spread, or where there are
        fewer than two clusters.

    Notes
    -----
    L. Kish, Survey Sampling (1965), section 8.2, with both variances linearised.

    Examples
    --------
    >>> import numpy as np
    >>> errors, characters = np.array([1.0, 1.0, 0.0, 0.0]), np.ones(4)
    >>> design_effect(errors, characters, np.array([0, 0, 1, 1]))
    3.0
    """
    apart = linearised_variance(events, opportunities)
    together = linearised_variance(_by_place(clusters, events), _by_place(clusters, opportunities))
    return together / apart if apart > 0 else float("nan")


def _mean_and_error(
    parts: Sequence[Folded], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of ratios over the same units and its linearised standard error, both float64[B].

    A unit moves the mean by the mean of (eᵢ − θnᵢ)/Σn over the parts. The sum of its squares is expanded, so that each
    resample costs a few products of its weights with columns that are the same for all; events are first centred at
    the ratio without weights, so that little cancels.
    """
    import numpy as np

    units = weights.shape[1]
    values, totals, shifts, columns = [], [], [], []
    for part in parts:
        events, sizes = _unit_sums(part, units)
        total = weights @ sizes
        off = events - events.sum() / max(sizes.sum(), 1e-300) * sizes
        values.append(_ratio(weights @ events, total))
        shifts.append(_ratio(weights @ off, total))
        totals.append(total)
        columns.append((off, sizes))
    square = np.zeros(len(weights))
    for one, (off, sizes) in enumerate(columns):
        for other, (more_off, more_sizes) in enumerate(columns[: one + 1]):
            product = (
                weights @ (off * more_off)
                - shifts[other] * (weights @ (off * more_sizes))
                - shifts[one] * (weights @ (sizes * more_off))
                + shifts[one] * shifts[other] * (weights @ (sizes * more_sizes))
            )
            square += (1 if one == other else 2) * _ratio(product, totals[one] * totals[other])
    held = np.any([sizes > 0 for _, sizes in columns], axis=0).astype(np.float64)
    drawn = weights @ held
    # Rounding may leave a little less than nothing.
    error = np.sqrt(np.maximum(square, 0.0) * _ratio(drawn, drawn - 1.0)) / len(parts)
    return np.mean(values, axis=0), error


def _unit_sums(part: Folded, units: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sums of each unit, float64[units] each."""
    if not isinstance(part, PooledSums) or part.keys.shape[1] != 1:
        raise ValueError("a linearised error needs sums over rows of one unit each")
    place = part.keys[:, 0]
    return _by_place(place, part.events, units), _by_place(place, part.opportunities, units)


def _ratio(events: NDArray[np.float64], opportunities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return events over opportunities; NaN where there is no opportunity."""
    import numpy as np

    empty = np.full_like(opportunities, np.nan)
    return np.divide(events, opportunities, out=empty, where=opportunities > 0)


def _by_place(place: NDArray[np.int64], values: NDArray[np.float64], places: int = 0) -> NDArray[np.float64]:
    """Return the sum of the values at each place."""
    import numpy as np

    return np.bincount(place, values, minlength=places).astype(np.float64)
