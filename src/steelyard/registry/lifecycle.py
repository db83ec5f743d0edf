"""The life of a report, as bodies that certify run it: what may follow what, and what it is on a given day.

A report that was entered is a draft until it is issued; from then on it is valid to its last day, may be confirmed by
surveillance, suspended and reinstated, and once it is withdrawn or has expired nothing brings it back.

Source: ISO/IEC 17065:2012, 7.9 (surveillance) and 7.11 (suspension, withdrawal, reinstatement).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from steelyard.core.errors import CallError
from steelyard.core.words import Words, listed

YEARS = 3
"""That a report is valid unless something else is said."""


class State(enum.Enum):
    """What a report is."""

    DRAFT = "draft"
    ISSUED = "issued"
    SURVEILLANCE = "surveillance"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"

    @property
    def words(self) -> Words:
        """Its name for readers."""
        return STATES[self]

    @property
    def valid(self) -> bool:
        """Whether others may rely on it."""
        return self in (State.ISSUED, State.SURVEILLANCE)


class Event(enum.Enum):
    """What may happen to a report."""

    ISSUED = "issued"
    SURVEILLED = "surveilled"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    WITHDRAWN = "withdrawn"

    @property
    def words(self) -> Words:
        """What was done."""
        return EVENTS[self]

    @property
    def command(self) -> str:
        """The command that enters it."""
        return COMMANDS[self]


STATES = {
    State.DRAFT: Words("draft", "草案"),
    State.ISSUED: Words("issued", "已出具"),
    State.SURVEILLANCE: Words("issued and confirmed by surveillance", "已出具并经监督确认"),
    State.SUSPENDED: Words("suspended", "已暂停"),
    State.WITHDRAWN: Words("withdrawn", "已撤回"),
    State.EXPIRED: Words("expired", "已过期"),
}
EVENTS = {
    Event.ISSUED: Words("issued", "出具"),
    Event.SURVEILLED: Words("confirmed by surveillance", "监督确认"),
    Event.SUSPENDED: Words("suspended", "暂停"),
    Event.REINSTATED: Words("reinstated", "恢复"),
    Event.WITHDRAWN: Words("withdrawn", "撤回"),
}
COMMANDS = {
    Event.ISSUED: "issue",
    Event.SURVEILLED: "surveil",
    Event.SUSPENDED: "suspend",
    Event.REINSTATED: "reinstate",
    Event.WITHDRAWN: "withdraw",
}
TRANSITIONS: Mapping[tuple[State, Event], State | None] = {
    (State.DRAFT, Event.ISSUED): State.ISSUED,
    (State.DRAFT, Event.WITHDRAWN): State.WITHDRAWN,
    (State.ISSUED, Event.SURVEILLED): State.SURVEILLANCE,
    (State.ISSUED, Event.SUSPENDED): State.SUSPENDED,
    (State.ISSUED, Event.WITHDRAWN): State.WITHDRAWN,
    (State.SURVEILLANCE, Event.SURVEILLED): State.SURVEILLANCE,
    (State.SURVEILLANCE, Event.SUSPENDED): State.SUSPENDED,
    (State.SURVEILLANCE, Event.WITHDRAWN): State.WITHDRAWN,
    (State.SUSPENDED, Event.REINSTATED): None,
    (State.SUSPENDED, Event.WITHDRAWN): State.WITHDRAWN,
}
"""What may follow, and what a report then is; None: what it was before. What is not named here is refused."""


@dataclass(frozen=True)
class Life:
    """What a report is, and how it came to that."""

    state: State
    since: str
    """When it became so: UTC, ISO 8601; of an expired one its last day."""
    until: str | None = None
    """Its last day, ISO 8601; None: it was never issued."""
    before: State = State.DRAFT
    """What it was when it was suspended."""
    events: tuple[Mapping[str, Any], ...] = ()
    """Entries, the oldest first."""

    def on(self, day: date) -> Life:
        """Return it on a day, by which it may have expired.

        Examples
        --------
        >>> life = Life(State.ISSUED, "2026-01-31T09:00:00.000+00:00", "2029-01-31")
        >>> [life.on(date(2029, month, 1)).state.value for month in (1, 2)]
        ['issued', 'expired']
        """
        ended = self.until is not None and day.isoformat() > self.until and self.state is not State.WITHDRAWN
        return replace(self, state=State.EXPIRED, since=str(self.until)) if ended else self

    def after(self, entry: Mapping[str, Any]) -> Life:
        """Return what it is after a further entry.

        Raises
        ------
        CallError
            Where this may not follow; it says what may.
        ValueError, KeyError
            Where it names no event that there is, or no day.
        """
        here, at = self.on(date.fromisoformat(str(entry["at"])[:10])), str(entry["at"])
        if entry["kind"] == "withdrawn":  # of an earlier log, where it could follow anything
            return replace(here, state=State.WITHDRAWN, since=at, events=(*here.events, entry))
        event = Event(entry["event"])
        if (here.state, event) not in TRANSITIONS:
            raise refused(here.state, event)
        until = date.fromisoformat(entry["until"]).isoformat() if event is Event.ISSUED else here.until
        return Life(TRANSITIONS[here.state, event] or here.before, at, until, here.state, (*here.events, entry))


def entered(entry: Mapping[str, Any]) -> Life:
    """Return the life of a report that has just entered the log."""
    return Life(State.DRAFT, str(entry["at"]))


def life_of(entries: Sequence[Mapping[str, Any]], bundle: str, day: date | None = None) -> Life | None:
    """Return what a report was at the end of a day (UTC), by the entries of a log; None: it did not stand there.

    An entry that may not follow changes nothing: an audit finds it.

    Parameters
    ----------
    entries : sequence of mapping
        All of the log.
    bundle : str
        Digest of the report's manifest.
    day : date, optional
        None: after the last entry, whatever has expired since.
    """
    life = None
    for entry in entries:
        if entry.get("bundle") != bundle or (day is not None and str(entry["at"])[:10] > day.isoformat()):
            continue
        if entry["kind"] == "report":
            life = life or entered(entry)
        elif life is not None:
            try:
                life = life.after(entry)
            except (CallError, ValueError, KeyError):
                continue
    return life if life is None or day is None else life.on(day)


def refused(state: State, event: Event) -> CallError:
    """Return why something cannot happen to a report, and what can."""
    allowed = [Words(each.command, each.command) for (known, each) in TRANSITIONS if known is state]
    what = Words(
        f"a report that is {_plainly(state).en} cannot be {event.words.en}.",
        f"{_plainly(state).zh}的报告不能{event.words.zh}。",
    )
    if not allowed:
        return CallError(what, Words("Nothing can follow; test again.", "此后不可再作变更；请重新检测。"))
    named = listed(allowed)
    return CallError(what, Words(f"What can follow: steelyard log {named.en}.", f"可用：steelyard log {named.zh}。"))


def _plainly(state: State) -> Words:
    return Words("a draft", "草案状态") if state is State.DRAFT else state.words


def last_day(start: date, years: int = YEARS) -> date:
    """Return the last day of so many years; of a leap day the 28th.

    Examples
    --------
    >>> last_day(date(2028, 2, 29)).isoformat(), last_day(date(2026, 11, 20), 1).isoformat()
    ('2031-02-28', '2027-11-20')
    """
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return start.replace(year=start.year + years, day=28)
