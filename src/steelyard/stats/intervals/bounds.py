"""Two one-sided bounds, and what they rest on: what every way to bound a quantity returns."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

from steelyard.core.method import Folded
from steelyard.core.words import Words

FEW_UNITS = 20
"""Fewer effective clusters are flagged: bounds over clusters begin to be too narrow."""
TOO_FEW_UNITS = 10
"""Fewer effective clusters decide nothing."""


class Bounds(NamedTuple):
    """A lower and an upper one-sided bound, each with the confidence that was asked for."""

    lower: float
    upper: float
    method: str
    """How they were found, with its version: ``jackknife-t-log/1``."""
    log_error: float | None = None
    """Standard error of the logarithm, where they rest on it."""
    flags: tuple[Words, ...] = ()
    """What a reader should know of them."""
    decisive: bool = True
    """Whether they may decide a verdict."""


@runtime_checkable
class SelfBounded(Folded, Protocol):
    """Folded rows that know how their quantity is bounded: ranks, quantiles, spreads, measured values."""

    def bounds(self, confidence: float, seed: int) -> Bounds | None:
        """Return two one-sided bounds; None where there are too few units for any.

        Where a bound is found by resampling, ``seed`` is that of the weights.
        """


def resting_on(found: Bounds, effective: float) -> Bounds:
    """Return bounds that rest on so many effective units: of few this is said, and too few decide nothing.

    Examples
    --------
    >>> found = resting_on(Bounds(0.1, 0.2, "made up/1"), 7.25)
    >>> found.decisive, found.flags[0].en
    (False, 'only 7.2 effective units: fewer than 10 decide nothing')
    """
    if not enough(effective):
        said = Words(
            f"only {effective:.1f} effective units: fewer than {TOO_FEW_UNITS} decide nothing",
            f"有效抽样单元仅 {effective:.1f}：少于 {TOO_FEW_UNITS} 不能作出判定",
        )
    elif round(effective) < FEW_UNITS:
        said = Words(
            f"{effective:.1f} effective units: below {FEW_UNITS} the bounds are less sure",
            f"有效抽样单元 {effective:.1f}：少于 {FEW_UNITS} 时界限较不可靠",
        )
    else:
        return found
    return found._replace(flags=(said, *found.flags), decisive=found.decisive and enough(effective))


def enough(effective: float) -> bool:
    """Tell whether so many effective units may decide; Kish's number of equal ones is a whole one but for rounding."""
    return round(effective, 6) >= TOO_FEW_UNITS
