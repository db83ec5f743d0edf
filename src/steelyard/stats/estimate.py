"""From rows to a value with two one-sided bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from steelyard.core.method import Family, Folded, Indicator
from steelyard.core.sample import Rows
from steelyard.core.verdict import Estimate
from steelyard.core.words import Words
from steelyard.stats.binomial import clopper_pearson
from steelyard.stats.bounds import FEW_UNITS, TOO_FEW_UNITS, Bounds, SelfBounded
from steelyard.stats.jackknife import effective_units, jackknife_log
from steelyard.stats.pooled import MeanOf
from steelyard.stats.resampling import resampled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def estimate(indicator: Indicator, strata: Sequence[Rows], units: int, confidence: float, seed: int = 0) -> Estimate:
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
        Of resampling, where the indicator's family needs it.

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
    events, opportunities = (float(sum(pair[place].sum() for pair in counted)) for place in (0, 1))
    count, effective = effective_units(folded)
    rate = _value(folded, units)
    if math.isnan(rate):
        return Estimate(None, None, None, confidence, "none", events, opportunities, count, effective)

    exact = indicator.family is Family.PROPORTION and len(strata) == 1 and _independent(strata[0], counted[0][1])
    found = (
        Bounds(*clopper_pearson(round(events), round(opportunities), confidence), "clopper-pearson/1")
        if exact
        else _bounds(indicator.family, folded, rate, confidence, seed)
    )
    value, ends = rate, None if found is None else (found.lower, found.upper)
    if indicator.fold.complement:
        # Of one stratum the sums give the last bit right: 93 of 100 is 0.93.
        counts = indicator.family in (Family.PROPORTION, Family.RATIO) and len(strata) == 1
        value = (opportunities - events) / opportunities if counts else 1.0 - rate
        ends = None if found is None else (1.0 - found.upper, 1.0 - found.lower)
    low, high = indicator.range
    return Estimate(
        value=value,
        lower=None if ends is None else max(ends[0], min(low, value)),
        upper=None if ends is None else min(ends[1], max(high, value)),
        confidence=confidence,
        method="none" if found is None else found.method,
        events=events,
        opportunities=opportunities,
        units=count,
        effective_units=effective,
        log_error=None if found is None else found.log_error,
        flags=_few(effective) if found is None else found.flags,
        decisive=found is not None and found.decisive,
    )


def _bounds(family: Family, folded: Folded, rate: float, confidence: float, seed: int) -> Bounds | None:
    """Return bounds over units, by the indicator's family; None where there are none."""
    match family:
        case Family.PROPORTION | Family.RATIO:
            found = jackknife_log(folded, rate, confidence)
            if found is None:
                return None
            effective = effective_units(folded)[1]
            # Kish's number of equal clusters is a whole one but for rounding.
            enough = round(effective, 6) >= TOO_FEW_UNITS
            return found._replace(flags=(*_few(effective), *found.flags), decisive=found.decisive and enough)
        case Family.RANK | Family.QUANTILE | Family.EDF | Family.GUM:
            return (
                folded.bounds(confidence, seed)
                if isinstance(folded, SelfBounded)
                else resampled(folded, confidence, seed)
            )
        case Family.CENSUS | Family.NONE:
            return None


def _value(folded: Folded, units: int) -> float:
    import numpy as np

    return float(folded.value(np.ones((1, units)))[0])


def _independent(rows: Rows, opportunities: NDArray[np.float64]) -> bool:
    """Tell whether every unit brings at most one row."""
    import numpy as np

    units = rows.units[opportunities > 0]
    if units.shape[1] != 1:
        return False
    return not len(units) or int(np.bincount(units[:, 0]).max()) <= 1


def _few(effective: float) -> tuple[Words, ...]:
    if round(effective, 6) < TOO_FEW_UNITS:
        return (
            Words(
                f"only {effective:.1f} effective clusters: fewer than {TOO_FEW_UNITS} decide nothing",
                f"有效群数仅 {effective:.1f}：少于 {TOO_FEW_UNITS} 不能作出判定",
            ),
        )
    if round(effective) < FEW_UNITS:
        return (
            Words(
                f"{effective:.1f} effective clusters: below {FEW_UNITS} the bounds are less sure",
                f"有效群数 {effective:.1f}：少于 {FEW_UNITS} 时界限较不可靠",
            ),
        )
    return ()
