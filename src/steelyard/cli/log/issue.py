"""``steelyard log issue``: a report is issued, and valid until its last day."""

from __future__ import annotations

from typing import Annotated

import typer

from steelyard.cli._options import DecidedBy, KeeperKey, LogFolder, LoggedReport
from steelyard.core.words import Words

ABOUT = Words(
    "Issue a report: it is computed again, enters the log where it does not stand there yet, and is valid for 3 years, "
    "or as long as you say. Its run must stand in the log: steelyard run … --log.",
    "出具报告：重新计算，尚未登记的一并登记；有效期 3 年，可另行指定。其检测须已登记：steelyard run … --log。",
)


def command(
    folder: LogFolder,
    report: LoggedReport,
    key: KeeperKey,
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason", help=str(Words("Why; without: computed again, and it holds.", "理由；缺省：经重新计算，成立。"))
        ),
    ] = None,
    by: DecidedBy = None,
    valid_until: Annotated[
        str | None,
        typer.Option(
            "--valid-until", metavar="DATE", help=str(Words("Its last day: 2029-11-20.", "有效期末日：2029-11-20。"))
        ),
    ] = None,
    years: Annotated[
        int | None, typer.Option("--years", help=str(Words("Instead: for how many years.", "或：有效年数。")))
    ] = None,
) -> None:
    """Issue a report."""
    from steelyard.cli._terminal import console
    from steelyard.registry.deciding import HELD, decide
    from steelyard.registry.deciding import valid_until as last_day
    from steelyard.registry.lifecycle import Event
    from steelyard.registry.shown import show_decision

    until, why = last_day(valid_until, years), str(HELD) if reason is None else reason
    show_decision(console(), *decide(folder, report, Event.ISSUED, why, key=key, by=by, until=until))
