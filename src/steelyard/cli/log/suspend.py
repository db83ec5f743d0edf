"""``steelyard log suspend``: until it is reinstated nobody may rely on a report."""

from __future__ import annotations

from steelyard.cli._options import DecidedBy, KeeperKey, LogFolder, LoggedReport, Reason
from steelyard.core.words import Words

ABOUT = Words(
    "Suspend a report: until it is reinstated nobody may rely on it.",
    "暂停报告：恢复之前不得采信。",
)


def command(folder: LogFolder, report: LoggedReport, reason: Reason, key: KeeperKey, by: DecidedBy = None) -> None:
    """Suspend a report."""
    from steelyard.cli._terminal import console
    from steelyard.registry.deciding import decide
    from steelyard.registry.lifecycle import Event
    from steelyard.registry.shown import show_decision

    show_decision(console(), *decide(folder, report, Event.SUSPENDED, reason, key=key, by=by))
