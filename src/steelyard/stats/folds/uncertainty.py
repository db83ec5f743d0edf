"""A measured value and how far off it may be: readings and instruments combined (JCGM 100:2008, the GUM)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from steelyard.core.sample import Rows
from steelyard.core.words import Words
from steelyard.stats.folds.pooled import Pooled, PooledSums
from steelyard.stats.intervals.bounds import Bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Input(NamedTuple):
    """An input quantity: its estimate and what is known of it."""

    value: float
    standard: float
    """Standard uncertainty, in the unit of the value; infinite where one reading says nothing of it."""
    freedom: float = math.inf
    """Degrees of freedom; infinite where the uncertainty is taken as known (JCGM 100, G.4.3)."""


class Measured(NamedTuple):
    """A result with its combined standard uncertainty."""

    value: float
    standard: float
    freedom: float
    """Effective degrees of freedom, whole numbers rounded down (JCGM 100, G.4.1, note 1)."""
    contributions: tuple[float, ...]
    """Of each input: sensitivity coefficient times standard uncertainty, signed."""


def from_readings(readings: NDArray[np.float64]) -> Input:
    """Return the mean of independent readings with its type A uncertainty s/√n and n − 1 degrees of freedom.

    JCGM 100:2008, 4.2.3. One reading has an infinite uncertainty; none is NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from_readings(np.array([9.0, 10.0, 11.0, 10.0]))
    Input(value=10.0, standard=0.408248290463863, freedom=3)
    """
    import numpy as np

    n = len(readings)
    if n < 2:
        return Input(float(readings[0]) if n else math.nan, math.inf, 1)
    return Input(float(np.mean(readings)), float(np.std(readings, ddof=1)) / math.sqrt(n), n - 1)


def from_certificate(value: float, expanded: float, factor: float = 2.0, freedom: float = math.inf) -> Input:
    """Return an input from an instrument's certificate: expanded uncertainty over its coverage factor (4.3.3).

    Examples
    --------
    >>> from_certificate(0.0, 0.5)
    Input(value=0.0, standard=0.25, freedom=inf)
    """
    return Input(value, expanded / factor, freedom)


def from_limits(value: float, half_width: float) -> Input:
    """Return an input that may be anywhere within limits, as likely here as there: a/√3 (4.3.7).

    A digital display of step δ is within δ/2: 0.29 δ (F.2.2.1).

    Examples
    --------
    >>> round(from_limits(0.0, 0.5).standard, 4)
    0.2887
    """
    return Input(value, half_width / math.sqrt(3.0))


def combine(
    model: Callable[..., float], inputs: Sequence[Input], correlations: NDArray[np.float64] | None = None
) -> Measured:
    """Return what a model makes of its inputs, with the combined standard uncertainty.

    Parameters
    ----------
    model : callable
        Takes a value for each input, in order.
    inputs : sequence of Input
        k of them.
    correlations : ndarray, optional
        float64[k, k], with ones on the diagonal; without it the inputs are independent.

    Notes
    -----
    JCGM 100:2008: formulas (10) and (16); sensitivities numerically, half the difference of the model one standard
    uncertainty above and below (5.1.3, note 2); Welch–Satterthwaite (G.2b), which holds for independent inputs. Where
    inputs with finite degrees of freedom are correlated, the fewest of them all are kept: never too many.

    Examples
    --------
    >>> found = combine(lambda volt, ampere: volt / ampere, [Input(10.0, 0.1, 9), Input(2.0, 0.01)])
    >>> round(found.standard, 4), found.freedom
    (0.0559, 14)
    """
    import numpy as np

    estimates = [each.value for each in inputs]

    def moved(place: int, by: float) -> float:
        return float(model(*(value + by if at == place else value for at, value in enumerate(estimates))))

    parts = np.zeros(len(inputs))
    for place, each in enumerate(inputs):
        if math.isinf(each.standard):
            parts[place] = math.inf
        elif each.standard > 0.0:
            parts[place] = (moved(place, each.standard) - moved(place, -each.standard)) / 2.0
    value = float(model(*estimates))
    if not np.isfinite(parts).all():
        return Measured(value, math.inf, 1.0, tuple(map(float, parts)))
    matrix = np.eye(len(inputs)) if correlations is None else np.asarray(correlations)
    standard = math.sqrt(max(float(parts @ matrix @ parts), 0.0))
    freedoms = np.array([each.freedom for each in inputs])
    together = (np.abs(matrix - np.diag(np.diag(matrix))) > 0.0).any(axis=1) & (parts != 0.0)
    if (together & np.isfinite(freedoms)).any():
        freedom = float(freedoms[parts != 0.0].min())
    else:
        spent = float((parts**4 / freedoms).sum())
        freedom = standard**4 / spent if spent > 0.0 else math.inf
    # Rounding must not take the last whole number away.
    freedom = max(math.floor(freedom * (1.0 + 1e-12)), 1) if math.isfinite(freedom) else math.inf
    return Measured(value, standard, freedom, tuple(map(float, parts)))


def expanded(measured: Measured, probability: float = 0.95) -> tuple[float, float]:
    """Return the expanded uncertainty and its coverage factor, two-sided (JCGM 100:2008, 6.2 and G.3).

    Examples
    --------
    >>> [round(each, 3) for each in expanded(Measured(50.0, 1.0, 16, ()), 0.99)]
    [2.921, 2.921]
    """
    factor = _factor(measured.freedom, (1.0 + probability) / 2.0)
    return factor * measured.standard, factor


def measured_bounds(measured: Measured, confidence: float) -> Bounds:
    """Return one-sided bounds of a measured quantity.

    Parameters
    ----------
    measured : Measured
        A result.
    confidence : float
        Of each bound by itself.

    Returns
    -------
    Bounds
        NaN without a value; infinite, and not decisive, where the uncertainty is not known (one reading alone) or
        came out as zero (readings that tie, an instrument without stated uncertainty): a step of the display, entered
        with :func:`from_limits`, mends the latter.

    Examples
    --------
    >>> import numpy as np
    >>> reading, instrument = from_readings(np.array([9.0, 10.0, 11.0, 10.0])), from_certificate(0.0, 0.5)
    >>> found = measured_bounds(combine(lambda mean, error: mean + error, [reading, instrument]), 0.95)
    >>> round(found.lower, 3), round(found.upper, 3)
    (9.035, 10.965)
    """
    if math.isnan(measured.value):
        return Bounds(math.nan, math.nan, "gum/1", flags=(_NO_READINGS,), decisive=False)
    if not 0.0 < measured.standard < math.inf:
        flag = _NO_SPREAD if measured.standard == 0.0 else _ONE_READING
        return Bounds(-math.inf, math.inf, "gum/1", flags=(flag,), decisive=False)
    reach = _factor(measured.freedom, confidence) * measured.standard
    # A reach that is lost beside the value still keeps the bounds apart.
    lower = min(measured.value - reach, math.nextafter(measured.value, -math.inf))
    upper = max(measured.value + reach, math.nextafter(measured.value, math.inf))
    return Bounds(lower, upper, "gum/1")


def reading_bounds(
    readings: NDArray[np.float64],
    confidence: float,
    *,
    instrument: float = 0.0,
    factor: float = 2.0,
    resolution: float = 0.0,
) -> Bounds:
    """Return one-sided bounds of a quantity that one instrument read several times.

    Parameters
    ----------
    readings : ndarray
        float64[n], independent; their mean is the result.
    confidence : float
        Of each bound by itself.
    instrument : float
        Expanded uncertainty of the instrument as certified, U. It does not shrink with the number of readings.
    factor : float
        Coverage factor k of U.
    resolution : float
        Step of the display.

    Examples
    --------
    >>> import numpy as np
    >>> found = reading_bounds(np.array([9.0, 10.0, 11.0, 10.0]), 0.95, instrument=0.5)
    >>> round(found.lower, 3), round(found.upper, 3)
    (9.035, 10.965)
    """
    inputs = [
        from_readings(readings),
        from_certificate(0.0, instrument, factor),
        from_limits(0.0, resolution / 2.0),
    ]
    return measured_bounds(combine(lambda mean, error, rounding: mean + error + rounding, inputs), confidence)


_NO_READINGS = Words("no readings", "没有读数")
_ONE_READING = Words("one reading says nothing of its own spread", "单次读数无法得知其离散程度")
_NO_SPREAD = Words(
    "readings tie and no uncertainty of the instrument is stated: its resolution at least must be",
    "读数完全相同且未说明仪器不确定度：至少须给出分辨力",
)


def _factor(freedom: float, confidence: float) -> float:
    """Return the t quantile; the normal one for infinite degrees of freedom."""
    from scipy.special import ndtri, stdtrit

    return float(ndtri(confidence) if math.isinf(freedom) else stdtrit(freedom, confidence))


@dataclass(frozen=True)
class Reading:
    """The fold of a measured value: the mean of readings of one instrument, whose own uncertainty does not shrink.

    Attributes
    ----------
    column : str
        Readings.
    instrument, factor : float
        Expanded uncertainty of the instrument as certified, and its coverage factor.
    resolution : float
        Step of the display.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> rows = Rows(np.array([[9.0], [10.0], [11.0], [10.0]]), np.arange(4), np.arange(4)[:, None])
    >>> folded = Reading("level", instrument=0.5)(rows, ("level",), units=4)
    >>> found = folded.bounds(0.95, 0)
    >>> round(found.lower, 3), round(found.upper, 3)
    (9.035, 10.965)
    """

    column: str
    instrument: float = 0.0
    factor: float = 2.0
    resolution: float = 0.0
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return each reading, and one for each, both float64[m]."""
        import numpy as np

        return rows.values[:, columns.index(self.column)], np.ones(len(rows.values))

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> ReadingSums:
        """Sum the readings of each unit (session, device)."""
        import numpy as np

        counted = Rows(np.column_stack(self.counts(rows, columns)), rows.samples, rows.units)
        folded = Pooled(("reading",), ("one",))(counted, ("reading", "one"), units)
        assert isinstance(folded, PooledSums)
        return ReadingSums(folded, self)


