"""What enters a log: runs with their plans, and bundles; and receipts of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from steelyard.bench.reopened import plan_of
from steelyard.core.canonical import digest, sha256
from steelyard.core.errors import CallError, EvidenceError
from steelyard.core.log_seed import unseeded
from steelyard.core.plan import Plan
from steelyard.core.words import Words
from steelyard.registry.attempts import product_of
from steelyard.registry.heads import Head, Receipt, read_head, read_receipt
from steelyard.report.proof.bundle import ATTESTATIONS, MANIFEST, RUN
from steelyard.report.proof.container import unpacked
from steelyard.report.proof.keys import PublicKey
from steelyard.report.proof.verification import verify


@dataclass(frozen=True)
class Checked:
    """What came of checking a receipt."""

    receipt: Receipt
    signed: Sequence[PublicKey]
    """Trusted keys that signed the log's head."""


def run_entry(plan: Plan, run: str) -> dict[str, Any]:
    """Return the entry of a run: its plan, which attempt at what it is, and how its seed came."""
    return {"kind": "plan", "run": run, "product": product_of(plan), "steelyard": version("steelyard"), **said_of(plan)}


def said_of(plan: Plan) -> dict[str, Any]:
    """Return what runs and reports say of their plan."""
    said: dict[str, Any] = {
        "plan": plan.digest,
        "specification": plan.specification,
        "clause": plan.clause.name,
        "test_set": plan.test_set,
        "test_set_digest": plan.test_set_digest,
        "method": plan.method,
        "method_version": plan.method_version,
    }
    if plan.log is None:  # it began before logs counted attempts
        return said
    return {
        **said,
        "attempt": plan.attempt,
        "seed": plan.seed,
        "seeded": plan.log.seeded,
        "unseeded": unseeded(plan),
    }


def report_of(plan: Plan) -> dict[str, Any]:
    """Return what a report's entry says of its plan."""
    return {**said_of(plan), **({} if plan.log is None else {"root": plan.log.root})}


def run_named(data: bytes, path: Path) -> str:
    """Return the number of a run that its folder or its bundle bears."""
    try:
        return str(json.loads(data)["run"])
    except (ValueError, KeyError, TypeError) as error:
        raise EvidenceError(
            Words(f"{path} is not what a run wrote: {error}", f"{path} 不是检测所写：{error}")
        ) from None


def entry_of(what: Path) -> dict[str, Any]:
    """Return the entry of a run's plan (a folder), or of a report (a bundle).

    Raises
    ------
    CallError
        Where there is neither.
    EvidenceError
        Where a bundle does not hold what it says: it is not entered.
    """
    if not what.is_dir():
        return report_entry(what)
    path, run = what / "plan.json", what / RUN
    try:
        plan = plan_of(json.loads(path.read_text("utf-8")), path)
    except (OSError, ValueError) as error:
        raise CallError(Words(f"{what} holds no run: {error}.", f"{what} 中没有检测：{error}。")) from None
    if not run.is_file():
        raise _not_logged(what)
    return {"kind": "plan", "plan": plan.digest, "run": run_named(run.read_bytes(), run)}


def report_entry(path: Path) -> dict[str, Any]:
    """Return the entry of a bundle, once all that can be computed again has been."""
    members = unpacked(path)
    for check in verify(members):
        if check.fault is not None:
            raise EvidenceError(
                Words(f"{path} does not hold: {check.fault.en}.", f"{path} 不成立：{check.fault.zh}。"),
                Words("See: steelyard verify", "参见：steelyard verify"),
            )
    report = json.loads(members["report.json"])
    plan = plan_of(json.loads(members["plan.json"]), path)
    return {
        "kind": "report",
        "run": _run_in(members, path),
        "bundle": sha256(members[MANIFEST]),
        "verdict": report["verdict"],
        "answers": answers_of(members),
        "steelyard": str(report["environment"]["steelyard"]),
        **report_of(plan),
    }


def answers_of(members: Mapping[str, bytes]) -> str:
    """Return the digest of what was answered, as a bundle shows it: rows, faults and seconds of its records.

    A bundle that is made again of the same answers has the same, whatever its page, its particulars or its salts are;
    product and bench that are asked once more hardly take the same seconds to the last bit.
    """
    kept = {name: sha256(data) for name, data in members.items() if name.startswith(("evidence/", "records/"))}
    return digest(kept)


def _run_in(members: Mapping[str, bytes], path: Path) -> str:
    if RUN not in members:
        raise _not_logged(path)
    return run_named(members[RUN], path)


def _not_logged(where: Path) -> CallError:
    return CallError(
        Words(f"{where} is of no run that was entered into a log.", f"{where} 不属于任何已登记的检测。"),
        Words(
            "A run enters with its plan before its first sample: steelyard run … --log FOLDER.",
            "检测须在首个样本之前连同方案登记：steelyard run … --log 目录。",
        ),
    )


def bundle_entry(path: Path) -> dict[str, Any]:
    """Return what names a bundle in a log: it need not hold any more, but its plan must be its own.

    Raises
    ------
    CallError, EvidenceError
        Where there is none, or its run was never entered.
    """
    members = unpacked(path)
    try:
        if json.loads(members[MANIFEST])["files"]["plan.json"] != sha256(members["plan.json"]):
            raise EvidenceError(Words(f"{path}: plan.json has been changed.", f"{path}：plan.json 已被改动。"))
        plan = str(json.loads(members["plan.json"])["digest"])
    except (ValueError, KeyError, TypeError) as error:
        raise EvidenceError(Words(f"{path} is no bundle: {error}", f"{path} 不是报告包：{error}")) from None
    return {"plan": plan, "run": _run_in(members, path), "bundle": sha256(members[MANIFEST])}


def plan_in(path: Path) -> Plan:
    """Return the plan of a bundle, every file of which must be the one that its manifest names.

    Raises
    ------
    EvidenceError
        Where one is not.
    """
    members = unpacked(path)
    files = {name: sha256(data) for name, data in members.items() if not name.startswith((MANIFEST, ATTESTATIONS))}
    if json.loads(members[MANIFEST])["files"] != files:
        raise EvidenceError(
            Words(f"{path} is not what was entered: its files are others.", f"{path} 并非登记的报告：文件已变。"),
            Words("See: steelyard verify", "参见：steelyard verify"),
        )
    return plan_of(json.loads(members["plan.json"]), path)


def seen_head(path: Path) -> Head:
    """Return the head in a file that ``steelyard log head`` printed, or in a receipt."""
    data = read_file(path)
    return read_receipt(data, path).head if b'"entry"' in data else read_head(data.strip(), path)


def check_receipt(path: Path, report: Path | None, trusted: Sequence[PublicKey]) -> Checked:
    """Check a receipt, and that it is of a bundle, where one is given.

    Raises
    ------
    EvidenceError
        Where it does not hold.
    """
    receipt = read_receipt(read_file(path), path)
    if report is not None and receipt.entry.get("bundle") != sha256(unpacked(report)[MANIFEST]):
        raise EvidenceError(Words(f"{path} is of another bundle than {report}.", f"{path} 与 {report} 不对应。"))
    return Checked(receipt, receipt.head.signed_by(trusted))


def read_file(path: Path) -> bytes:
    """Return a file's bytes; `CallError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CallError(
            Words(f"cannot read {path}: {error.strerror}.", f"无法读取 {path}：{error.strerror}。")
        ) from None
