"""What is signed: in-toto statements on what was tested, and what came of it.

Two statements are made of a bundle. One is the test-result predicate that other tools read; the other says what a
verdict rests on, number by number. Both name the manifest, and so every file of the bundle; both follow from the bundle
to the last byte, so that whoever checks a signature knows what was signed without believing a word of it.

Sources: in-toto Attestation Framework, Statement v1 and predicate test-result v0.1 (github.com/in-toto/attestation).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypedDict

from steelyard.core.canonical import canonical, sha256
from steelyard.core.specification import Decision, Limit
from steelyard.core.verdict import Verdict
from steelyard.core.words import Words
from steelyard.report.proof.bundle import MANIFEST

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
JUDGED = "urn:steelyard:attestation:judged:1"
RESULTS = {"conforms": "PASSED", "does not conform": "FAILED", "undetermined": "WARNED", "invalid": "FAILED"}
"""The predicate knows no doubt; a warning is what comes nearest."""


def statements(members: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the statements on a bundle's members, each under the name of its file.

    Raises
    ------
    ValueError, KeyError, TypeError
        Where ``report.json`` is none.
    """
    report = json.loads(members["report.json"])
    manifest = {"name": MANIFEST, "digest": {"sha256": sha256(members[MANIFEST]).removeprefix("sha256:")}}
    plan = report["plan"]
    made_of = [{"name": each["name"], "digest": _sha256(each["digest"])} for each in plan["product"].get("files", ())]
    subject = [_product(plan["product"]), manifest, *made_of]
    return {
        "judged": _statement(subject, JUDGED, _judged(report)),
        "test-result": _statement(subject, TEST_RESULT, _test_result(report, manifest)),
    }


def _statement(subject: list[dict[str, Any]], kind: str, predicate: Mapping[str, Any]) -> bytes:
    return canonical({"_type": STATEMENT, "subject": subject, "predicateType": kind, "predicate": predicate})


def _product(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Return the product as a subject: by its digest, or by that of what was declared of it, and marked so."""
    if identity["digest"] is not None:
        return {"name": identity["uri"], "digest": {"sha256": str(identity["digest"]).removeprefix("sha256:")}}
    declared = sha256(canonical(identity)).removeprefix("sha256:")
    return {"name": identity["uri"], "digest": {"sha256": declared}, "annotations": {"declared": True}}


def _test_result(report: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, Any]:
    named: dict[str, list[str]] = {"PASSED": [], "WARNED": [], "FAILED": []}
    for finding in report["judgements"][0]["findings"]:
        if finding["decides"]:
            scope = "".join(f"[{name}={value}]" for name, value in sorted(finding["scope"].items()))
            named[RESULTS[finding["verdict"]]].append(f"{finding['requirement']['name']}{scope}")
    plan = report["plan"]
    configuration = [
        {"name": plan["specification"], "digest": _sha256(plan["specification_digest"])},
        {"name": plan["test_set"], "digest": _sha256(plan["test_set_digest"])},
        dict(manifest),
    ]
    return {
        "result": RESULTS[report["verdict"]],
        "configuration": configuration,
        "passedTests": named["PASSED"],
        "warnedTests": named["WARNED"],
        "failedTests": named["FAILED"],
    }


def _sha256(digest: str) -> dict[str, str]:
    return {"sha256": digest.removeprefix("sha256:")}


class JudgedFinding(TypedDict):
    """A requirement, its bounds, and what follows from them."""

    requirement: str
    indicator: str
    limit: Limit
    scope: dict[str, str]
    """The groups that it speaks of; none: all samples."""
    value: float | None
    lower: float | None
    upper: float | None
    confidence: float
    """Of each bound by itself."""
    method: str
    verdict: Verdict
    decides: bool


class JudgedReading(TypedDict):
    """A reading of the clause, and its verdict."""

    reading: str
    verdict: Verdict
    findings: list[JudgedFinding]


class NamedSet(TypedDict):
    """The set under test."""

    name: str
    digest: str


class Judged(TypedDict):
    """The predicate ``urn:steelyard:attestation:judged:1``: what a verdict rests on, number by number."""

    plan: str
    """Digest of the plan."""
    specification: str
    clause: str
    verdict: Verdict
    dependsOnReading: bool
    decision: Decision
    assurance: str
    testSet: NamedSet
    samples: int
    attempt: int | None
    readings: list[JudgedReading]
    """The deciding one first."""
    claims: list[Words]
    nonClaims: list[Words]
    created: str


def _judged(report: Mapping[str, Any]) -> Judged:
    plan = report["plan"]
    return {
        "plan": report["plan_digest"],
        "specification": plan["specification"],
        "clause": plan["clause"]["name"],
        "verdict": report["verdict"],
        "dependsOnReading": report["depends_on_reading"],
        "decision": plan["decision"],
        "assurance": plan["assurance"],
        "testSet": {"name": plan["test_set"], "digest": plan["test_set_digest"]},
        "samples": plan["samples"],
        "attempt": plan["attempt"],
        "readings": [
            {"reading": each["reading"], "verdict": each["verdict"], "findings": list(map(_finding, each["findings"]))}
            for each in report["judgements"]
        ],
        "claims": report["claims"],
        "nonClaims": report["non_claims"],
        "created": report["created"],
    }


def _finding(finding: Mapping[str, Any]) -> JudgedFinding:
    estimate, requirement = finding["estimate"], finding["requirement"]
    return {
        "requirement": requirement["name"],
        "indicator": requirement["indicator"],
        "limit": requirement["limit"],
        "scope": finding["scope"],
        "value": estimate["value"],
        "lower": estimate["lower"],
        "upper": estimate["upper"],
        "confidence": estimate["confidence"],
        "method": estimate["method"],
        "verdict": finding["verdict"],
        "decides": finding["decides"],
    }
