"""A log's audit and its receipts, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.core.words import Words, listed
from steelyard.registry.entries import Checked
from steelyard.registry.log import Audit
from steelyard.report._layout import facts, say

if TYPE_CHECKING:
    from rich.console import Console


def show_receipt(console: Console, checked: Checked) -> None:
    """Print what a receipt proves, and who stands for the log."""
    receipt = checked.receipt
    kinds = {
        "plan": Words("plan", "方案"),
        "report": Words("report", "报告"),
        "withdrawn": Words("withdrawn report", "已撤回的报告"),
    }
    facts(
        console,
        {
            Words("entry", "条目"): Words(
                f"{receipt.index} of {receipt.size}: {kinds[receipt.entry['kind']].en}",
                f"第 {receipt.index} 条，共 {receipt.size} 条：{kinds[receipt.entry['kind']].zh}",
            ),
            Words("plan", "方案"): receipt.entry["plan"],
            Words("bundle", "报告包"): receipt.entry.get("bundle"),
            Words("entered", "登记时间"): receipt.entry["at"],
            Words("reason", "理由"): receipt.entry.get("reason"),
        },
    )
    names = listed([Words(key.name, key.name) for key in checked.signed])
    said = Words(f"It stands in the log, whose head {names.en} signed.", f"已登记于日志，树头由 {names.zh} 签名。")
    nobody = Words(
        "It stands in a log whose head nobody signed whom you trust.", "已登记于日志，但树头没有您信任的签名。"
    )
    say(console, said if checked.signed else nobody, style="bold")


def show_audit(console: Console, audit: Audit) -> None:
    """Print what came of going through a log."""
    facts(
        console,
        {
            Words("entries", "条目"): str(audit.size),
            Words("signed heads", "签名树头"): str(audit.heads),
            Words("plans without a report", "无报告的方案"): str(len(audit.unreported)),
            Words("withdrawn reports", "已撤回的报告"): str(len(audit.withdrawn)),
        },
    )
    for entry in audit.unreported:
        say(
            console,
            Words(
                f"no report: plan {entry['plan']} of {entry['at']}", f"无报告：方案 {entry['plan']}（{entry['at']}）"
            ),
            2,
        )
    for entry in audit.withdrawn:
        say(console, Words(f"withdrawn: {entry['bundle']}", f"已撤回：{entry['bundle']}"), 2)
    for fault in audit.faults:
        say(console, f"✗ {fault}", 2, "red")
    good = Words("The log holds.", "日志成立。")
    say(console, Words("The log does not hold.", "日志不成立。") if audit.faults else good, style="bold")
