"""Steelyard: a test bench for AI products of any field. It says what is proved, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steelyard.api import run
    from steelyard.report.report import Report

__all__ = ["Report", "run"]

_HOMES = {"run": "steelyard.api", "Report": "steelyard.report.report"}


def __getattr__(name: str) -> Any:
    """Import on first use, so that ``import steelyard`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'steelyard' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
