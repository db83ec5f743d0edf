"""The life of a report: what may follow what, by a table of its own, by days, and over any sequence of events."""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.registry.logged import Filled, bundle_of, named, report

from steelyard.core.errors import CallError
from steelyard.registry import deciding, log, signed, standing
from steelyard.registry.lifecycle import TRANSITIONS, Event, Life, State, last_day, life_of
from steelyard.report.proof.keys import PrivateKey, new_key, private_key

MAY = {
    "draft": {"issued", "withdrawn"},
    "issued": {"surveilled", "suspended", "withdrawn"},
    "surveillance": {"surveilled", "suspended", "withdrawn"},
    "suspended": {"reinstated", "withdrawn"},
    "withdrawn": set[str](),
    "expired": set[str](),
}
"""Written down a second time, so that the table of the product is not checked against itself."""


def entry(event: Event, day: str = "2026-11-20", until: str = "2029-11-20") -> dict[str, str]:
    return {"kind": "event", "event": event.value, "at": f"{day}T09:00:00.000+00:00", "until": until, "reason": "a"}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_what_may_follow_and_what_is_refused(state: State, event: Event) -> None:
    life = Life(state, "2026-11-20", "2029-11-20", State.SURVEILLANCE)
    if event.value in MAY[state.value]:
        assert life.after(entry(event)).events == (entry(event),)
        return
    with pytest.raises(CallError) as refused:
        life.after(entry(event))
    remedy = refused.value.remedy
    assert remedy is not None
    for each in Event:  # it says what may follow, and nothing else
        assert (each.command in remedy.en) == (each.value in MAY[state.value])


def test_a_reinstated_report_is_what_it_was() -> None:
    for before in (State.ISSUED, State.SURVEILLANCE):
        life = Life(before, "2026-11-20", "2029-11-20").after(entry(Event.SUSPENDED)).after(entry(Event.REINSTATED))
        assert (life.state, life.until) == (before, "2029-11-20")


@pytest.mark.parametrize("state", [State.ISSUED, State.SURVEILLANCE, State.SUSPENDED])
def test_the_last_day_is_a_whole_day(state: State) -> None:
    life = Life(state, "2026-11-20", "2029-11-20")
    assert life.on(date(2029, 11, 20)).state is state
    assert life.on(date(2029, 11, 21)).state is State.EXPIRED
    with pytest.raises(CallError, match="expired cannot be withdrawn"):
        life.after(entry(Event.WITHDRAWN, "2029-11-21"))


def test_what_is_withdrawn_stays_withdrawn_when_it_would_have_expired() -> None:
    life = Life(State.ISSUED, "2026-11-20", "2029-11-20").after(entry(Event.WITHDRAWN))
    assert life.on(date(2040, 1, 1)).state is State.WITHDRAWN


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2026-11-19", None),  # it did not stand there yet
        ("2026-11-20", State.DRAFT),
        ("2026-11-21", State.ISSUED),
        ("2026-12-31", State.SUSPENDED),
        ("2027-01-01", State.WITHDRAWN),
        ("2040-01-01", State.WITHDRAWN),
    ],
)
def test_on_any_day(day: str, state: State | None) -> None:
    entries = [
        {"kind": "report", "bundle": "b", "at": "2026-11-20T23:59:59.999+00:00"},
        {"kind": "recall", "at": "2026-11-20T23:59:59.999+00:00"},
        entry(Event.ISSUED, "2026-11-21") | {"bundle": "b"},
        entry(Event.SUSPENDED, "2026-12-31") | {"bundle": "b"},
        entry(Event.ISSUED, "2026-12-31") | {"bundle": "b"},  # may not follow, and changes nothing
        {"kind": "withdrawn", "bundle": "b", "at": "2027-01-01T00:00:00.000+00:00"},  # as earlier logs have it
    ]
    life = life_of(entries, "b", date.fromisoformat(day))
    assert (None if life is None else life.state) is state


@pytest.mark.parametrize(
    ("given", "until"),
    [
        ((None, None), last_day(standing.today(), 3)),
        ((None, 1), last_day(standing.today(), 1)),
        (("2099-01-31", None), date(2099, 1, 31)),
    ],
)
def test_the_last_day_that_options_name(given: tuple[str | None, int | None], until: date) -> None:
    assert deciding.valid_until(*given) == until


@pytest.mark.parametrize(
    ("day", "years", "says"),
    [
        ("2099-01-31", 3, "say two things"),
        ("2020-01-31", None, "it is over already"),
        ("31.1.2099", None, "that is no day"),
        (None, 0, "from 1 to 100"),
    ],
)
def test_days_that_cannot_be_the_last(day: str | None, years: int | None, says: str) -> None:
    with pytest.raises(CallError, match=says):
        deciding.valid_until(day, years)


