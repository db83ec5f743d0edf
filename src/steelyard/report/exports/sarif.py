"""SARIF 2.1.0: a rule for each requirement, a result for each finding of each reading; for dashboards of defects.

A finding that does not conform is an error; one that is undetermined is a warning of kind ``fail``, for SARIF gives a
level to no other kind, and what is not proved must be seen; what conforms is of kind ``pass``. Invalid evidence is an
error. Soft targets, and readings that do not decide, are notes. Results of groups are left to other formats: they
decide nothing.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0, sections 3.19, 3.27, 3.49.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from steelyard.core.canonical import plain, sha256
from steelyard.core.verdict import Finding, Judgement, Verdict
from steelyard.core.words import Words
from steelyard.report._layout import what
from steelyard.report.exports import VerifiedReport
from steelyard.report.exports._sayings import about_bounds, both, bounds_of, clause_name, product_name, scoped
from steelyard.report.proof.verified import REST_ON_WORD
from steelyard.report.report import Report

ABOUT = Words("sarif (SARIF 2.1.0: dashboards of defects)", "sarif（SARIF 2.1.0：缺陷看板）")
MEDIA_TYPE = "application/sarif+json"
ENDING = ".sarif"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
SPECIFICATION = "specification.yaml"
"""The bundle's member that results point into."""
WHOLE = "verdict"
"""The rule of a reading as a whole."""
LEVELS = {
    Verdict.CONFORMS: "none",
    Verdict.DOES_NOT_CONFORM: "error",
    Verdict.UNDETERMINED: "warning",
    Verdict.INVALID: "error",
}


def export(found: VerifiedReport) -> bytes:
    """Return the log."""
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(found)]}
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _run(found: VerifiedReport) -> dict[str, Any]:
    report = found.report
    rules: dict[str, dict[str, Any]] = {}
    for reading in report.plan.clause.readings:
        for requirement in reading.requirements:
            name = _rule(report, reading.name, requirement.name)
            rules[name] = {
                "id": name,
                "name": requirement.indicator,
                "shortDescription": {"text": f"{requirement.indicator} {requirement.limit.text}"},
                "fullDescription": {"text": both(reading.because)},
                "help": {"text": f"{report.clause.words}\n{both(report.clause.meaning)}"},
                "properties": {"limit": plain(requirement.limit), "kind": requirement.kind.value},
            }
    for judgement in report.judgements:
        name = _rule(report, judgement.reading, WHOLE)
        words = Words("Verdict on the clause under this reading", "按此解读对条款的判定")
        rules[name] = {"id": name, "name": WHOLE, "shortDescription": {"text": both(words)}}
    places = {name: place for place, name in enumerate(rules)}
    return {
        "tool": {"driver": _driver(found, list(rules.values()))},
        "automationDetails": {"id": f"{clause_name(report)}/{report.plan.test_set}/"},
        "invocations": [
            {"executionSuccessful": True, "exitCode": report.exit_code, "endTimeUtc": _utc(report.created)}
        ],
        "originalUriBaseIds": {"BUNDLE": {"description": {"text": f"report.zip, {found.bundle}"}}},
        "artifacts": [
            {
                "location": {"uri": SPECIFICATION, "uriBaseId": "BUNDLE"},
                "hashes": {"sha-256": report.plan.specification_digest.removeprefix("sha256:")},
            }
        ],
        "results": [
            result
            for place, judgement in enumerate(report.judgements)
            for result in _results(found, judgement, places, deciding=place == 0)
        ],
        "language": "en",
        "columnKind": "unicodeCodePoints",
        "properties": _facts(found),
    }


def _driver(found: VerifiedReport, rules: list[dict[str, Any]]) -> dict[str, Any]:
    version = found.report.environment.get("steelyard", "")
    numbered = {"version": version} if version else {}
    return {"name": "steelyard", **numbered, "fullName": "Steelyard 杆秤", "rules": rules}


class _Outcome(NamedTuple):
    """What came of one requirement, or of the reading as a whole."""

    requirement: str
    verdict: Verdict
    said: Words
    decides: bool
    numbers: dict[str, Any]


