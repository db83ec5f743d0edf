"""Whether a bundle's documents have their own parts and no others, written in the one way there is.

What no check looks at could say anything, and what can be written in two ways can be two files with one meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steelyard.core.canonical import canonical
from steelyard.report.answers import ANSWERS
from steelyard.report.evidence import INDEX, loaded
from steelyard.report.unpacked import BadEvidence, Bundled, json_of
from steelyard.report.withheld import IDS

PROOF = "membership/proof.json"
CANONICAL = (INDEX, IDS, PROOF, ANSWERS)
"""Documents in canonical JSON that nothing else holds to it."""


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


def _has(found: Mapping[str, Any], names: set[str], where: str) -> None:
    if found.keys() != names:
        other = ", ".join(sorted(found.keys() ^ names))
        raise BadEvidence(f"{where} has other parts: {other}", f"{where} 的组成不同：{other}")
