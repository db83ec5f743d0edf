"""JUnit XML: a test suite for each reading, a test case for each finding; for continuous integration.

What is not proved does not pass. A finding that the verdict rests on passes where it conforms, is a failure where it
does not conform, and an error where it is undetermined or invalid: runners stop on both, and only on what was said
otherwise would they go on as if nothing were open. The last case of a suite is the verdict on its reading, which may be
another than its findings (groups that are not covered, several failures that chance explains, evidence that is
spoiled). Whatever decides nothing (other readings, findings beside, soft targets) is skipped, with what was found. So
there are failures or errors exactly where ``steelyard run`` ended with another code than 0. Of a bundle that withholds
its rows (a sealed set) what conforms is an error of its own type, ``withheld``: its numbers are its makers' word.

Source: the format has no standard; attributes and order are those of Maven Surefire's and Jenkins' schemas.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from steelyard.core.specification import Kind
from steelyard.core.verdict import Finding, Judgement, Verdict
from steelyard.core.words import Words
from steelyard.report._layout import bound, quantity, remarks, what
from steelyard.report.exports import VerifiedReport
from steelyard.report.exports._sayings import about_bounds, both, clause_name, product_name, scoped
from steelyard.report.proof.verified import REST_ON_WORD
from steelyard.report.report import Report

ABOUT = Words("junit (JUnit XML: continuous integration)", "junit（JUnit XML：持续集成）")
MEDIA_TYPE = "application/xml"
ENDING = ".xml"
WITHHELD = "withheld"
"""The error of what conforms by numbers that nobody could compute again: they rest on whoever signed."""
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document can hold."""


def export(found: VerifiedReport) -> bytes:
    """Return the document."""
    report = found.report
    suites = [_suite(found, judgement, deciding=place == 0) for place, judgement in enumerate(report.judgements)]
    root = ET.Element("testsuites", {"name": _text(clause_name(report)), **_counts(*suites)})
    root.extend(suites)
    ET.indent(root)
    body: str = ET.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()


def _suite(found: VerifiedReport, judgement: Judgement, *, deciding: bool) -> ET.Element:
    report = found.report
    suite = ET.Element(
        "testsuite",
        {"name": _text(f"{clause_name(report)}/{judgement.reading}"), "timestamp": _text(_utc(report.created))},
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _facts(found).items():
        ET.SubElement(properties, "property", {"name": name, "value": _text(value)})
    for finding in judgement.findings:
        suite.append(_case(found, finding, deciding=deciding and finding.decides))
    suite.append(_verdict(found, judgement, deciding=deciding))
    suite.attrib |= _counts(suite)
    return suite


def _case(found: VerifiedReport, finding: Finding, *, deciding: bool) -> ET.Element:
    report = found.report
    scope = scoped(finding.scope)
    name = f"{finding.requirement.name}[{scope}]" if scope else finding.requirement.name
    case = _named(report, finding.reading, name)
    limit = finding.requirement.limit
    title = what(finding, report.card)
    value = quantity(finding.estimate.value, limit.unit)
    said = Words(
        f"{title.en} {limit.text}: {finding.verdict.words.en} ({value}; {finding.because.en})",
        f"{title.zh} {limit.text}：{finding.verdict.words.zh}（{value}；{finding.because.zh}）",
    )
    _outcome(case, found, finding.verdict, said, deciding=deciding)
    lines = [both(said), *map(both, remarks([finding], report.card))]
    if finding.requirement.kind is not Kind.CENSUS:
        lower, upper = bound(finding, upper=False), bound(finding, upper=True)
        lines[1:1] = [f"{lower} … {upper} ({finding.estimate.method})", both(about_bounds(report))]
    ET.SubElement(case, "system-out").text = _text("\n".join(lines))
    return case


def _verdict(found: VerifiedReport, judgement: Judgement, *, deciding: bool) -> ET.Element:
    report = found.report
    case = _named(report, judgement.reading, "verdict")
    verdict = report.verdict if deciding else judgement.verdict  # spoiled evidence makes the whole report invalid
    gap = Words("", "") if judgement.gap is None else Words(f"; {judgement.gap.en}", f"；{judgement.gap.zh}")
    said = Words(
        f"{clause_name(report)}: {verdict.words.en}{gap.en}", f"{clause_name(report)}：{verdict.words.zh}{gap.zh}"
    )
    _outcome(case, found, verdict, said, deciding=deciding)
    words = [said, *report.claims, *report.non_claims] if deciding else [said]
    ET.SubElement(case, "system-out").text = _text("\n".join(map(both, words)))
    return case


def _outcome(case: ET.Element, found: VerifiedReport, verdict: Verdict, said: Words, *, deciding: bool) -> None:
    report = found.report
    if not deciding or (report.clause.binding == "soft" and report.verdict is not Verdict.INVALID):
        why = Words("decides nothing", "不影响判定") if not deciding else Words("a soft target", "软性目标，不判不合格")
        ET.SubElement(case, "skipped", {"message": _text(f"{both(why)}. {both(said)}")})
    elif found.withheld and verdict is Verdict.CONFORMS:
        ET.SubElement(case, "error", {"type": WITHHELD, "message": _text(f"{both(REST_ON_WORD)} {both(said)}")})
    elif verdict is not Verdict.CONFORMS:
        kind = "failure" if verdict is Verdict.DOES_NOT_CONFORM else "error"
        ET.SubElement(case, kind, {"type": verdict.value, "message": _text(both(said))})


def _named(report: Report, reading: str, name: str) -> ET.Element:
    # Nothing is said of time: a finding takes none of its own.
    place = re.sub(r"[^\w@-]+", ".", f"{clause_name(report)}.{reading}")
    return ET.Element("testcase", {"classname": _text(place), "name": _text(name), "time": "0"})


def _counts(*elements: ET.Element) -> dict[str, str]:
    """Return how many cases there are below some elements, and what came of them."""
    names = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    return {name: str(sum(len(list(each.iter(tag))) for each in elements)) for name, tag in names.items()}


def _facts(found: VerifiedReport) -> dict[str, str]:
    report, plan = found.report, found.report.plan
    return {
        "product": product_name(report),
        "product.uri": plan.product.uri,
        "product.digest": plan.product.digest or "declared",
        "test_set": plan.test_set,
        "test_set.digest": plan.test_set_digest,
        "plan": found.plan_digest,
        "bundle": found.bundle,
        "verdict": report.verdict.value,
        "exit_code": str(report.exit_code),
        "computed_again": "false" if found.withheld else "true",
    }


def _utc(created: str) -> str:
    """Return a time as JUnit has it: in UTC, which it does not say.

    Examples
    --------
    >>> _utc("2026-01-02T03:04:05+08:00")
    '2026-01-01T19:04:05'
    """
    return datetime.fromisoformat(created).astimezone(UTC).replace(tzinfo=None).isoformat()


def _text(text: str) -> str:
    r"""Return a text that XML can hold: what it cannot is marked.

    Examples
    --------
    >>> _text("a\x00b\n") == "a\ufffdb\n"
    True
    """
    return _NO_XML.sub("\ufffd", text)