def _results(
    found: VerifiedReport, judgement: Judgement, rules: dict[str, int], *, deciding: bool
) -> Iterator[dict[str, Any]]:
    report = found.report
    for finding in judgement.findings:
        said, decides = _message(report, finding), deciding and finding.decides
        outcome = _Outcome(finding.requirement.name, finding.verdict, said, decides, _numbers(finding))
        yield _result(found, judgement.reading, rules, outcome)
    verdict = report.verdict if deciding else judgement.verdict
    gap = Words("", "") if judgement.gap is None else Words(f"; {judgement.gap.en}", f"；{judgement.gap.zh}")
    said = Words(
        f"{clause_name(report)}: {verdict.words.en}{gap.en}", f"{clause_name(report)}：{verdict.words.zh}{gap.zh}"
    )
    yield _result(found, judgement.reading, rules, _Outcome(WHOLE, verdict, said, deciding, {"scope": {}}))


def _result(found: VerifiedReport, reading: str, rules: dict[str, int], outcome: _Outcome) -> dict[str, Any]:
    report = found.report
    rule = _rule(report, reading, outcome.requirement)
    level = LEVELS[outcome.verdict]
    soft = report.clause.binding == "soft" and outcome.verdict is not Verdict.INVALID
    said = outcome.said
    if found.withheld and level == "none" and outcome.decides and not soft:
        level = "warning"  # what nobody could compute again is not passed
        said = Words(f"{said.en}. {REST_ON_WORD.en}", f"{said.zh}。{REST_ON_WORD.zh}")
    if level != "none" and (soft or not outcome.decides):
        level = "note"
    same = f"{rule} {scoped(outcome.numbers['scope'])} {product_name(report)}"
    return {
        "ruleId": rule,
        "ruleIndex": rules[rule],
        "kind": "pass" if level == "none" else "fail",
        "level": level,
        "message": {"text": both(said)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": SPECIFICATION, "uriBaseId": "BUNDLE", "index": 0},
                    "region": {"startLine": max(1, report.plan.clause.reading(reading).line)},
                },
                "logicalLocations": [{"fullyQualifiedName": rule, "kind": "member"}],
            }
        ],
        # The same requirement of the same product is the same result in the next report.
        "partialFingerprints": {"steelyard/v1": sha256(same.encode()).removeprefix("sha256:")},
        "properties": {"verdict": outcome.verdict.value, "decides": outcome.decides, **outcome.numbers},
    }


def _message(report: Report, finding: Finding) -> Words:
    title, limit = what(finding, report.card), finding.requirement.limit.text
    return Words(
        f"{title.en} {limit}: {finding.verdict.words.en}: {finding.because.en}",
        f"{title.zh} {limit}：{finding.verdict.words.zh}：{finding.because.zh}",
    )


def _numbers(finding: Finding) -> dict[str, Any]:
    estimate = finding.estimate
    lower, upper = bounds_of(finding)
    return {
        "scope": dict(finding.scope),
        "value": estimate.value,
        "lower": lower,
        "upper": upper,
        "confidence": estimate.confidence,
        "sided": "one",
        "method": estimate.method,
        "unit": finding.requirement.limit.unit,
        "newRunSize": None if finding.new_run is None else finding.new_run.size,
    }


def _facts(found: VerifiedReport) -> dict[str, Any]:
    report = found.report
    return {
        "verdict": report.verdict.value,
        "bundle": found.bundle,
        "computedAgain": not found.withheld,
        "plan": found.plan_digest,
        "product": plain(report.plan.product),
        "testSet": {"name": report.plan.test_set, "digest": report.plan.test_set_digest, "split": report.plan.split},
        "bounds": plain(about_bounds(report)),
        "claims": plain(report.claims),
        "nonClaims": plain(report.non_claims),
    }


def _rule(report: Report, reading: str, requirement: str) -> str:
    return f"{clause_name(report)}/{reading}/{requirement}"


def _utc(created: str) -> str:
    """Return a time as SARIF wants it.

    Examples
    --------
    >>> _utc("2026-01-02T03:04:05+00:00")
    '2026-01-02T03:04:05Z'
    """
    return created.removesuffix("+00:00") + "Z" if created.endswith("+00:00") else created
