"""Whether estimates follow from the rows, those of areas and of sequential plans too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verify_report import demand

from verifying.bundle import Further, equal
from verifying.verdicts import Case, Judged, Unknown, same


def estimates(b: Further) -> None:
    """Check that values, bounds and findings, computed again from the rows, are the report's."""
    clause = b.plan["clause"]
    for reading, said in zip(clause["readings"], b.report["judgements"], strict=True):
        named = (clause["name"], reading["name"], reading["primary"])
        demand(named == (said["clause"], said["reading"], said["primary"]), "another reading was judged")
        try:
            if not b.knows(reading):
                raise Unknown("what is withheld" if b.withheld else f"what {reading['method']} counts")
            judged = Judged(b.evidence, reading)
            found = judged.findings()
        except Unknown as unknown:
            b.unchecked.append(f"estimates and verdict of the reading {reading['name']}: {unknown} is not known here")
            continue
        demand(judged.gap == (said["gap"] is not None), f"{reading['name']}: what it covers is said otherwise")
        demand(len(found) == len(said["findings"]), f"{reading['name']}: there are {len(found)} findings")
        for each, finding in zip(found, said["findings"], strict=True):
            same_finding(each, finding)


def same_finding(found: tuple[Case, dict[str, Any], str], said: Mapping[str, Any]) -> None:
    """Raise an error unless a finding is the one that was found."""
    case, estimate, verdict = found
    name = f"{case.requirement['name']} {dict(case.scope) or ''}".strip()
    wanted = [case.requirement, case.scope, case.decides]
    equal(wanted, [said["requirement"], said["scope"], said["decides"]], f"{name}: it is of something else")
    for field, value in estimate.items():
        shown = said["estimate"][field]
        demand(same(value, shown), f"{name}: {field} is {value}, and the report says {shown}")
    demand(verdict == said["verdict"], f"{name}: it follows {verdict}, and the report says {said['verdict']}")
