"""What enters a log: plans of runs, bundles, and withdrawals; and receipts of them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard.bench.reopened import plan_of
from steelyard.core.canonical import sha256
from steelyard.core.errors import CallError, EvidenceError
from steelyard.core.plan import Plan
from steelyard.core.words import Words
from steelyard.registry.log import Head, Log, Receipt, read_head, read_receipt
from steelyard.report.bundle import MANIFEST
from steelyard.report.container import unpacked
from steelyard.report.keys import PublicKey, private_key
from steelyard.report.verification import verify


@dataclass(frozen=True)
class Checked:
    """What came of checking a receipt."""

    receipt: Receipt
    signed: Sequence[PublicKey]
    """Trusted keys that signed the log's head."""


def plan_entry(plan: Plan) -> dict[str, Any]:
    """Return the entry of a plan that was locked."""
    return {"kind": "plan", "plan": plan.digest}


def enter_plan(plan: Plan, folder: Path, key: str | None) -> Receipt:
    """Enter a plan into a log before its first sample; a run that is resumed has entered it already.

    Raises
    ------
    CallError
        Where no key is named.
    """
    if key is None:
        raise CallError(
            Words("a log grows by signed heads: name its keeper's key.", "日志以签名树头增长：请指明保管者密钥。"),
            Words(
                "Add --log-key NAME; steelyard keys new NAME makes one.",
                "请加 --log-key 名称；可用 steelyard keys new 生成。",
            ),
        )
    return Log(folder).append(plan_entry(plan), private_key(key, os.environ.get("STEELYARD_KEY_PASSPHRASE")))


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
    path = what / "plan.json"
    try:
        return plan_entry(plan_of(json.loads(path.read_text("utf-8")), path))
    except (OSError, ValueError) as error:
        raise CallError(Words(f"{what} holds no run: {error}.", f"{what} 中没有检测：{error}。")) from None


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
    bundle = sha256(members[MANIFEST])
    return {"kind": "report", "plan": report["plan_digest"], "bundle": bundle, "verdict": report["verdict"]}


def withdrawal(path: Path, reason: str) -> dict[str, Any]:
    """Return the entry that withdraws a bundle, which need not hold any more."""
    if not reason.strip():
        raise CallError(Words("say why it is withdrawn.", "请说明撤回理由。"))
    members = unpacked(path)
    try:
        plan = json.loads(members["plan.json"])["digest"]
        return {"kind": "withdrawn", "plan": str(plan), "bundle": sha256(members[MANIFEST]), "reason": reason.strip()}
    except (ValueError, KeyError, TypeError) as error:
        raise EvidenceError(Words(f"{path} is no bundle: {error}", f"{path} 不是报告包：{error}")) from None


def seen_head(path: Path) -> Head:
    """Return the head in a file that ``steelyard log head`` printed, or in a receipt."""
    data = _read(path)
    return read_receipt(data, path).head if b'"entry"' in data else read_head(data.strip(), path)


def check_receipt(path: Path, report: Path | None, trusted: Sequence[PublicKey]) -> Checked:
    """Check a receipt, and that it is of a bundle, where one is given.

    Raises
    ------
    EvidenceError
        Where it does not hold.
    """
    receipt = read_receipt(_read(path), path)
    if report is not None and receipt.entry.get("bundle") != sha256(unpacked(report)[MANIFEST]):
        raise EvidenceError(Words(f"{path} is of another bundle than {report}.", f"{path} 与 {report} 不对应。"))
    return Checked(receipt, receipt.head.signed_by(trusted))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CallError(
            Words(f"cannot read {path}: {error.strerror}.", f"无法读取 {path}：{error.strerror}。")
        ) from None
