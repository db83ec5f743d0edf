"""The report of a bundle, made again: its numbers are those that were computed from the rows, not those it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steelyard.bench.canaries import Canaries
from steelyard.bench.judging import by_group
from steelyard.bench.repeatability import repeatability
from steelyard.core.canonical import canonical
from steelyard.core.product import Spoiled
from steelyard.core.sample import Fault
from steelyard.core.verdict import Finding, Verdict
from steelyard.core.words import Words
from steelyard.report.report import Failure, Report, counted
from steelyard.report.sealed import Sealed
from steelyard.report.unpacked import Bundled


def rebuilt(bundled: Bundled) -> Report:
    """Return the report of a bundle whose checks hold.

    Estimates, findings, results by group, counts and repeatability are computed again; what cannot be (notes, faults
    in words, environment, time) is as the bundle says it.

    Raises
    ------
    LookupError, TypeError, ValueError
        Where the bundle is none that holds.
    """
    said, (basis, scored) = bundled.report, bundled.basis
    verdict = Verdict(said["verdict"])
    # A note that spoils the evidence looks like any other once it is written; it comes first.
    spoiled = verdict is Verdict.INVALID and bundled.judgements[0].verdict is not Verdict.INVALID
    note = Spoiled if spoiled else Words
    return Report(
        verdict=verdict,
        depends_on_reading=said["depends_on_reading"],
        plan=bundled.plan,
        card=bundled.card,
        clause=bundled.specification.clause(bundled.plan.clause.name),
        judgements=bundled.judgements,
        not_judged={name: Words(**words) for name, words in said["not_judged"].items()},
        groups=_shown(by_group(basis, scored), said["groups"]),
        failures=tuple(
            Failure(Fault(each["fault"]), each["count"], each["first"] and Words(**each["first"]))
            for each in said["failures"]
        ),
        notes=tuple(note(**each) for each in said["notes"]),
        repeatability=repeatability(basis, scored),
        stopped=said["stopped"] and Words(**said["stopped"]),
        answered=said["answered"],
        counts=counted(basis, scored),
        claims=tuple(Words(**each) for each in said["claims"]),
        non_claims=tuple(Words(**each) for each in said["non_claims"]),
        environment=said["environment"],
        created=said["created"],
        sealed=_sealed(said["sealed"]),
    )


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
