"""Whether the report claims no more than its verdict bears out, and was made at a time."""

from __future__ import annotations

from datetime import datetime

from verify_report import CONFORMS, demand

from verifying.bundle import Further, equal

PARTS = (
    "answered card claims clause counts created depends_on_reading environment exit_code failures format groups "
    "judgements non_claims not_judged notes plan plan_digest repeatability sealed stopped verdict"
)


def said(b: Further) -> None:
    """Check that the report has its parts and no others, and claims nothing that its verdict does not bear out."""
    report = b.report
    equal(sorted(report), sorted(PARTS.split()), "the report has other parts")
    demand(report["format"] == "steelyard/report/1", "it is a report of another format")
    hold_time(report["created"])
    claim = b.plan["clause"]["readings"][0]["claim"]
    claims = [claim] if claim is not None and report["verdict"] == CONFORMS else []
    equal(report["claims"], claims, "it claims something else than its reading does")
    scope = [] if b.card["scope"] is None else [b.card["scope"]]
    equal(report["non_claims"][: len(scope)], scope, "it does not say what the set cannot show")
    judged = {reading["name"] for reading in b.plan["clause"]["readings"]}
    others = sorted({reading["name"] for reading in report["clause"]["readings"]} - judged)
    equal(sorted(report["not_judged"]), others, "other readings were not judged")
    demand((report["stopped"] is None) == (b.evidence.order is None), "only a sequential plan stops early")
    demand(bool(report["repeatability"]) <= (b.rounds > 1), "nothing was repeated")
    sealed = report["sealed"]
    demand((sealed is None) != b.withheld, "rows are withheld, and the set is not sealed, or the other way round")
    if b.withheld:
        demand(sealed["commitment"] == b.card["digest"], "the report is of another sealed set")
        shown = [name for name in b.members if name.startswith("evidence/tables/")]
        demand(not shown and sealed["inputs"] != ("evidence/ids.json" in b.members), "it withholds something else")


def hold_time(said: str) -> None:
    """Check that a text is a time with its zone, in one way of writing."""
    made = datetime.fromisoformat(said)
    demand(made.tzinfo is not None and made.isoformat() == said, "it was made at no time with its zone")
