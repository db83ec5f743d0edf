"""Writes docs/sets.md, the table of all test sets; with ``--check`` only tells whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from steelyard.core.card import Card
from steelyard.library import store

PAGE = Path(__file__).parents[1] / "docs" / "sets.md"
HEAD = """\
# Test sets

All sets that there is a recipe for; `tools/list_sets.py` writes this page from their cards. A set is made when it
is first used, or by `steelyard sets pull`, from the mirrors that `STEELYARD_MIRROR` names ([mirrors.md](mirrors.md)),
and every file is checked against its SHA-256; sets that ship inside scikit-learn need none. `steelyard sets show NAME`
shows a card whole: how the reference answers were made, what a verdict may speak of, where it comes from and how to
cite it.

A set without a method holds samples for a field whose methods are still to come. Licences are SPDX identifiers; those
that begin with `LicenseRef-` are the makers' own words, which the card's source gives. Making
`microphone-array-clips` needs `pip install 'steelyard[sound]'`, which reads FLAC, and `px4-ulog` needs
`pip install 'steelyard[flight]'`, which reads flight logs.

| name | what it is | samples | units | licence | methods |
| --- | --- | --- | --- | --- | --- |
"""


def page() -> str:
    """Return the page as it should be."""
    return HEAD + "".join(map(row, map(store.card, store.names())))


def row(card: Card) -> str:
    """Return a set's row."""
    splits = ", ".join(f"{name} {count:,}" for name, count in card.splits.items())
    samples = f"{card.samples:,}" if len(card.splits) == 1 else f"{card.samples:,} ({splits})"
    units = ", ".join(words.en for words in card.units.values()) or "—"
    cells = (f"`{card.label}`", card.title.en, samples, units, card.licence, ", ".join(card.methods) or "—")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def main() -> int:
    """Update or check the page; return 1 where it was out of date and only checked."""
    wanted = page()
    stale = not PAGE.exists() or PAGE.read_text("utf-8") != wanted
    if stale and "--check" not in sys.argv:
        PAGE.write_text(wanted, "utf-8")
    print(f"out of date: {PAGE.name if stale else 'none'}")
    return int(stale and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
