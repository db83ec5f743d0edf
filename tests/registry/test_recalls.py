"""Recalls reach every report that used what was recalled, and say of which nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.registry.logged import USED, Filled, bundle_of, named

from steelyard.core.errors import CallError
from steelyard.registry import deciding
from steelyard.registry.lifecycle import Event
from steelyard.registry.recalls import Recall, affected, recall_of
from steelyard.registry.shown import stands
from steelyard.registry.standing import standing, today
from steelyard.report.proof.keys import PrivateKey


@pytest.fixture
def filled(tmp_path: Path, key: PrivateKey) -> Filled:
    """Reports on two sets, by two versions of a method; one of a run of an earlier log, one that says nothing."""
    found = Filled(tmp_path / "log", key)
    for number in (5, 6):
        found.add(lambda *_, number=number: {"kind": "plan", **named(number)})  # type: ignore[misc]
        found.add(lambda *_, number=number: _old_report(number))  # type: ignore[misc]
    for number, used in enumerate(
        [{}, {"test_set": "digits@2"}, {"method_version": "2"}, {"steelyard": "1.1"}, {"method": "other"}]
    ):
        found.run(number, **used)
        found.report(number)
    return found


def _old_report(number: int) -> dict[str, Any]:
    return {"kind": "report", **named(number), "bundle": bundle_of(number), "verdict": "conforms"}


@pytest.mark.parametrize(
    ("recall", "reached"),
    [
        (Recall("test_set", "digits@1"), {0, 2, 3, 4}),
        (Recall("test_set", "digits@2"), {1}),
        (Recall("method", "m"), {0, 1, 2, 3}),
        (Recall("method", "m", "1"), {0, 1, 3}),
        (Recall("method", "m", "2"), {2}),
        (Recall("steelyard", "1.1"), {3}),
    ],
)
def test_what_is_reached(recall: Recall, reached: set[int], filled: Filled) -> None:
    found = affected(recall, filled.log.entries())
    assert {entry["bundle"] for entry in found.reports} == {bundle_of(number) for number in reached}
    assert {entry["bundle"] for entry in found.unknown} == {bundle_of(5), bundle_of(6)}


def test_a_report_of_an_earlier_log_is_looked_up_by_its_run(filled: Filled) -> None:
    old = {**_old_report(0), "bundle": "x", "at": "2026-11-20T09:00:00.000+00:00"}
    found = affected(Recall("test_set", "digits@1"), [*filled.log.entries(), old])
    assert "x" in {entry["bundle"] for entry in found.reports}


def test_the_issue_of_an_old_report_says_what_it_used(filled: Filled, tmp_path: Path, monkeypatch: Any) -> None:
    said = {**_old_report(5), **USED, "steelyard": "1.0"}
    monkeypatch.setattr(deciding, "report_entry", lambda _: said)
    deciding.decide(filled.log.folder, tmp_path / "5", Event.ISSUED, "a", key="keeper")
    found = affected(Recall("test_set", "digits@1"), filled.log.entries())
    assert bundle_of(5) in {entry["bundle"] for entry in found.reports}
    assert [entry["bundle"] for entry in found.unknown] == [bundle_of(6)]


def test_an_old_report_is_not_issued_on_what_was_recalled(filled: Filled, tmp_path: Path, monkeypatch: Any) -> None:
    filled.recall(recalls="test_set", name="digits@1")
    monkeypatch.setattr(deciding, "report_entry", lambda _: {**_old_report(5), **USED, "steelyard": "1.0"})
    with pytest.raises(CallError, match="rests on what was recalled"):
        deciding.decide(filled.log.folder, tmp_path / "5", Event.ISSUED, "a", key="keeper")


@pytest.mark.parametrize(
    ("given", "recall"),
    [
        (("digits@1", None, None), Recall("test_set", "digits@1")),
        ((None, "a.b/3", None), Recall("method", "a.b", "3")),
        ((None, "a.b", None), Recall("method", "a.b")),
        ((None, None, "1.0"), Recall("steelyard", "1.0")),
    ],
)
def test_what_options_name(given: tuple[str | None, ...], recall: Recall) -> None:
    assert recall_of(*given) == recall


@pytest.mark.parametrize(
    "given",
    [(None, None, None), ("a@1", "m", None), ("a", None, None), ("@1", None, None)]
    + [(None, each, None) for each in ("medical.diagnosis/", "/1", "/", "")]  # an empty version would be all of them
    + [(None, None, "")],
)
def test_options_that_name_nothing(given: tuple[str | None, ...]) -> None:
    with pytest.raises(CallError):
        recall_of(*given)


def test_a_recall_marks_what_was_issued(filled: Filled, key: PrivateKey, tmp_path: Path) -> None:
    filled.event(0, Event.ISSUED)
    filled.event(1, Event.ISSUED)
    assert stand(filled, key, 0) == (True, 0)
    deciding.recall(tmp_path / "log", Recall("test_set", "digits@1"), "two answers were wrong", key="keeper")
    assert (stand(filled, key, 0), stand(filled, key, 1)) == ((False, 12), (True, 0))
    (recalled,) = filled.log.audit([key.public]).recalled
    assert bundle_of(0) in {entry["bundle"] for entry in recalled[1]}
    said = stands(standing(tmp_path / "log", bundle_of(0), [key.public], today()))
    assert said.en.endswith("recalled: test set digits@1: two answers were wrong")


def test_a_report_that_comes_after_its_recall_is_marked_too(filled: Filled, key: PrivateKey) -> None:
    filled.recall(recalls="steelyard", name="1.0")
    filled.run(7)
    filled.report(7)
    filled.event(7, Event.ISSUED)
    assert stand(filled, key, 7) == (False, 12)


def test_before_the_day_of_its_recall_it_was_valid(filled: Filled, key: PrivateKey, monkeypatch: Any) -> None:
    filled.event(0, Event.ISSUED)
    for module in ("log", "signed"):
        monkeypatch.setattr(f"steelyard.registry.{module}.now", lambda: "2098-01-01T00:00:00.000+00:00")
    filled.recall(recalls="steelyard", name="1.0")
    assert stand(filled, key, 0, date(2097, 12, 31)) == (True, 0)
    assert stand(filled, key, 0, date(2098, 1, 1)) == (False, 12)


def stand(filled: Filled, key: PrivateKey, number: int, day: date | None = None) -> tuple[bool, int]:
    found = standing(filled.log.folder, bundle_of(number), [key.public], day or today())
    return found.valid, found.exit_code


def test_standing_of_drafts_strangers_and_bad_logs(filled: Filled, key: PrivateKey) -> None:
    assert stand(filled, key, 0) == (False, 11)  # a draft
    assert stand(filled, key, 99) == (False, 12)  # not in the log
    assert standing(filled.log.folder, bundle_of(0), [], today()).exit_code == 12  # whose log is it?


@pytest.mark.parametrize(
    ("recall", "near"),
    [
        (Recall("test_set", "digit@1"), "digits@1"),
        (Recall("method", "m", "3"), "m/"),
        (Recall("steelyard", "1.00"), "1.0"),
    ],
)
def test_a_name_that_the_log_does_not_have(recall: Recall, near: str, tmp_path: Path, key: PrivateKey) -> None:
    filled = Filled(tmp_path / "new", key)
    filled.run(0)
    filled.report(0)
    call: Callable[[], Any] = lambda: deciding.recall(tmp_path / "new", recall, "why", key="keeper")  # noqa: E731
    with pytest.raises(CallError) as refused:
        call()
    assert refused.value.remedy is not None
    assert near in refused.value.remedy.en
    assert len(filled.log.entries()) == 2
