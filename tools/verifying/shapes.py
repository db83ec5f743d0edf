"""The parts that documents have: what no check looks at could say anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from verify_report import canonical, demand

from verifying.bundle import Further

PLAN = (
    "assurance attempt batch batch_bytes clause condition decision format isolation limit limits method method_version "
    "product product_card repeats samples seed sequential sessions specification specification_digest split statistics "
    "test_set test_set_card test_set_digest trained_apart"
)
FINDING = "clause reading requirement title scope decides estimate verdict because new_run tipping"
ESTIMATE = (
    "value lower upper confidence method events opportunities units effective_units log_error flags decisive beside"
)
CANONICAL = ("evidence/index.json", "evidence/ids.json", "membership/proof.json", "run.json")
ALWAYS = (
    "manifest.json plan.json report.json report.html card.json specification.yaml evidence/index.json "
    "evidence/rows.npy evidence/tested.npy membership/leaves.npy membership/proof.json records/faults.npy "
    "records/seconds.npy"
)
MAYBE = {"run.json", "particulars.json", "answers/answers.json", "answers/hashes.npy"}
PLACE = r"(0|[1-9][0-9]{0,8})"


def shape(b: Further) -> None:
    """Check that documents have their own parts and no others, and are written in the one way there is."""
    for name in CANONICAL:
        demand(name not in b.members or canonical(b.json(name)) == b.members[name], f"{name} is written in another way")
    index, report = b.json("evidence/index.json"), b.report
    _members(b, index)
    if "run.json" in b.members:
        _has(b.json("run.json"), "run")
        demand(isinstance(b.json("run.json")["run"], str), "the number of the run is no text")
    _has(b.json("plan.json"), "plan digest")
    if b.plan["format"] == "steelyard/plan/2":
        _has({**b.plan, "log": None}, PLAN + " log")
        _has({**b.plan["product"], "files": None}, "uri kind digest covers files")
        for each in b.plan["product"].get("files", ()):
            _has(each, "name digest count")
    proof = b.json("membership/proof.json")
    _has(proof, "size nodes")
    demand(proof["nodes"] == [bytes.fromhex(each).hex() for each in proof["nodes"]], "a hash in another way")
    _has(index, "codes tables rounds")
    for each in index["codes"]:
        _has(each, "column names")
    for each in index["tables"]:
        _has(each, "cluster uses")
    for each in report["failures"]:
        _has(each, "fault count first")
    findings = [each for members in report["groups"].values() for each in members]
    for judgement in report["judgements"]:
        _has(judgement, "clause reading primary verdict gap findings")
        findings += judgement["findings"]
    for each in findings:
        _has(each, FINDING)
        _has(each["estimate"], ESTIMATE)
    demand(bool((b.array("records/seconds") >= 0.0).all()), "a record took less than no time")


def _members(b: Further, index: Mapping[str, Any]) -> None:
    """Check that there are the members that plan and index ask for, and no others."""
    inputs = b.withheld and bool(b.report["sealed"]["inputs"])
    wanted = set(ALWAYS.split()) | ({"withheld/rows.npy"} if b.withheld else set())
    wanted |= set() if inputs else {"evidence/ids.json"}
    wanted |= set() if b.plan.get("log") is None else {"head.json"}
    wanted |= set() if b.plan["sequential"] is None else {"evidence/order.npy"}
    for name in b.members.keys() - wanted - MAYBE:
        codes = re.fullmatch(rf"evidence/codes/{PLACE}\.npy", name)
        table = re.fullmatch(rf"evidence/tables/{PLACE}/{PLACE}/(values|samples|units)\.npy", name)
        known = name.startswith("attestations/")  # they are looked at apart
        if codes:
            known = not inputs and int(codes[1]) < len(index["codes"])
        elif table:
            known = not b.withheld and int(table[1]) < len(index["tables"]) and int(table[2]) < b.rounds
        demand(known, f"{name} belongs to no such bundle")
    demand(wanted <= b.members.keys(), f"missing: {', '.join(sorted(wanted - b.members.keys()))}")
    demand(not {"answers/answers.json", "answers/hashes.npy"} <= b.members.keys(), "answers stand in it twice")


def _has(found: Mapping[str, Any], names: str) -> None:
    other = sorted(found.keys() ^ set(names.split()))
    demand(not other, f"something has other parts: {', '.join(other)}")
