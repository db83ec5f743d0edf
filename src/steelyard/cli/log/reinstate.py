"""``steelyard log reinstate``: a suspended report is what it was before."""

from __future__ import annotations

from steelyard.cli._options import DecidedBy, KeeperKey, LogFolder, LoggedReport, Reason
from steelyard.core.words import Words

ABOUT = Words(
    "Reinstate a suspended report; its last day stays.",
    "恢复被暂停的报告；有效期不变。",
)


def command(folder: LogFolder, report: LoggedReport, reason: Reason, key: KeeperKey, by: DecidedBy = None) -> None:
    """Reinstate a report."""
    from steelyard.cli._terminal import console
    from steelyard.registry.deciding import decide
    from steelyard.registry.lifecycle import Event
    from steelyard.registry.shown import show_decision

    show_decision(console(), *decide(folder, report, Event.REINSTATED, reason, key=key, by=by))
