"""What the makers of a product say of it."""

from __future__ import annotations

from dataclasses import dataclass

from steelyard.core.words import Words


@dataclass(frozen=True)
class ProductCard:
    """The card of a product, as its makers declare it; nobody has checked it unless a report says so."""

    name: str
    version: str
    trained_on: tuple[str, ...] | None = None
    """What it learned from: ``NAME@VERSION#SPLIT`` of a set, or other words; none at all: (); None: not stated."""
    intended_use: Words | None = None
    maker: str | None = None
