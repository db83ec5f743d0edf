"""``steelyard log withdraw``: a report is withdrawn for good; it stays in the log, marked."""

from __future__ import annotations

from steelyard.cli._options import DecidedBy, KeeperKey, LogFolder, LoggedReport, Reason
from steelyard.core.words import Words

ABOUT = Words(
    "Withdraw a report, with the reason, for good. It stays in the log, marked.",
    "永久撤回报告并注明理由；报告仍留在日志中，并作标记。",
)


def command(folder: LogFolder, report: LoggedReport, reason: Reason, key: KeeperKey, by: DecidedBy = None) -> None:
    """Withdraw a report."""
    from steelyard.cli._terminal import console
    from steelyard.registry.deciding import decide
    from steelyard.registry.lifecycle import Event
    from steelyard.registry.shown import show_decision

    show_decision(console(), *decide(folder, report, Event.WITHDRAWN, reason, key=key, by=by))
