"""What changed from one test set to another, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from steelyard.core.words import Words
from steelyard.library.differences import Differences
from steelyard.report._layout import facts, say

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 5
"""Ids that stand beside a count."""


def show_differences(console: Console, found: Differences) -> None:
    """Show how many samples were removed, added and changed, with the first of each, and what the cards say."""
    if not found:
        say(console, Words("Nothing differs.", "没有变化。"))
        return
    values = {
        Words("removed", "已删除"): _counted(found.removed),
        Words("added", "新增"): _counted(found.added),
        Words("columns removed", "删除的列"): ", ".join(found.columns_removed),
        Words("columns added", "新增的列"): ", ".join(found.columns_added),
        Words("order", "顺序"): Words("another", "已改变") if found.reordered else None,
    }
    for column, ids in found.changed.items():
        values[Words(f"changed in {column}", f"{column} 有变")] = _counted(ids)
    facts(console, values)
    for name, (before, after) in found.card.items():
        say(console, Words(f"card, {name}", f"卡片，{name}"), style="dim")
        say(console, f"− {_said(before)}", 2)
        say(console, f"+ {_said(after)}", 2)


def _counted(ids: Sequence[str]) -> str:
    """Return a number of ids and the first of them; nothing for none."""
    more = ", …" if len(ids) > SHOWN else ""
    return f"{len(ids):,}: {', '.join(ids[:SHOWN])}{more}" if ids else ""


def _said(value: Any) -> str:
    """Return what a card says, in the reader's language."""
    if isinstance(value, dict) and value.keys() == {"en", "zh"}:
        return str(Words(**value))
    return str(value)
