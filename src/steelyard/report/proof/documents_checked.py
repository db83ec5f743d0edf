"""Whether a bundle's documents are those that its plan locks, and its rows those of the set that it names."""

from __future__ import annotations

from steelyard.core.canonical import canonical, digest, plain, sha256
from steelyard.core.merkle import Inclusion, root_from
from steelyard.core.plan import given
from steelyard.report.proof.bundle import ATTESTATIONS, MANIFEST, manifest
from steelyard.report.proof.evidence import hashes_in, loaded
from steelyard.report.proof.unpacked import BadEvidence, Bundled, object_of


def hold_manifest(bundled: Bundled) -> None:
    """Check that every file is the one that the manifest names."""
    files = {
        name: data for name, data in bundled.received.items() if name != MANIFEST and not name.startswith(ATTESTATIONS)
    }
    said = object_of(bundled.received[MANIFEST])
    named = said["files"]
    for name in sorted(named.keys() | files.keys()):
        if name not in files:
            raise BadEvidence(f"{name} is missing", f"缺少 {name}")
        if name not in named:
            raise BadEvidence(f"{name} is not in the manifest", f"清单中没有 {name}")
        if named[name] != sha256(files[name]):
            raise BadEvidence(f"{name} has been changed", f"{name} 已被改动")
    if manifest(files, bundled.plan) != bundled.received[MANIFEST]:
        raise BadEvidence("the manifest says something else than its files", "清单与文件不一致")


def hold_plan(bundled: Bundled) -> None:
    """Check that the report is of the plan, which is locked by its digest."""
    report, plan = bundled.report, bundled.plan
    if report["plan_digest"] != plan.digest or given(report["plan"]) != given(plain(plan)):
        raise BadEvidence("the report is of another plan", "报告所述的是另一方案")


def hold_specification(bundled: Bundled) -> None:
    """Check that clause, readings, limits and decision rule are the specification's."""
    plan, specification = bundled.plan, bundled.specification
    if specification.digest != plan.specification_digest:
        raise BadEvidence("it is another file than the plan locks", "与方案锁定的文件不同")
    if f"{specification.name}@{specification.edition}" != plan.specification:
        raise BadEvidence("it has another name than the plan says", "名称与方案所述不同")
    clause = specification.clause(plan.clause.name)
    if {**plain(clause), "readings": None} != {**plain(plan.clause), "readings": None}:
        raise BadEvidence("the clause says something else than the plan", "条款内容与方案不同")
    readings = {reading.name: plain(reading) for reading in clause.readings}
    for reading in plan.clause.readings:
        if plain(reading) != readings.get(reading.name):
            raise BadEvidence(f"reading {reading.name} is another one", f"解读 {reading.name} 不同")
    if (
        plan.decision.rule is not specification.decision.rule
        or plan.decision.confidence < specification.decision.confidence
    ):
        raise BadEvidence("the decision rule is another one", "判定规则不同")
    if bundled.report["clause"] != plain(clause):
        raise BadEvidence("the report quotes another clause", "报告引用的条款不同")


def hold_card(bundled: Bundled) -> None:
    """Check that the set's card is the one that the plan locks."""
    plan, card = bundled.plan, bundled.card
    if digest(card) != plan.test_set_card or canonical(plain(card)) != bundled.members["card.json"]:
        raise BadEvidence("it is another card than the plan locks", "与方案锁定的卡片不同")
    if card.digest != plan.test_set_digest or card.label != plan.test_set:
        raise BadEvidence("it is of another set than the plan says", "所属数据集与方案所述不同")
    if bundled.report["card"] != plain(card):
        raise BadEvidence("the report quotes another card", "报告引用的卡片不同")


def hold_membership(bundled: Bundled) -> None:
    """Check that the rows lead to the set's root, and are as many as its split has."""
    rows = loaded(bundled.members["evidence/rows.npy"], 1)
    hashes = hashes_in(bundled.members["membership/leaves.npy"])
    said = object_of(bundled.members["membership/proof.json"])
    places = [0, *(rows + 1).tolist()]
    proof = Inclusion(int(said["size"]), places, [bytes.fromhex(node) for node in said["nodes"]])
    if proof.size != bundled.card.samples + 1:
        raise BadEvidence("the proof is of a set of another size", "证明所述数据集的大小不同")
    found = f"sha256:{root_from(proof, [row.tobytes() for row in hashes]).hex()}"
    if found != bundled.card.digest:
        raise BadEvidence(
            f"they lead to {found}, not {bundled.card.digest}", f"得到 {found}，而非 {bundled.card.digest}"
        )
    if len(rows) != bundled.card.splits[bundled.plan.split]:
        raise BadEvidence(
            f"there are {len(rows)} of them; the split has {bundled.card.splits[bundled.plan.split]}",
            f"共 {len(rows)} 行，而该划分有 {bundled.card.splits[bundled.plan.split]} 行",
        )
