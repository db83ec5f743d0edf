"""Bounds of sequential plans: what bets on a rate have won, cluster by cluster."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from verify_report import crossing

Array = np.ndarray[Any, Any]


def log_capital(events: Array, of: Array, share: float) -> Array:
    """Return the logarithm, after each cluster, of the mean capital of 32 bets that the rate is above a share."""
    even = (np.arange(32) + 0.5) / 32
    stake = (share**even - share) / (1.0 - share)
    grown = np.cumsum(np.log1p(np.maximum(events[:, None] * (stake / share) - of[:, None] * stake, -1.0)), axis=0)
    most = np.maximum(grown.max(axis=1), -1e300)
    return np.asarray(most + np.log(np.exp(grown - most[:, None]).mean(axis=1)))


def refuted(events: Array, of: Array, confidence: float) -> float:
    """Return the greatest share against which bets on more have won enough."""
    enough = -math.log1p(-confidence)
    return crossing(lambda share: bool(log_capital(events, of, share)[-1] >= enough))


def looks(path: Array, confidence: float) -> list[int]:
    """Return after how many clusters to look: all, and where the capital was first large enough."""
    return [len(path), *(np.flatnonzero(path >= -math.log1p(-confidence))[:1] + 1).tolist()]
