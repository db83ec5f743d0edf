"""``steelyard sets list``: the test sets that can be named."""

from __future__ import annotations

from steelyard.core.words import Words

ABOUT = Words("List the test sets.", "列出测试集。")


def command() -> None:
    """List the test sets."""
    from steelyard.cli._terminal import console
    from steelyard.library import store
    from steelyard.report.terminal.catalogue import show_cards

    show_cards(console(), [store.card(each) for each in store.names()])