class Laboratory(RuleBasedStateMachine):
    """Decides on reports at random, beside a model of its own; days pass."""

    @initialize()
    def begin(self) -> None:
        self.ends = contextlib.ExitStack()
        self.folder = Path(self.ends.enter_context(tempfile.TemporaryDirectory()))
        self.ends.enter_context(patch.dict(os.environ, STEELYARD_HOME=str(self.folder / "home")))
        self.time = datetime(2026, 11, 20, 9, tzinfo=UTC)
        for module in (log, signed):
            self.ends.enter_context(patch.object(module, "now", self.now))
        self.ends.enter_context(patch.object(deciding, "today", lambda: self.time.date()))
        self.ends.enter_context(patch.object(deciding, "bundle_entry", self.names_of))
        self.ends.enter_context(patch.object(deciding, "report_entry", self.entry_of))
        new_key("keeper")
        self.filled = Filled(self.folder / "log", private_key("keeper"))
        self.reports = dict[int, dict[str, str]]()
        self.recalled = False

    def now(self) -> str:
        self.time += timedelta(seconds=1)
        return self.time.isoformat(timespec="milliseconds")

    def entry_of(self, path: Path) -> dict[str, Any]:
        number = int(path.name)
        return report(number, self.filled.log.entries(), self.filled.roots)

    def names_of(self, path: Path) -> dict[str, str]:
        return {**named(int(path.name)), "bundle": bundle_of(int(path.name))}

    @rule(days=st.integers(1, 500))
    def wait(self, days: int) -> None:
        self.time += timedelta(days=days)
        for each in self.reports.values():
            if each["state"] not in ("draft", "withdrawn") and self.time.date().isoformat() > each["until"]:
                each["state"] = "expired"

    @precondition(lambda self: len(self.reports) < 3)
    @rule()
    def test_a_product(self) -> None:
        number = len(self.reports)
        self.filled.run(number)
        self.filled.report(number)
        self.reports[number] = {"state": "draft", "before": "draft", "until": ""}

    @precondition(lambda self: self.reports)
    @rule(data=st.data(), event=st.sampled_from(Event))
    def decide(self, data: st.DataObject, event: Event) -> None:
        number = data.draw(st.sampled_from(sorted(self.reports)))
        each, until = self.reports[number], self.time.date() + timedelta(days=400)
        arguments = (self.folder / "log", Path(str(number)), event, "because")
        stopped = self.recalled and event.value in ("issued", "surveilled", "reinstated")
        if event.value not in MAY[each["state"]] or stopped:
            size = len(self.filled.log.entries())
            with pytest.raises(CallError, match="cannot be"):
                deciding.decide(*arguments, key="keeper", until=until)
            assert len(self.filled.log.entries()) == size
            return
        deciding.decide(*arguments, key="keeper", until=until)
        if event is Event.ISSUED:
            each["until"] = until.isoformat()
        if event is Event.SUSPENDED:
            each["before"] = each["state"]
        becomes = {"surveilled": "surveillance", "reinstated": each["before"]}
        each["state"] = becomes.get(event.value, event.value)

    @precondition(lambda self: self.reports and len(self.filled.log.entries()) > 10)
    @rule()
    def recall(self) -> None:
        self.filled.recall(recalls="test_set", name="digits@1")
        self.recalled = True

    @invariant()
    def the_log_holds_and_says_so(self) -> None:
        if not self.reports:
            return
        audit = self.filled.log.audit([self.filled.key.public])
        assert audit.faults == ()
        entries = self.filled.log.entries()
        for number, each in self.reports.items():
            life = life_of(entries, bundle_of(number), self.time.date())
            assert life is not None
            assert life.state.value == each["state"]
            assert each["state"] == "draft" or life.until == (each["until"] or None)

    def teardown(self) -> None:
        self.ends.close()


TestLaboratory = Laboratory.TestCase
TestLaboratory.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)


def test_no_state_is_left_out() -> None:
    assert {state for state, _ in TRANSITIONS} | {State.WITHDRAWN, State.EXPIRED} == set(State)


def test_nothing_is_decided_on_what_is_not_there(
    tmp_path: Path, key: PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "bundle_entry", lambda _: {**named(9), "bundle": bundle_of(9)})
    Filled(tmp_path / "log", key).run(0)
    with pytest.raises(CallError, match="no such report stands in the log"):
        deciding.decide(tmp_path / "log", tmp_path / "9", Event.SUSPENDED, "a", key="keeper")
    with pytest.raises(CallError, match="say why"):
        deciding.decide(tmp_path / "log", tmp_path / "9", Event.SUSPENDED, " ", key="keeper")
