"""What was signed: DSSE envelopes, and the two in-toto statements that must be in them.

Sources: DSSE 1.0.2, in-toto Statement v1 and its predicate test-result v0.1.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from verify_report import CONFORMS, FAILS, INVALID, OPEN, canonical, demand, read_json

from verifying.bundle import Further, sha256

PASSED = {CONFORMS: "PASSED", FAILS: "FAILED", OPEN: "WARNED", INVALID: "FAILED"}


def statements(b: Further) -> dict[str, bytes]:
    """Return what must have been signed: two in-toto statements that follow from the report and the manifest."""
    report, plan = b.report, b.report["plan"]
    product, bare = plan["product"], {"sha256": sha256(b.members["manifest.json"])[7:]}
    subject: list[dict[str, Any]] = [{"name": product["uri"]}, {"name": "manifest.json", "digest": bare}]
    subject[0]["digest"] = {"sha256": (product["digest"] or sha256(canonical(product)))[7:]}
    if product["digest"] is None:
        subject[0]["annotations"] = {"declared": True}
    subject += [{"name": each["name"], "digest": {"sha256": each["digest"][7:]}} for each in product.get("files", ())]
    tests: dict[str, list[str]] = {"PASSED": [], "WARNED": [], "FAILED": []}
    for each in report["judgements"][0]["findings"]:
        scope = "".join(f"[{name}={value}]" for name, value in sorted(each["scope"].items()))
        if each["decides"]:
            tests[PASSED[each["verdict"]]].append(each["requirement"]["name"] + scope)
    locked = [
        {"name": plan[name], "digest": {"sha256": plan[f"{name}_digest"][7:]}} for name in ("specification", "test_set")
    ]
    result = {"result": PASSED[report["verdict"]], "configuration": [*locked, subject[1]]}
    result |= {f"{name.lower()}Tests": names for name, names in tests.items()}
    judged = {name: plan[name] for name in ("specification", "decision", "assurance", "samples", "attempt")}
    judged |= {"plan": report["plan_digest"], "clause": plan["clause"]["name"], "verdict": report["verdict"]}
    judged |= {"dependsOnReading": report["depends_on_reading"], "created": report["created"]}
    judged |= {"testSet": {"name": plan["test_set"], "digest": plan["test_set_digest"]}}
    judged |= {"claims": report["claims"], "nonClaims": report["non_claims"]}
    judged["readings"] = [
        {"reading": each["reading"], "verdict": each["verdict"], "findings": list(map(_signed, each["findings"]))}
        for each in report["judgements"]
    ]
    kinds = {"judged": ("urn:steelyard:attestation:judged:1", judged)}
    kinds["test-result"] = ("https://in-toto.io/attestation/test-result/v0.1", result)
    statement = {"_type": "https://in-toto.io/Statement/v1", "subject": subject}
    return {
        f"attestations/{name}.dsse.json": canonical(statement | {"predicateType": kind, "predicate": said})
        for name, (kind, said) in kinds.items()
    }


def _signed(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is signed of a finding."""
    requirement, estimate = finding["requirement"], finding["estimate"]
    said = {name: estimate[name] for name in ("value", "lower", "upper", "confidence", "method")}
    said |= {name: finding[name] for name in ("scope", "verdict", "decides")}
    return said | {
        "requirement": requirement["name"],
        "indicator": requirement["indicator"],
        "limit": requirement["limit"],
    }


def envelopes(b: Further) -> None:
    """Check that all that was signed follows from the bundle, in envelopes and timestamps of their own form."""
    stamps = {name for name in b.members if name.startswith("attestations/timestamps/")}
    held = {name: data for name, data in b.members.items() if name.startswith("attestations/") and name not in stamps}
    wanted = statements(b) if held else {}
    demand(held.keys() == wanted.keys(), "a statement is missing, or is one too many")
    for name, payload in wanted.items():
        said = b.json(name)
        named = {each["keyid"]: each["sig"] for each in said["signatures"]}
        signs = [{"keyid": key, "sig": sig} for key, sig in named.items()]
        envelope = {"payload": _base64(payload), "payloadType": "application/vnd.in-toto+json", "signatures": signs}
        demand(len(said["signatures"]) <= 64, f"{name}: too many have signed")
        demand(canonical(envelope) == b.members[name], f"{name}: what was signed does not follow from the bundle")
    _stamps(b, stamps)


def _stamps(b: Further, names: set[str]) -> None:
    """Check that timestamps stand beside signatures that are here; when they were made, others tell."""
    judged = b.members.get("attestations/judged.dsse.json")
    keys = set() if judged is None else {each["keyid"] for each in read_json(judged)["signatures"]}
    demand(len(names) <= 64, f"there are {len(names)} timestamps")
    for name in names:
        found = re.fullmatch(r"attestations/timestamps/([0-9a-f]{64})/[0-9]{1,4}\.tsr", name)
        demand(found is not None and len(b.members[name]) <= 2**16, f"{name}: it is no timestamp")
        demand(found is not None and f"sha256:{found[1]}" in keys, f"{name}: the key has not signed")
    if names:
        b.left.append(f"{len(names)} timestamps: when it was signed (steelyard verify --trust-timestamps CA.pem)")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
