"""The report of a bundle, made again: its numbers are those that were computed from the rows, not those it says.

Of a bundle on a sealed set the rows are withheld; then its numbers are those that it says, and rest on its signatures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steelyard.bench.canaries import Canaries
from steelyard.bench.judging import by_group
from steelyard.bench.repeatability import Repeatability, repeatability
from steelyard.core.canonical import canonical
from steelyard.core.product import Spoiled
from steelyard.core.sample import Fault
from steelyard.core.verdict import Finding, Judgement, Verdict
from steelyard.core.words import Words
from steelyard.report.proof.evidence import WITHHELD
from steelyard.report.proof.unpacked import Bundled
from steelyard.report.report import Failure, Report, counted
from steelyard.report.sealed import Sealed


@dataclass(frozen=True)
class _Numbers:
    """What of a report is computed."""

    judgements: tuple[Judgement, ...]
    groups: dict[str, tuple[Finding, ...]]
    repeatability: tuple[Repeatability, ...]
    counts: dict[str, float]


def rebuilt(bundled: Bundled) -> Report:
    """Return the report of a bundle whose checks hold.

    Estimates, findings, results by group, counts and repeatability are computed again; what cannot be (notes, faults
    in words, environment, time) is as the bundle says it.

    Raises
    ------
    LookupError, TypeError, ValueError
        Where the bundle is none that holds.
    """
    said = bundled.report
    verdict = Verdict(said["verdict"])
    numbers = _computed(bundled) if has_rows(bundled) else _read(said)
    # A note that spoils the evidence looks like any other once it is written; it comes first.
    spoiled = verdict is Verdict.INVALID and numbers.judgements[0].verdict is not Verdict.INVALID
    note = Spoiled if spoiled else Words
    return Report(
        verdict=verdict,
        depends_on_reading=said["depends_on_reading"],
        plan=bundled.plan,
        card=bundled.card,
        clause=bundled.specification.clause(bundled.plan.clause.name),
        judgements=numbers.judgements,
        not_judged={name: Words(**words) for name, words in said["not_judged"].items()},
        groups=numbers.groups,
        failures=tuple(
            Failure(Fault(each["fault"]), each["count"], each["first"] and Words(**each["first"]))
            for each in said["failures"]
        ),
        notes=tuple(note(**each) for each in said["notes"]),
        repeatability=numbers.repeatability,
        stopped=said["stopped"] and Words(**said["stopped"]),
        answered=said["answered"],
        counts=numbers.counts,
        claims=tuple(Words(**each) for each in said["claims"]),
        non_claims=tuple(Words(**each) for each in said["non_claims"]),
        environment=said["environment"],
        created=said["created"],
        sealed=_sealed(said["sealed"]),
    )


def has_rows(bundled: Bundled) -> bool:
    """Whether the rows that numbers follow from are in a bundle."""
    return WITHHELD not in bundled.members


def _computed(bundled: Bundled) -> _Numbers:
    basis, scored = bundled.basis
    groups = _shown(by_group(basis, scored), bundled.report["groups"])
    return _Numbers(bundled.judgements, groups, repeatability(basis, scored), counted(basis, scored))


def _read(said: Mapping[str, Any]) -> _Numbers:
    from pydantic import TypeAdapter

    return TypeAdapter(_Numbers).validate_python({name: said[name] for name in _Numbers.__dataclass_fields__})


def _shown(found: Mapping[str, tuple[Finding, ...]], said: Mapping[str, Any]) -> dict[str, tuple[Finding, ...]]:
    """Return the results by group that the report shows: of a sealed set some are withheld."""
    named = {
        name: {canonical([each["requirement"]["name"], each["scope"]]) for each in members}
        for name, members in said.items()
    }
    return {
        name: tuple(each for each in found[name] if canonical([each.requirement.name, each.scope]) in shown)
        for name, shown in named.items()
    }


def _sealed(said: Mapping[str, Any] | None) -> Sealed | None:
    if said is None:
        return None
    canaries = None if said["canaries"] is None else Canaries(**said["canaries"])
    return Sealed(said["commitment"], said["copy"], said["inputs"], canaries, Words(**said["withheld"]))
