"""Where the dates of particulars contradict each other, the run or the calendar."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from steelyard.core.words import Words
from steelyard.report.particulars.particulars import Dates, Particulars

SLACK = timedelta(days=1)
"""Laboratories date by their own clock, the bench by UTC."""


def contradictions(
    particulars: Particulars, created: str, *, recorded: bool = False, today: date | None = None
) -> list[Words]:
    """Return where dates contradict each other, the run or the calendar, and an amendment itself.

    Parameters
    ----------
    particulars : Particulars
        Of the report.
    created : str
        When the run's report was made, UTC, ISO 8601. A day's difference is none: laboratories have their own clocks.
    recorded : bool
        Whether answers were recorded before: then the product was tested on any day before the run was judged.
    today : date, optional
        The day of bundling: nobody issues a report on a day to come. Whoever reads it later cannot know that day.
    """
    dates, made = particulars.dates, date.fromisoformat(created[:10])
    order = ("received", "performed_from", "performed_to", "issued")
    found = []
    for before, after in itertools.pairwise(order):
        if getattr(dates, before) > getattr(dates, after):
            first, second = f"dates.{before} ({getattr(dates, before)})", f"dates.{after} ({getattr(dates, after)})"
            found.append(Words(f"{first} is later than {second}", f"{first} 晚于 {second}"))
    of_the_run = Words(f"the run, which was judged on {made}", f"该检测的判定日期 {made}")
    late, early = made + SLACK, made - SLACK
    found += [
        _beside(dates, name, Words("later than", "晚于"), of_the_run)
        for name in ("performed_from", "performed_to")
        if date.fromisoformat(getattr(dates, name)) > late
    ]
    if date.fromisoformat(dates.performed_to) < early and not recorded:
        found.append(_beside(dates, "performed_to", Words("earlier than", "早于"), of_the_run))
    if date.fromisoformat(dates.issued) < early:
        found.append(_beside(dates, "issued", Words("earlier than", "早于"), of_the_run))
    if today is not None and date.fromisoformat(dates.issued) > today + SLACK:
        found.append(_beside(dates, "issued", Words("later than", "晚于"), Words(f"today, {today}", f"今日 {today}")))
    if particulars.amendment is not None and particulars.amendment.replaces == particulars.identification:
        found.append(Words("amendment.replaces names this report itself", "amendment.replaces 所指即本报告"))
    return found


def _beside(dates: Dates, name: str, how: Words, what: Words) -> Words:
    day = getattr(dates, name)
    return Words(f"dates.{name} ({day}) is {how.en} {what.en}", f"dates.{name}（{day}）{how.zh}{what.zh}")
