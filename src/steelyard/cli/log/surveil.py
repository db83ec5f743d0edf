"""``steelyard log surveil``: an issued report was looked at again, and still stands."""

from __future__ import annotations

from steelyard.cli._options import DecidedBy, KeeperKey, LogFolder, LoggedReport, Reason
from steelyard.core.words import Words

ABOUT = Words(
    "Confirm an issued report by surveillance: the product was looked at again, and the report still stands.",
    "监督确认已出具的报告：已复查产品，报告继续有效。",
)


def command(folder: LogFolder, report: LoggedReport, reason: Reason, key: KeeperKey, by: DecidedBy = None) -> None:
    """Confirm a report."""
    from steelyard.cli._terminal import console
    from steelyard.registry.deciding import decide
    from steelyard.registry.lifecycle import Event
    from steelyard.registry.shown import show_decision

    show_decision(console(), *decide(folder, report, Event.SURVEILLED, reason, key=key, by=by))
