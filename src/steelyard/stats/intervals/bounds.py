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
