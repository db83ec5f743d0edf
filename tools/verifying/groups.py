"""Whether results by group and sums of columns follow from the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verify_report import canonical, demand

from verifying.bundle import Further, equal
from verifying.estimates import same_finding
from verifying.methods import METHODS
from verifying.verdicts import Judged, Unknown, same


def counts(b: Further) -> None:
    """Check that so are sums of columns, and results by group."""
    readings, sums = b.plan["clause"]["readings"], dict[str, float]()
    methods = {reading["name"]: reading["method"] for reading in readings}
    for (name, indicator), rows in b.evidence.rows.items():
        demand(name in methods, "rows of no reading")
        for column in METHODS[methods[name]][indicator].summed:
            sums.setdefault(column, float(rows.values[column].sum()))
    if not all(map(b.knows, readings)):
        b.unchecked.append("sums of columns, and results by group, of methods that are not known here")
        return
    demand(sums.keys() == b.report["counts"].keys(), "the report counts other columns")
    for column, total in sums.items():
        demand(same(total, b.report["counts"][column]), f"{column}: there are {total}")
    equal(sorted(b.report["groups"]), sorted(b.evidence.shown()), "the report shows other groups")
    for name, members in b.report["groups"].items():
        try:
            known = {_key(each[0]._asdict()): each for each in Judged(b.evidence, readings[0]).of_group(name)}
        except Unknown as unknown:
            b.unchecked.append(f"results by {name}: {unknown}")
            continue
        for member in members:
            demand(_key(member) in known, f"{name}: a member is unknown, or stands there twice")
            same_finding(known.pop(_key(member)), member)
        demand(not known, f"{name}: {len(known)} results are left out")


def _key(finding: Mapping[str, Any]) -> bytes:
    return canonical([finding["requirement"], finding["scope"]])
