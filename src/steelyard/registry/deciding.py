"""Decisions on reports, and recalls, enter a log: each with its reason, its day and the key of who decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.registry.entries import bundle_entry, report_entry
from steelyard.registry.heads import Receipt
from steelyard.registry.kinds import USED
from steelyard.registry.lifecycle import TRANSITIONS, YEARS, Event, Life, last_day, life_of, refused
from steelyard.registry.log import Log
from steelyard.registry.recalls import Affected, Recall, affected, recalled_by, recalls_of
from steelyard.registry.signed import signed
from steelyard.registry.standing import today
from steelyard.report.proof.keys import PrivateKey, private_key

HELD = Words("computed again, and it holds", "经重新计算，成立")
"""Why a report is issued, unless something else is said."""


def decide(
    folder: Path, report: Path, event: Event, reason: str, *, key: str, by: str | None = None, until: date | None = None
) -> tuple[Receipt, Life]:
    """Enter an event on a report; one that is to be issued is computed again first, and enters where it does not stand.

    Parameters
    ----------
    folder, report : Path
        The log's folder, and the bundle.
    event : Event
        What happens to it.
    reason : str
        Why.
    key : str
        Name of the log keeper's key.
    by : str, optional
        Name of the key of who decides; None: the keeper.
    until : date, optional
        Last day of a report that is issued.

    Raises
    ------
    CallError
        Where there is no such report, or this may not happen to it: as it is, or since what it rests on was recalled.
    EvidenceError
        Where a report that is to be issued does not hold.
    """
    log, keeper, decides = Log(folder), private_key(key), private_key(by or key)
    if not reason.strip():
        raise CallError(Words("say why: --reason.", "请说明理由：--reason。"))
    named, more = (bundle_entry(report), {}) if event is not Event.ISSUED else _issued(log, keeper, report, until)

    def make(known: Sequence[Mapping[str, Any]], root: str) -> dict[str, Any]:
        life = life_of(known, named["bundle"], today())
        if life is None:
            raise not_there(report)
        if (life.state, event) not in TRANSITIONS:
            raise refused(life.state, event)
        said = {"kind": "event", "event": event.value, **named, **more, "reason": reason}
        recalls = recalls_of([*known, said], named["bundle"])
        if recalls and event not in (Event.SUSPENDED, Event.WITHDRAWN):
            raise _recalled(event, recalled_by(recalls[-1]))
        return signed(said, decides, root)

    receipt = log.append_made(make, keeper)
    life = life_of([*log.entries()[: receipt.index + 1]], named["bundle"])
    assert life is not None
    return receipt, life


def _issued(log: Log, key: PrivateKey, report: Path, until: date | None) -> tuple[dict[str, str], dict[str, str]]:
    """Enter a report where it does not stand in the log; return what names it, and what its issue says beside.

    Reports of earlier logs do not say what they used: their issue does.
    """
    entry = report_entry(report)
    stands = log.append(entry, key).entry
    used = {} if "test_set" in stands else {name: entry[name] for name in USED}
    named = {name: entry[name] for name in ("plan", "run", "bundle")}
    return named, {"until": (until or last_day(today())).isoformat(), **used}


def _recalled(event: Event, recall: Recall) -> CallError:
    return CallError(
        Words(
            f"a report that rests on what was recalled ({recall.words.en}) cannot be {event.words.en}.",
            f"依据已被召回（{recall.words.zh}）的报告不能{event.words.zh}。",
        ),
        Words("Test again, without it; this report can be withdrawn.", "请改用其他依据重新检测；此报告可以撤回。"),
    )


def not_there(report: Path) -> CallError:
    """Return what is said of a report that no entry is of."""
    return CallError(
        Words(
            f"{report} does not stand in the log: no such report stands in the log.", f"日志中没有该报告：{report}。"
        ),
        Words("See: steelyard log append", "参见：steelyard log append"),
    )


def valid_until(day: str | None, years: int | None) -> date:
    """Return the last day that options of a command name; three years from today where they name none.

    Raises
    ------
    CallError
        Where both are given, or it is no day to come.
    """
    if day is not None and years is not None:
        raise CallError(
            Words("--valid-until and --years say two things.", "--valid-until 与 --years 不能并用。"),
            Words("Leave out one of them.", "请去掉其一。"),
        )
    if day is None:
        if years is not None and not 1 <= years <= 100:
            raise CallError(Words(f"--years {years}: from 1 to 100.", f"--years {years}：须在 1 至 100 之间。"))
        return last_day(today(), YEARS if years is None else years)
    last = day_of("--valid-until", day)
    if last < today():
        raise CallError(Words(f"--valid-until {day}: it is over already.", f"--valid-until {day}：该日期已过。"))
    return last


def day_of(option: str, text: str) -> date:
    """Return the day that an option names.

    Raises
    ------
    CallError
        Where it names none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CallError(
            Words(f"{option} {text}: that is no day.", f"{option} {text}：不是日期。"),
            Words("Write it as 2029-11-20.", "请写作 2029-11-20。"),
        ) from None


def recall(folder: Path, what: Recall, reason: str, *, key: str, by: str | None = None) -> tuple[Receipt, Affected]:
    """Enter a recall, and return which reports of the log it reaches.

    Raises
    ------
    CallError
        Where no reason is given, or nothing in the log bears this name.
    """
    log, keeper, decides = Log(folder), private_key(key), private_key(by or key)

    def make(known: Sequence[Mapping[str, Any]], root: str) -> dict[str, Any]:
        affected(what, known)  # refused before it stands there
        return signed({"kind": "recall", **what.said(), "reason": reason}, decides, root)

    receipt = log.append_made(make, keeper)
    return receipt, affected(what, log.entries())
