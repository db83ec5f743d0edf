"""Rows become bounds, bounds become decisions. Pure functions over arrays."""

STATISTICS = "steelyard/statistics/1"
"""Part of every plan: another version where a change may give another verdict on the same rows."""
