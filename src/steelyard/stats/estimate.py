"""From rows to a value with two one-sided bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.method import Family, Folded, Indicator
from steelyard.core.sample import Rows
from steelyard.core.verdict import Beside, Estimate
from steelyard.stats.beside import beside_clusters, beside_exact
from steelyard.stats.folds.pooled import MeanOf
from steelyard.stats.intervals.binomial import clopper_pearson
from steelyard.stats.intervals.bounds import Bounds, SelfBounded
from steelyard.stats.intervals.jackknife import effective_units, jackknife_log
from steelyard.stats.intervals.resampling import resampled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def estimate(
    indicator: Indicator, strata: Sequence[Rows], units: int, confidence: float, seed: int = 0, *, checked: bool = True
) -> Estimate:
    """Return the value of an indicator with its bounds.

    Parameters
    ----------
    indicator : Indicator
        What is estimated.
    strata : sequence of Rows
        The rows; of several strata the unweighted mean of their values is estimated, over units that they share.
    units : int
        Number of unit codes in the set.
    confidence : float
        Of each bound by itself.
    seed : int
        Of all that is resampled.
    checked : bool
        Whether to say what other methods say.

    Returns
    -------
    Estimate
        Without a value where a stratum holds no opportunity; without bounds where there are fewer than two units.
    """
    if not strata:
        return Estimate(None, None, None, confidence, "none", 0.0, 0.0, 0, 0.0)
    folds = [indicator.fold(rows, indicator.columns, units) for rows in strata]
    folded = folds[0] if len(folds) == 1 else MeanOf(folds)
    counted = [indicator.fold.counts(rows, indicator.columns) for rows in strata]
    events, opportunities = (_total([pair[place] for pair in counted]) for place in (0, 1))
    count, effective = effective_units(folded)
    rate = _value(folded, units)
    if math.isnan(rate):
        return Estimate(None, None, None, confidence, "none", events, opportunities, count, effective)

    alone = None if indicator.family is not Family.PROPORTION or len(strata) > 1 else _alone(strata[0], *counted[0])
    if alone is not None:
        found, beside = _exact(*alone, confidence, checked)
    else:
        found, beside = _over_units(indicator.family, folded, rate, confidence, seed, checked)
    value = rate
    if indicator.fold.complement:
        # Of one stratum the sums give the last bit right: 93 of 100 is 0.93.
        counts = indicator.family in (Family.PROPORTION, Family.RATIO) and len(strata) == 1
        value = (opportunities - events) / opportunities if counts else 1.0 - rate
    scale = _Scale(value, indicator.range, indicator.fold.complement)
    lower, upper = (None, None) if found is None else scale.ends(found)
    return Estimate(
        value=value,
        lower=lower,
        upper=upper,
        confidence=confidence,
        method="none" if found is None else found.method,
        events=events,
        opportunities=opportunities,
        units=count,
        effective_units=effective,
        log_error=None if found is None else found.log_error,
        flags=() if found is None else found.flags,
        decisive=found is not None and found.decisive,
        beside=tuple(Beside(other.method, *map(_finite, scale.ends(other))) for other in beside),
    )


Found = tuple[Bounds | None, tuple[Bounds, ...]]
"""The bounds that decide, and those that are shown beside them."""


def _exact(events: int, n: int, confidence: float, checked: bool) -> Found:
    found = Bounds(*clopper_pearson(events, n, confidence), "clopper-pearson/1")
    return found, beside_exact(events, n, confidence) if checked else ()


def _over_units(family: Family, folded: Folded, rate: float, confidence: float, seed: int, checked: bool) -> Found:
    """Return bounds over units: those that the fold knows itself, else by the indicator's family."""
    if isinstance(folded, SelfBounded) and family not in (Family.CENSUS, Family.NONE):
        return folded.bounds(confidence, seed), ()
    match family:
        case Family.PROPORTION | Family.RATIO:
            found = jackknife_log(folded, rate, confidence)
            if found is None:
                return None, ()
            beside, apart = beside_clusters(family, folded, found, rate, seed, confidence) if checked else ((), ())
            return found._replace(flags=(*found.flags, *apart)), beside
        case Family.RANK:  # between zero and one, as resampling needs it
            return resampled(folded, confidence, seed), ()
        case Family.QUANTILE | Family.EDF | Family.GUM | Family.CENSUS | Family.NONE:
            return None, ()


@dataclass(frozen=True)
class _Scale:
    """The indicator's own scale: bounds are found for the folded quantity, of which it may be the complement."""

    value: float
    range: tuple[float, float]
    complement: bool

    def ends(self, found: Bounds) -> tuple[float, float]:
        """Return lower and upper bound, within the indicator's range."""
        low, high = self.range
        lower, upper = (1.0 - found.upper, 1.0 - found.lower) if self.complement else (found.lower, found.upper)
        return max(lower, min(low, self.value)), min(upper, max(high, self.value))


def _total(counts: Sequence[NDArray[np.float64]]) -> float:
    """Return the sum, to the last bit the same in whatever order rows stand."""
    total = float(sum(each.sum() for each in counts))
    # Of whole numbers any order gives the same.
    return total if total.is_integer() else math.fsum(value for each in counts for value in each.tolist())


def _finite(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None


def _value(folded: Folded, units: int) -> float:
    import numpy as np

    return float(folded.value(np.ones((1, units)))[0])


def _alone(rows: Rows, events: NDArray[np.float64], opportunities: NDArray[np.float64]) -> tuple[int, int] | None:
    """Return events and number of units where each unit is one yes or no; None where units hold several.

    A unit that was asked again and answered the same every time is still one yes or no: repeats bring no evidence, and
    take none away.
    """
    import numpy as np

    held = opportunities > 0
    units = rows.units[held]
    if units.shape[1] != 1 or not len(units):
        return None
    codes = units[:, 0]
    times = np.bincount(codes)
    most = int(times.max())
    if most == 1:
        return round(float(events.sum())), len(codes)
    happened = np.bincount(codes, events[held])
    if not (np.isin(times, (0, most)).all() and np.isin(happened, (0, most)).all()):
        return None
    return int((happened == most).sum()), int((times == most).sum())
