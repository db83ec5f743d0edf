"""Whether a bundle's documents have their own parts and no others, written in the one way there is.

What no check looks at could say anything, and what can be written in two ways can be two files with one meaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from steelyard.core.canonical import canonical
from steelyard.report.particulars.particulars import MEMBER as PARTICULARS
from steelyard.report.proof.answers import ANSWERS, HASHES
from steelyard.report.proof.bundle import ATTESTATIONS, LOG_HEAD, MANIFEST, RUN
from steelyard.report.proof.evidence import INDEX, WITHHELD, loaded
from steelyard.report.proof.unpacked import BadEvidence, Bundled, json_of
from steelyard.report.proof.withheld import IDS

PROOF = "membership/proof.json"
CANONICAL = (INDEX, IDS, PROOF, ANSWERS, RUN)
"""Documents in canonical JSON that nothing else holds to it."""
ALWAYS = {
    *(MANIFEST, "plan.json", "report.json", "report.html", "card.json", "specification.yaml", INDEX, PROOF),
    *("evidence/rows.npy", "evidence/tested.npy", "membership/leaves.npy", "records/faults.npy", "records/seconds.npy"),
}
MAYBE = {RUN, PARTICULARS, ANSWERS, HASHES}
CODES_OF = re.compile(r"evidence/codes/(?P<place>0|[1-9][0-9]{0,8})\.npy")
TABLE_OF = re.compile(
    r"evidence/tables/(?P<place>0|[1-9][0-9]{0,8})/(?P<round>0|[1-9][0-9]{0,8})/(values|samples|units)\.npy"
)


def hold_shape(bundled: Bundled) -> None:
    """Check documents for parts that nobody knows, and for other ways to write the same.

    Raises
    ------
    BadEvidence
        Where there are any.
    """
    said = {name: json_of(bundled.received[name]) for name in CANONICAL if name in bundled.received}
    for name, document in said.items():
        if canonical(document) != bundled.received[name]:
            raise BadEvidence(f"{name} is written in another way", f"{name} 的书写方式不同")
    index = said[INDEX]
    _hold_members(bundled, index)
    if RUN in said:
        _has(said[RUN], {"run"}, RUN)
        if not isinstance(said[RUN]["run"], str):
            raise BadEvidence(f"{RUN} says no text", f"{RUN} 所载不是文本")
    _has(json_of(bundled.received["plan.json"]), {"plan", "digest"}, "plan.json")
    _has(said[PROOF], {"size", "nodes"}, PROOF)
    _has(index, {"codes", "tables", "rounds"}, INDEX)
    if any(node != bytes.fromhex(node).hex() for node in said[PROOF]["nodes"]):
        raise BadEvidence("a hash is written in another way", "有摘要的书写方式不同")
    for each in index["codes"]:
        _has(each, {"column", "names"}, f"{INDEX}: codes")
    for each in index["tables"]:
        _has(each, {"cluster", "uses"}, f"{INDEX}: tables")
    for each in bundled.report["failures"]:
        _has(each, {"fault", "count", "first"}, "report.json: failures")
    seconds = loaded(bundled.received["records/seconds.npy"], 1, float_=True)
    if not ((seconds >= 0.0) & (seconds < float("inf"))).all():
        raise BadEvidence("a record took less than no time, or for ever", "有记录的耗时为负或无穷")


def _hold_members(bundled: Bundled, index: Mapping[str, Any]) -> None:
    """Check that there are the members that plan and index ask for, and no others: an unread one could say anything."""
    withheld = WITHHELD in bundled.received
    inputs = withheld and bool(bundled.report["sealed"]["inputs"])
    wanted = {*ALWAYS, WITHHELD if withheld else IDS}
    wanted |= set() if inputs else {IDS}
    wanted |= set() if bundled.plan.log is None else {LOG_HEAD}
    wanted |= set() if bundled.plan.sequential is None else {"evidence/order.npy"}
    for name in sorted(bundled.received):
        known = name in wanted or name in MAYBE or name.startswith(ATTESTATIONS)  # signatures are looked at apart
        if (found := CODES_OF.fullmatch(name)) is not None:
            known = not inputs and int(found["place"]) < len(index["codes"])
        elif (found := TABLE_OF.fullmatch(name)) is not None:
            fits = int(found["place"]) < len(index["tables"]) and int(found["round"]) < bundled.plan.rounds
            known = not withheld and fits
        if not known:
            raise BadEvidence(f"{name} belongs to no such bundle", f"{name} 不属于此类报告包")
    for name in sorted(wanted - bundled.received.keys()):
        raise BadEvidence(f"{name} is missing", f"缺少 {name}")
    if ANSWERS in bundled.received and HASHES in bundled.received:
        raise BadEvidence("answers stand in it as hashes and in clear", "答案既以摘要又以原文存放")


def _has(found: Mapping[str, Any], names: set[str], where: str) -> None:
    if found.keys() != names:
        other = ", ".join(sorted(found.keys() ^ names))
        raise BadEvidence(f"{where} has other parts: {other}", f"{where} 的组成不同：{other}")
