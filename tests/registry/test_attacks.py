"""What a dishonest keeper, laboratory or vendor may try on a log, and what an audit says of it.

The keeper has the key of the heads: whatever stands in the log is signed again, so that only what the entries say of
each other, what officers signed, and heads that others have seen can give it away.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from tests.registry.logged import Filled, bundle_of, event, named

from steelyard.core.canonical import canonical
from steelyard.core.errors import CallError
from steelyard.registry import log
from steelyard.registry.lifecycle import Event
from steelyard.registry.log import Log
from steelyard.registry.signed import signed
from steelyard.report.proof.keys import PrivateKey, new_key, private_key

Lines = list[dict[str, Any]]
ISSUED, SUSPENDED, REINSTATED, RECALL = 4, 5, 6, 7
"""Places of entries in the log below."""


@pytest.fixture
def officer(key: PrivateKey) -> PrivateKey:
    assert key.public.name == "keeper"
    new_key("officer")
    return private_key("officer")


@pytest.fixture
def filled(tmp_path: Path, key: PrivateKey, officer: PrivateKey) -> Filled:
    found = Filled(tmp_path / "log", key)
    found.run(0)
    found.run(1)
    found.report(0)
    found.report(1)
    found.event(0, Event.ISSUED, officer)
    found.event(0, Event.SUSPENDED, officer)
    found.event(0, Event.REINSTATED, officer)
    found.recall(recalls="method", name="m", version="1")
    return found


def rewritten(filled: Filled, change: Callable[[Lines], Lines], folder: Path) -> Log:
    """Return a log of changed entries whose keeper has signed a head after each, and dated it as the entry is."""
    folder.mkdir()
    entries = change(filled.log.entries())
    lines = [canonical(entry) + b"\n" for entry in entries]
    for size, entry in enumerate(entries, 1):
        (folder / "entries.jsonl").write_bytes(b"".join(lines[:size]))
        with patch.object(log, "now", lambda at=entry["at"]: at):
            Log(folder).last_head(filled.key)
    return Log(folder)


def faults(kept: Log, *keys: PrivateKey) -> list[str]:
    return [fault.en for fault in kept.audit([key.public for key in keys]).faults]


def test_the_log_as_it_was_kept(filled: Filled, key: PrivateKey, officer: PrivateKey, tmp_path: Path) -> None:
    assert faults(filled.log, key, officer) == []
    assert faults(rewritten(filled, lambda lines: lines, tmp_path / "again"), key, officer) == []


def changed(place: int, **changes: Any) -> Callable[[Lines], Lines]:
    return lambda lines: [
        {name: value for name, value in (entry | changes).items() if value is not None} if number == place else entry
        for number, entry in enumerate(lines)
    ]


def swapped(lines: Lines) -> Lines:
    """Times stay where they were: only the order of the entries is another one."""
    order = [0, 1, 2, 3, 4, 6, 5, 7]
    return [lines[place] | {"at": lines[number]["at"]} for number, place in enumerate(order)]


def anew(lines: Lines, **changes: Any) -> dict[str, Any]:
    """Return a second report of the first run."""
    entry = lines[2] | {"bundle": bundle_of(77), "at": lines[-1]["at"]} | changes
    return {name: value for name, value in entry.items() if value is not None}


def old_style(lines: Lines, *unsaid: str) -> Lines:
    """Return a run entered as earlier logs did, with a report that leaves some words out."""
    run = {name: lines[0][name] for name in ("kind", "plan", "run", "at")}
    return [run, lines[1], {name: value for name, value in lines[2].items() if name not in unsaid}, *lines[3:]]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        # A bad day is taken out: what was signed after it was signed for another log.
        (lambda lines: lines[:SUSPENDED] + lines[SUSPENDED + 1 :], "entry 6: it was signed for another log"),
        (swapped, "entry 6: it was signed for another log, or another place in it"),
        (swapped, "entry 6: a report that is issued cannot be reinstated"),
        # An event for another report, or the same event once more.
        (changed(REINSTATED, bundle=bundle_of(1)), "entry 7: no trusted key has signed it"),
        (changed(ISSUED, **named(1), bundle=bundle_of(1)), "entry 5: no trusted key has signed it"),
        (lambda lines: [*lines, lines[SUSPENDED] | {"at": lines[-1]["at"]}], "entry 9: it was signed for another log"),
        (lambda lines: [*lines, lines[RECALL]], "entry 9: it was signed for another log"),
        # What it says is changed, or nobody signs it.
        (changed(ISSUED, until="2199-12-31"), "entry 5: no trusted key has signed it"),
        (changed(SUSPENDED, reason="nothing much"), "entry 6: no trusted key has signed it"),
        (changed(SUSPENDED, by="somebody"), "entry 6: no trusted key has signed it"),
        (changed(RECALL, version="2"), "entry 8: no trusted key has signed it"),
        (changed(SUSPENDED, signatures=None), "entry 6: no trusted key has signed it"),
        (changed(SUSPENDED, signatures=[]), "entry 6: no trusted key has signed it"),
        (changed(SUSPENDED, signatures=[{"keyid": "officer", "sig": "?"}]), "entry 6: no trusted key has signed it"),
        (changed(SUSPENDED, signatures=["x"]), "entry 6: no trusted key has signed it"),
        # Backdated, or dated ahead.
        (changed(SUSPENDED, at="2020-01-01T00:00:00.000+00:00"), "entry 6: it is older than the one before it"),
        (changed(SUSPENDED, at="2020-01-01T00:00:00.000+00:00"), "entry 6: it was signed at another time"),
        (changed(SUSPENDED, at="2099-01-01T00:00:00.000+00:00"), "entry 7: it is older than the one before it"),
        # Attempts and seeds.
        (changed(1, attempt=1), "entry 2: it is attempt 2, and says 1"),
        (changed(1, attempt=None), "entry 2: it is attempt 2, and says None"),
        (lambda lines: lines[1:], "entry 1: it is attempt 1, and says 2"),
        (changed(1, seed=1), "entry 2: its seed does not follow from the log before it"),
        (changed(1, unseeded="sha256:00"), "entry 2: its seed does not follow from the log before it"),
        (changed(2, attempt=2), "entry 3: its plan names another place in the log, attempt or seed"),
        (changed(3, root="00"), "entry 4: its plan names another place in the log, attempt or seed"),
        (changed(2, root=None), "entry 3: its plan names another place in the log, attempt or seed"),
        (changed(2, seed=1), "entry 3: its plan names another place in the log, attempt or seed"),
        # A run is entered as earlier logs did it, so that nobody counts or follows its seed.
        (changed(0, product=None), "entry 3: its run's entry does not say of which product and clause it is"),
        (changed(0, clause=None), "entry 3: its run's entry does not say of which product and clause it is"),
        (changed(1, product=None), "entry 2: it does not say of which product and clause it is"),
        (changed(1, specification=None), "entry 2: it does not say of which product and clause it is"),
        (lambda lines: old_style(lines, "attempt", "seed", "seeded", "unseeded"), "entry 3: its run's entry does not"),
        (lambda lines: old_style(lines, "attempt", "seed", "root", "unseeded"), "entry 3: its run's entry does not"),
        # A run is asked anew until it passes.
        (lambda lines: [*lines, anew(lines, answers="sha256:00")], "entry 9: a report of the same run stands before"),
        (lambda lines: [*lines, anew(lines, answers=None)], "entry 9: a report of the same run stands before it"),
        (
            lambda lines: [*lines, anew(lines, verdict="undetermined")],
            "entry 9: a report of the same run stands before",
        ),
    ],
)
def test_what_was_changed_is_found(
    change: Callable[[Lines], Lines], says: str, filled: Filled, officer: PrivateKey, tmp_path: Path
) -> None:
    found = faults(rewritten(filled, change, tmp_path / "changed"), filled.key, officer)
    assert any(says in fault for fault in found), found


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ([Event.SURVEILLED], "a report that is a draft cannot be confirmed"),
        ([Event.ISSUED, Event.ISSUED], "a report that is issued cannot be issued"),
        ([Event.ISSUED, Event.REINSTATED], "a report that is issued cannot be reinstated"),
        ([Event.WITHDRAWN, Event.ISSUED], "a report that is withdrawn cannot be issued"),
        ([Event.ISSUED, Event.SUSPENDED, Event.SURVEILLED], "a report that is suspended cannot be confirmed"),
    ],
)
def test_a_step_that_may_not_follow_is_found(
    events: list[Event], says: str, filled: Filled, officer: PrivateKey
) -> None:
    for each in events:  # below the commands, which refuse it
        filled.event(1, each)
    assert any(says in fault for fault in faults(filled.log, filled.key, officer))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"event": "praised"}, "it names no event, or no day"),
        ({"until": "some day"}, "it names no event, or no day"),
        ({"bundle": bundle_of(9)}, "nothing was issued that it could withdraw"),
    ],
)
def test_an_event_that_is_none_is_found(
    changes: dict[str, str], says: str, filled: Filled, officer: PrivateKey
) -> None:
    filled.event(1, Event.ISSUED, **changes)
    assert any(says in fault for fault in faults(filled.log, filled.key, officer))


def test_a_key_that_nobody_trusts(filled: Filled, key: PrivateKey) -> None:
    said = faults(filled.log, key)
    assert said == [f"entry {place + 1}: no trusted key has signed it" for place in (ISSUED, SUSPENDED, REINSTATED)]


def test_an_event_of_another_log(filled: Filled, officer: PrivateKey, tmp_path: Path) -> None:
    other = Filled(tmp_path / "other", filled.key)
    other.run(1)
    other.report(1)
    stolen = filled.log.entries()[SUSPENDED]
    kept = {name: value for name, value in stolen.items() if name != "at"}
    other.add(lambda *_: kept)
    assert any("signed for another log" in fault for fault in faults(other.log, filled.key, officer))


def test_a_seed_that_was_tried_on_many_logs(filled: Filled, officer: PrivateKey) -> None:
    """Who would choose among the heads of the past has to name one that the log does not have before the entry."""
    lucky = filled.log.heads()[2].root
    filled.add(lambda known, _: {**_run_at(known, lucky)})
    assert faults(filled.log, filled.key, officer) == ["entry 9: its seed does not follow from the log before it"]


def _run_at(known: Any, root: str) -> dict[str, Any]:
    from tests.registry.logged import run

    return run(7)(known, root)


def test_what_was_suspended_is_cut_off_with_its_heads(filled: Filled, officer: PrivateKey, tmp_path: Path) -> None:
    """By itself a log that ends earlier looks well; every later event that anybody was shown gives it away."""
    seen = filled.log.heads()[-1]
    short = rewritten(filled, lambda lines: lines[:SUSPENDED], tmp_path / "short")
    assert faults(short, filled.key, officer) == []
    (fault,) = short.audit([filled.key.public, officer.public], [seen]).faults
    assert "the log has 5 entries now" in fault.en


def test_a_fork_cannot_take_over_what_was_signed(filled: Filled, officer: PrivateKey, tmp_path: Path) -> None:
    def forked(lines: Lines) -> Lines:
        return [*lines[:3], lines[3] | {"verdict": "does not conform"}, *lines[4:]]

    found = faults(rewritten(filled, forked, tmp_path / "fork"), filled.key, officer)
    assert found == [
        f"entry {place + 1}: it was signed for another log, or another place in it"
        for place in (ISSUED, SUSPENDED, REINSTATED, RECALL)
    ]


@pytest.mark.parametrize("changes", [{"attempt": 1}, {"root": "00"}, {"seed": 1}, {"seeded": False}])
def test_a_report_that_says_otherwise_does_not_enter(changes: dict[str, Any], filled: Filled) -> None:
    filled.run(2)
    with pytest.raises(CallError, match="names another place in the log, attempt or seed"):
        filled.report(2, **changes)
    assert len(filled.log.entries()) == 9


@pytest.mark.parametrize("changes", [{"answers": "sha256:00"}, {"answers": None}, {"verdict": "undetermined"}])
def test_a_run_that_was_asked_anew_is_not_reported_again(changes: dict[str, Any], filled: Filled) -> None:
    with pytest.raises(CallError, match="a report of the same run stands before it") as refused:
        filled.report(0, bundle=bundle_of(77), **changes)
    assert refused.value.remedy is not None
    assert "another --out" in refused.value.remedy.en
    assert len(filled.log.entries()) == 8


def test_a_bundle_that_was_made_again_of_the_same_answers(filled: Filled, officer: PrivateKey) -> None:
    filled.report(0, bundle=bundle_of(77))
    assert faults(filled.log, filled.key, officer) == []


def test_a_run_of_another_log_is_entered_as_earlier_logs_did(filled: Filled, tmp_path: Path) -> None:
    """Run against a private log as often as one likes; the one that passed is shown in a public log."""
    private = filled.log.entries()
    run, report = ({"kind": "plan", **named(0)}, {name: value for name, value in private[2].items() if name != "at"})
    public = Filled(tmp_path / "public", filled.key)
    public.add(lambda *_: run)
    with pytest.raises(CallError, match="does not say of which product and clause it is") as refused:
        public.add(lambda *_: report)
    assert refused.value.remedy is not None
    assert "Run it again so" in refused.value.remedy.en
    public.run(1)
    with pytest.raises(CallError, match="it does not say of which product and clause it is"):
        public.add(lambda *_: {"kind": "plan", **named(5)})
    assert [entry["kind"] for entry in public.log.entries()] == ["plan", "plan"]


def test_a_signature_without_a_reason_is_not_made(key: PrivateKey) -> None:
    with pytest.raises(CallError, match="say why"):
        event(0, Event.ISSUED, key, "00", reason=" ")
    with pytest.raises(CallError, match="say why"):
        signed({"kind": "recall", "reason": ""}, key, "00")


def test_every_line_can_be_read_by_whoever_has_json(filled: Filled) -> None:
    """The reader of another program needs nothing of ours: each line is its own canonical JSON."""
    lines = (filled.log.folder / "entries.jsonl").read_bytes().splitlines()
    assert [json.loads(line) for line in lines] == filled.log.entries()
