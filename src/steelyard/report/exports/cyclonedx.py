"""CycloneDX 1.6: a bill of materials for machine learning, with the product's model card and the set under test.

The product is a component ``machine-learning-model`` whose card has a performance metric for each finding: of each
reading, and of each group (its slice). CycloneDX knows an interval and neither its confidence nor on which side it
holds: the card's property ``steelyard:bounds`` says both, and ``steelyard:finding:N`` has limit, verdict and method of
metric N. The set is a component ``data``, named by name@version and by its digest.

Source: OWASP and Ecma International, ECMA-424, CycloneDX 1.6 (bom-1.6.schema.json).
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from steelyard.core.canonical import plain
from steelyard.core.product import Identity
from steelyard.core.words import Words
from steelyard.library.foreign.licences import UNKNOWN, address
from steelyard.report.exports import VerifiedReport
from steelyard.report.exports._sayings import (
    Placed,
    about_bounds,
    both,
    bounds_of,
    clause_name,
    croissant,
    dataset_name,
    findings,
    identity,
    product_name,
    scoped,
)
from steelyard.report.report import Report

ABOUT = Words("cyclonedx (CycloneDX 1.6 ML-BOM: bills of materials)", "cyclonedx（CycloneDX 1.6 ML-BOM：软件物料清单）")
MEDIA_TYPE = "application/vnd.cyclonedx+json; version=1.6"
ENDING = ".cdx.json"
PRODUCT, SET = "product", "test-set"
"""References within the document."""


OPEN = Words(
    "The bundle (report.zip) that these numbers can be computed again from: steelyard verify; the hash is that of its "
    "manifest.json.",
    "可用 steelyard verify 重新计算上述数值的报告包（report.zip）；哈希为其 manifest.json 的摘要。",
)
SEALED = Words(
    "The bundle (report.zip) that these numbers stand in: the rows that they follow from are withheld, and they rest "
    "on whoever signed; the hash is that of its manifest.json.",
    "载有上述数值的报告包（report.zip）：其所依据的逐行计数已封存，数值由签名者担保；哈希为其 manifest.json 的摘要。",
)


def export(found: VerifiedReport) -> bytes:
    """Return the document."""
    report = found.report
    version = report.environment.get("steelyard", "")
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # The same bundle is the same document, wherever and whenever it is made.
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, found.urn).urn,
        "version": 1,
        "metadata": {
            "timestamp": report.created,
            "tools": {
                "components": [
                    {"type": "application", "name": "steelyard", **({"version": version} if version else {})}
                ]
            },
            "component": _named(report),
        },
        "components": [_product(found), _set(report)],
        "dependencies": [{"ref": PRODUCT}, {"ref": SET}],
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _named(report: Report) -> dict[str, Any]:
    card = report.plan.product_card
    known = {} if card is None or not card.version else {"version": card.version}
    return {"type": "machine-learning-model", "name": product_name(report), **known}


def _product(found: VerifiedReport) -> dict[str, Any]:
    report = found.report
    product, card = report.plan.product, report.plan.product_card
    maker = {} if card is None or not card.maker else {"manufacturer": {"name": card.maker}}
    return {
        **_named(report),
        "bom-ref": PRODUCT,
        **maker,
        **_hashes(product.digest),
        "externalReferences": [
            {
                "type": "quality-metrics",
                "url": found.urn,
                "comment": both(SEALED if found.withheld else OPEN),
                **_hashes(found.bundle),
            }
        ],
        "modelCard": _card(found),
        **_files(product),
        "properties": [
            _property("steelyard:product:uri", product.uri),
            _property("steelyard:product:identity", both(identity(report))),
        ],
    }


def _card(found: VerifiedReport) -> dict[str, Any]:
    report = found.report
    placed = list(findings(report))
    card = report.plan.product_card
    uses = {} if card is None or card.intended_use is None else {"useCases": [both(card.intended_use)]}
    limitations = {"technicalLimitations": [both(words) for words in report.non_claims]}
    return {
        "bom-ref": "model-card",
        "modelParameters": {"task": report.plan.method, "datasets": [{"ref": SET}]},
        "quantitativeAnalysis": {"performanceMetrics": [_metric(report, each) for each in placed]},
        "considerations": {**uses, **limitations},
        "properties": [
            _property("steelyard:clause", clause_name(report)),
            _property("steelyard:clause:words", report.clause.words),
            _property("steelyard:verdict", report.verdict.value),
            *(_property("steelyard:claim", both(words)) for words in report.claims),
            _property("steelyard:bounds", both(about_bounds(report))),
            _property("steelyard:computed_again", "false" if found.withheld else "true"),
            _property("steelyard:assurance", report.plan.assurance),
            _property("steelyard:plan", found.plan_digest),
            *(
                _property(f"steelyard:finding:{place}", json.dumps(_finding(each), ensure_ascii=False))
                for place, each in enumerate(placed)
            ),
        ],
    }


def _metric(report: Report, placed: Placed) -> dict[str, Any]:
    """Return a finding as a metric: numbers are texts here, with all their digits; what has no value is left out."""
    finding = placed.finding
    other = [] if finding.reading == report.judgements[0].reading else [f"reading={finding.reading}"]
    slice_ = "; ".join(filter(None, [*other, scoped(finding.scope)]))
    lower, upper = bounds_of(finding)
    interval = {
        name: json.dumps(value) for name, value in (("lowerBound", lower), ("upperBound", upper)) if value is not None
    }
    value = finding.estimate.value
    return {
        "type": finding.requirement.indicator,
        **({} if value is None else {"value": json.dumps(value)}),
        **({"slice": slice_} if slice_ else {}),
        **({"confidenceInterval": interval} if interval else {}),
    }


def _finding(placed: Placed) -> dict[str, Any]:
    """Return what a metric has no place for."""
    finding = placed.finding
    return {
        "requirement": finding.requirement.name,
        "reading": finding.reading,
        "title": plain(finding.title),
        "scope": plain(finding.scope),
        "limit": finding.requirement.limit.text,
        "unit": finding.requirement.limit.unit,
        "verdict": finding.verdict.value,
        "decides": placed.deciding,
        "confidence": finding.estimate.confidence,
        "sided": "one",
        "method": finding.estimate.method,
    }


def _set(report: Report) -> dict[str, Any]:
    card = report.card
    found = re.search(r"https?://[^\s()<>\"]+", card.source)
    source = [] if found is None else [{"type": "distribution", "url": found[0]}]
    by = "name" if address(card.licence) == card.licence else "id"  # an identifier must be one of SPDX's list
    licence = {} if card.licence in ("", UNKNOWN) else {"licenses": [{"license": {by: card.licence}}]}
    link = {
        "type": "documentation",
        "url": f"urn:steelyard:set:{card.name}:{report.plan.test_set_digest}:croissant.json",
        "comment": both(croissant(report)),
    }
    return {
        "type": "data",
        "bom-ref": SET,
        "name": card.name,
        "version": card.version,
        "description": both(card.title),
        **_hashes(report.plan.test_set_digest),
        **licence,
        "externalReferences": [*source, link],
        "data": [{"type": "dataset", "name": dataset_name(report), "description": both(card.reference)}],
        "properties": [
            _property("steelyard:set:samples-tested", str(report.plan.samples)),
            _property("steelyard:set:source", card.source),
            *([] if card.scope is None else [_property("steelyard:set:scope", both(card.scope))]),
        ],
    }


def _files(product: Identity) -> dict[str, Any]:
    """Return the files that a product is made of, as components of it."""
    made_of = [{"type": "file", "name": each.name, **_hashes(each.digest)} for each in product.files]
    return {"components": made_of} if made_of else {}


def _hashes(digest: str | None) -> dict[str, Any]:
    """Return a digest as CycloneDX has it; nothing where there is none."""
    if digest is None:
        return {}
    return {"hashes": [{"alg": "SHA-256", "content": digest.removeprefix("sha256:")}]}


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}
