"""What enters a log: plans of runs, bundles, and withdrawals; and receipts of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard.bench.durable import write_durably
from steelyard.bench.reopened import plan_of
from steelyard.core.canonical import canonical, sha256
from steelyard.core.errors import CallError, EvidenceError
from steelyard.core.plan import Plan
from steelyard.core.words import Words
from steelyard.registry.log import Head, Log, Receipt, read_head, read_receipt
from steelyard.report.bundle import MANIFEST, RUN
from steelyard.report.container import unpacked
from steelyard.report.keys import PublicKey, private_key
from steelyard.report.verification import verify


@dataclass(frozen=True)
class Checked:
    """What came of checking a receipt."""

    receipt: Receipt
    signed: Sequence[PublicKey]
    """Trusted keys that signed the log's head."""


def enter_run(plan: Plan, out: Path, folder: Path, key: str | None) -> Receipt:
    """Enter a run with its plan into a log before its first sample; one that is resumed stands there already.

    Each run draws a number of its own, which its folder and its bundle bear: a plan that is run twice stands in the log
    twice.

    Raises
    ------
    CallError
        Where no key is named, or the run has begun without the log.
    """
    if key is None:
        raise CallError(
            Words("a log grows by signed heads: name its keeper's key.", "日志以签名树头增长：请指明保管者密钥。"),
            Words(
                "Add --log-key NAME; steelyard keys new NAME makes one.",
                "请加 --log-key 名称；可用 steelyard keys new 生成。",
            ),
        )
    secret = private_key(key)
    path = out / RUN
    if not path.is_file():
        if any((out / "journal").glob("*")):
            raise CallError(
                Words(f"{out} has begun without the log.", f"{out} 已在未登记日志的情况下开始。"),
                Words(
                    "A run enters before its first sample: choose another --out.",
                    "检测须在首个样本之前登记：请另选 --out。",
                ),
            )
        out.mkdir(parents=True, exist_ok=True)
        write_durably(path, canonical({"run": os.urandom(16).hex()}))
    return Log(folder).append({"kind": "plan", "plan": plan.digest, "run": _run(path.read_bytes(), path)}, secret)


def _run(data: bytes, path: Path) -> str:
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
    return {"kind": "plan", "plan": plan.digest, "run": _run(run.read_bytes(), run)}


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
    return {
        "kind": "report",
        "plan": report["plan_digest"],
        "run": _run_in(members, path),
        "bundle": sha256(members[MANIFEST]),
        "verdict": report["verdict"],
    }


def _run_in(members: Mapping[str, bytes], path: Path) -> str:
    if RUN not in members:
        raise _not_logged(path)
    return _run(members[RUN], path)


def _not_logged(where: Path) -> CallError:
    return CallError(
        Words(f"{where} is of no run that was entered into a log.", f"{where} 不属于任何已登记的检测。"),
        Words(
            "A run enters with its plan before its first sample: steelyard run … --log FOLDER.",
            "检测须在首个样本之前连同方案登记：steelyard run … --log 目录。",
        ),
    )


def withdrawal(path: Path, reason: str) -> dict[str, Any]:
    """Return the entry that withdraws a bundle, which need not hold any more."""
    if not reason.strip():
        raise CallError(Words("say why it is withdrawn.", "请说明撤回理由。"))
    members = unpacked(path)
    try:
        return {
            "kind": "withdrawn",
            "plan": str(json.loads(members["plan.json"])["digest"]),
            "run": _run_in(members, path),
            "bundle": sha256(members[MANIFEST]),
            "reason": reason.strip(),
        }
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
