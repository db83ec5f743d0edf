"""What a log says of one report: what it is, whether others may rely on it today, and whether a new test is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from steelyard.core.plan import Plan
from steelyard.core.verdict import Verdict
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.products import open_product
from steelyard.registry.attempts import names_product, product_of
from steelyard.registry.entries import report_of
from steelyard.registry.kinds import run_of
from steelyard.registry.lifecycle import Life, State, life_of
from steelyard.registry.log import Log
from steelyard.registry.recalls import recalls_of
from steelyard.report.proof.keys import PublicKey
from steelyard.specs.reader import read


def today() -> date:
    """Return the day, by UTC."""
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class Standing:
    """What a log says of a report."""

    bundle: str
    day: date
    life: Life | None
    """None: it does not stand in the log."""
    recalls: tuple[Mapping[str, Any], ...]
    """Entries of recalls that reach it."""
    faults: tuple[Words, ...]
    """What does not hold of the log itself."""
    due: tuple[Words, ...] = ()
    """Why a new test is due."""
    verdict: str | None = None
    """What the report says of the product; a report may be valid whatever it says."""

    @property
    def valid(self) -> bool:
        """Whether others may rely on the report on this day."""
        return self.life is not None and self.life.state.valid and not self.recalls and not self.faults

    @property
    def exit_code(self) -> int:
        """0 valid; 11 a draft, or a new test is due; 12 not valid, or the log does not hold."""
        if self.valid:
            return Verdict.UNDETERMINED.exit_code if self.due else 0
        draft = self.life is not None and self.life.state is State.DRAFT and not self.recalls and not self.faults
        return Verdict.UNDETERMINED.exit_code if draft else Verdict.INVALID.exit_code

    def document(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "day": self.day.isoformat(),
            "verdict": self.verdict,
            "state": None if self.life is None else self.life.state.value,
            "since": None if self.life is None else self.life.since,
            "until": None if self.life is None else self.life.until,
            "valid": self.valid,
            "recalls": [dict(each) for each in self.recalls],
            "events": [] if self.life is None else [dict(each) for each in self.life.events],
            "faults": [{"en": each.en, "zh": each.zh} for each in self.faults],
            "due": [{"en": each.en, "zh": each.zh} for each in self.due],
        }


OTHERWISE = Words(
    "the log says another attempt, seed or place of this report than its plan does, another product or other answers",
    "日志所载该报告的次数、种子、位置、产品或答案与其方案及报告包不符",
)


def standing(
    folder: Path,
    bundle: str,
    trusted: Sequence[PublicKey],
    day: date,
    *,
    plan: Plan | None = None,
    answers: str | None = None,
    due: Sequence[Words] = (),
) -> Standing:
    """Return what a log says of a report on a day; the log itself is gone through first.

    Parameters
    ----------
    folder : Path
        Of the log.
    bundle : str
        Digest of the report's manifest.
    trusted : sequence of PublicKey
        Keys that may sign heads and events.
    day : date
        By UTC; what was entered later is left aside.
    plan : Plan, optional
        Of the report: what it says of the log is held against the log.
    answers : str, optional
        Digest of what was answered (:func:`steelyard.registry.entries.answers_of`), held against the log too.
    due : sequence of Words
        Why a new test is due.

    Raises
    ------
    CallError
        Where there is no log.
    """
    log = Log(folder)
    audit, entries = log.audit(trusted), log.entries()
    entry = next((each for each in entries if each["kind"] == "report" and each["bundle"] == bundle), None)
    verdict = None if entry is None else str(entry["verdict"])
    faults = audit.faults
    if entry is not None and plan is not None:
        run = next((each for each in entries if each["kind"] == "plan" and run_of(each) == run_of(entry)), None)
        if not _is_of(entry, run, plan, answers):
            faults = (*faults, OTHERWISE)
    then = [entry for entry in entries if str(entry["at"])[:10] <= day.isoformat()]
    life, recalls = life_of(entries, bundle, day), recalls_of(then, bundle)
    return Standing(bundle, day, life, recalls, faults, tuple(due), None if life is None else verdict)


def _is_of(entry: Mapping[str, Any], run: Mapping[str, Any] | None, plan: Plan, answers: str | None) -> bool:
    """Whether the entries of a report and its run say of them what they say themselves; earlier logs say less."""
    said: dict[str, Any] = report_of(plan) if plan.log is not None or "test_set" in entry else {"plan": plan.digest}
    if answers is not None and plan.log is not None:
        said["answers"] = answers
    of_run = {"product": product_of(plan)} if run is not None and names_product(run) else {}
    if of_run and run is not None:
        of_run |= {name: said[name] for name in ("specification", "clause") if name in said}
        if of_run != {name: run.get(name) for name in of_run}:
            return False
    return said == {name: entry.get(name) for name in said}


def due_for(plan: Plan, product: str | None, specification: str | None, test_set: str | None) -> tuple[Words, ...]:
    """Return why a new test is due: what a report is of is another one today.

    Parameters
    ----------
    plan : Plan
        Of the report.
    product : str, optional
        URI of the product as it is now.
    specification, test_set : str, optional
        Name or file, name or folder, as they are now.
    """
    found = list[Words]()
    if product is not None:
        now, then = open_product(product).identity, plan.product
        if now.digest is None or then.digest is None:
            found.append(
                Words(
                    "nobody can tell whether the product is the same: it is merely declared",
                    "产品仅为声明，无法判断是否相同",
                )
            )
        elif now.digest != then.digest:
            found.append(_changed(Words("product digest", "产品摘要"), then.digest, now.digest))
    if specification is not None:
        clauses = read(specification)
        edition = f"{clauses.name}@{clauses.edition}"
        if edition != plan.specification:
            found.append(_changed(Words("specification edition", "规范版本"), plan.specification, edition))
        elif clauses.digest != plan.specification_digest:
            words = Words("specification digest", "规范摘要")
            found.append(_changed(words, plan.specification_digest, clauses.digest))
    if test_set is not None:
        card = store.card(test_set)
        if card.label != plan.test_set:
            found.append(_changed(Words("set version", "数据集版本"), plan.test_set, card.label))
        elif card.digest != plan.test_set_digest:
            found.append(_changed(Words("set digest", "数据集摘要"), plan.test_set_digest, card.digest))
    return tuple(found)


def _changed(what: Words, then: str, now: str) -> Words:
    return Words(f"{what.en} changed: {then} then, {now} now", f"{what.zh}已变：当时 {then}，现为 {now}")