@dataclass(frozen=True, eq=False)
class ReadingSums:
    """Sums of readings by unit, and what is known of the instrument."""

    sums: PooledSums
    of: Reading

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean reading under weights float64[B, units]; NaN without readings."""
        return self.sums.value(weights)

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the mean without each unit in turn, float64[units]."""
        return self.sums.leave_one_out()

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share of the readings, float64[units]."""
        return self.sums.size()

    def bounds(self, confidence: float, seed: int) -> Bounds | None:  # noqa: ARG002 (nothing is drawn)
        """Return bounds: type A by the jackknife over units (of single readings s/√n), type B from the certificate."""
        import numpy as np

        without = self.leave_one_out()[self.size() > 0.0]
        count = len(without)
        if not count:
            return None
        mean = float(self.value(np.ones((1, self.sums.units)))[0])
        repeated = Input(mean, math.inf, 1)
        if count > 1:
            spread = float(((without - without.mean()) ** 2).sum())
            repeated = Input(mean, math.sqrt((count - 1) / count * spread), count - 1)
        inputs = [
            repeated,
            from_certificate(0.0, self.of.instrument, self.of.factor),
            from_limits(0.0, self.of.resolution / 2.0),
        ]
        return measured_bounds(combine(lambda level, error, rounding: level + error + rounding, inputs), confidence)
