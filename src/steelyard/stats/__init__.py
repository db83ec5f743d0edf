"""Rows become bounds, bounds become decisions. Pure functions over arrays."""
