"""From rows to a value with two one-sided bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from steelyard.core.method import Family, Folded, Indicator
from steelyard.core.sample import Rows
from steelyard.core.verdict import Estimate
from steelyard.core.words import Words
from steelyard.stats.binomial import clopper_pearson
from steelyard.stats.jackknife import effective_units, jackknife_log
from steelyard.stats.pooled import MeanOf

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEW_UNITS = 20
"""Fewer effective clusters are flagged: bounds over clusters begin to be too narrow."""
TOO_FEW_UNITS = 10
"""Fewer effective clusters decide nothing."""


def estimate(indicator: Indicator, strata: Sequence[Rows], units: int, confidence: float) -> Estimate:
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

    Returns
    -------
    Estimate
        Without a value where a stratum holds no opportunity; without bounds where there are fewer than two units.
    """
    folds = [indicator.fold(rows, indicator.columns, units) for rows in strata]
    folded = folds[0] if len(folds) == 1 else MeanOf(folds)
    counted = [indicator.fold.counts(rows, indicator.columns) for rows in strata]
    events, opportunities = (float(sum(pair[place].sum() for pair in counted)) for place in (0, 1))
    count, effective = effective_units(folded)
    value = _value(folded, units) if folds else math.nan
    if math.isnan(value):
        return Estimate(None, None, None, confidence, "none", events, opportunities, count, effective)

    independent = len(strata) == 1 and _independent(strata[0], counted[0][1])
    flags: list[Words] = []
    decisive, method = True, "none"
    log_error: float | None = None
    if indicator.family is Family.PROPORTION and independent:
        bounds: tuple[float, float] | None = clopper_pearson(round(events), round(opportunities), confidence)
        method = "clopper-pearson/1"
    else:
        found = jackknife_log(folded, value, confidence)
        bounds = None if found is None else found[:2]
        if found is not None:
            log_error = None if math.isnan(found[2]) else found[2]
            method = "jackknife-t-log/1" if log_error is not None else "unseen-cluster/1"
        decisive = effective >= TOO_FEW_UNITS
        flags = _flags(effective)

    toward: Callable[[float], float] = (lambda x: 1.0 - x) if indicator.fold.complement else (lambda x: x)
    value = toward(value)
    if bounds is None:
        return Estimate(
            value, None, None, confidence, method, events, opportunities, count, effective, None, tuple(flags), False
        )
    lower, upper = sorted(map(toward, bounds))
    low, high = indicator.range
    return Estimate(
        value=value,
        lower=max(lower, min(low, value)),
        upper=min(upper, max(high, value)),
        confidence=confidence,
        method=method,
        events=events,
        opportunities=opportunities,
        units=count,
        effective_units=effective,
        log_error=log_error,
        flags=tuple(flags),
        decisive=decisive,
    )


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


def _flags(effective: float) -> list[Words]:
    if effective < TOO_FEW_UNITS:
        return [
            Words(
                f"only {effective:.1f} effective clusters: fewer than {TOO_FEW_UNITS} decide nothing",
                f"有效群数仅 {effective:.1f}：少于 {TOO_FEW_UNITS} 不能作出判定",
            )
        ]
    if round(effective) < FEW_UNITS:
        return [
            Words(
                f"{effective:.1f} effective clusters: below {FEW_UNITS} the bounds are less sure",
                f"有效群数 {effective:.1f}：少于 {FEW_UNITS} 时界限较不可靠",
            )
        ]
    return []
