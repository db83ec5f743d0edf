"""A log's audit, its receipts, and what it says of reports, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from steelyard.core.verdict import Verdict
from steelyard.core.words import Words, listed
from steelyard.registry.auditing import Audit
from steelyard.registry.entries import Checked
from steelyard.registry.heads import Receipt
from steelyard.registry.lifecycle import EVENTS, Event, Life, State
from steelyard.registry.recalls import Affected, Recall, recalled_by
from steelyard.registry.standing import Standing
from steelyard.report import _layout

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

KINDS = {
    "plan": Words("plan", "方案"),
    "report": Words("report", "报告"),
    "withdrawn": Words("withdrawn report", "已撤回的报告"),
    "event": Words("event on a report", "报告事项"),
    "recall": Words("recall", "召回"),
}
MOST = 20
"""Of a kind that are listed one by one; the rest are counted."""


def printable(text: object) -> str:
    r"""Return text without what would steer a terminal: a log may come from anybody.

    Examples
    --------
    >>> printable("gone\x1b[2J"), printable("理由")
    ('gone�[2J', '理由')
    """
    return "".join(each if each.isprintable() else "\ufffd" for each in str(text))


def say(console: Console, text: object, indent: int = 0, style: str = "") -> None:
    """Print a paragraph."""
    _layout.say(console, printable(text), indent, style)


def facts(console: Console, values: Mapping[Words, object]) -> None:
    """Print names and values; what has no value is left out."""
    _layout.facts(console, {name: printable(value) for name, value in values.items() if value})


def show_receipt(console: Console, checked: Checked) -> None:
    """Print what a receipt proves, and who stands for the log."""
    receipt = checked.receipt
    entry, kind = receipt.entry, KINDS[receipt.entry["kind"]]
    facts(
        console,
        {
            Words("entry", "条目"): Words(
                f"{receipt.index + 1} of {receipt.size}: {kind.en}",
                f"第 {receipt.index + 1} 条，共 {receipt.size} 条：{kind.zh}",
            ),
            Words("plan", "方案"): entry.get("plan"),
            Words("attempt", "第几次检测"): entry.get("attempt"),
            Words("bundle", "报告包"): entry.get("bundle"),
            Words("event", "事项"): _event(entry) if entry["kind"] == "event" else None,
            Words("recalls", "召回"): _recalled(entry) if entry["kind"] == "recall" else None,
            Words("entered", "登记时间"): entry["at"],
            Words("valid until", "有效期至"): entry.get("until"),
            Words("decided by", "决定者"): entry.get("by"),
            Words("reason", "理由"): entry.get("reason"),
        },
    )
    names = listed([Words(key.name, key.name) for key in checked.signed])
    said = Words(f"It stands in the log, whose head {names.en} signed.", f"已登记于日志，树头由 {names.zh} 签名。")
    nobody = Words(
        "It stands in a log whose head nobody signed whom you trust.", "已登记于日志，但树头没有您信任的签名。"
    )
    say(console, said if checked.signed else nobody, style="bold")


def _event(entry: Mapping[str, Any]) -> Words:
    if entry["kind"] == "withdrawn":
        return EVENTS[Event.WITHDRAWN]
    known = {each.value: each.words for each in Event}
    return known.get(str(entry["event"]), Words(str(entry["event"]), str(entry["event"])))


def _recalled(entry: Mapping[str, Any]) -> Words:
    return recalled_by(entry).words


def show_audit(console: Console, audit: Audit, day: date) -> None:
    """Print what came of going through a log, with reports as they are on a day."""
    facts(
        console,
        {
            Words("entries", "条目"): str(audit.size),
            Words("signed heads", "签名树头"): str(audit.heads),
            Words("plans without a report", "无报告的方案"): str(len(audit.unreported)),
            Words("withdrawn reports", "已撤回的报告"): str(len(audit.withdrawn)),
        },
    )
    _some(
        console,
        [
            Words(f"no report: plan {entry['plan']} of {entry['at']}", f"无报告：方案 {entry['plan']}（{entry['at']}）")
            for entry in audit.unreported
        ],
    )
    gone = {entry["bundle"] for _, reports, _ in audit.recalled for entry in reports}
    _some(console, [_lived(entry, life.on(day), entry["bundle"] in gone) for entry, life in audit.lives])
    for entry, reports, unknown in audit.recalled:
        _reached(console, _recalled(entry), Affected(reports, unknown))
    for family in audit.families:
        say(
            console, Words(f"runs of {family.product}, {family.clause}", f"{family.product} 的检测，{family.clause}"), 2
        )
        _some(console, [_attempt(*run) for run in family.runs], 4)
    for fault in audit.faults:
        say(console, f"✗ {fault}", 2, "red")
    good = Words("The log holds.", "日志成立。")
    say(console, Words("The log does not hold.", "日志不成立。") if audit.faults else good, style="bold")


def _some(console: Console, lines: list[Words], indent: int = 2) -> None:
    for line in lines[-MOST:]:
        say(console, line, indent)
    if len(lines) > MOST:
        more = len(lines) - MOST
        say(console, Words(f"and {more} earlier ones", f"另有更早的 {more} 条"), indent)


def _lived(entry: Mapping[str, Any], life: Life, recalled: bool) -> Words:
    """Return the line on a report."""
    until = ", recalled" if recalled else f" until {life.until}" if life.state.valid else ""
    until_zh = "，被召回" if recalled else f"，有效期至 {life.until}" if life.state.valid else ""
    return Words(
        f"{life.state.words.en}{until}: {entry['bundle']}", f"{life.state.words.zh}{until_zh}：{entry['bundle']}"
    )


def _attempt(attempt: int, entry: Mapping[str, Any], verdicts: Sequence[str]) -> Words:
    each = [_verdict(verdict) for verdict in verdicts] or [Words("no report", "无报告")]
    ended = Words(", then ".join(one.en for one in each), "，其后".join(one.zh for one in each))
    return Words(
        f"attempt {attempt}, {entry['at']}, {entry['product'].get('uri')}: {ended.en}",
        f"第 {attempt} 次检测，{entry['at']}，{entry['product'].get('uri')}：{ended.zh}",
    )


def _verdict(value: str) -> Words:
    known = {each.value: each.words for each in Verdict}
    return known.get(value, Words(value, value))


def show_decision(console: Console, receipt: Receipt, life: Life) -> None:
    """Print what an event made of a report."""
    until = f", valid until {life.until}" if life.state.valid else ""
    until_zh = f"，有效期至 {life.until}" if life.state.valid else ""
    say(
        console,
        Words(
            f"entry {receipt.index + 1} of {receipt.size}: {life.state.words.en}{until}",
            f"第 {receipt.index + 1} 条，共 {receipt.size} 条：{life.state.words.zh}{until_zh}",
        ),
    )


def show_recall(console: Console, recall: Recall, found: Affected, receipt: Receipt | None) -> None:
    """Print which reports a recall reaches."""
    _reached(console, recall.words, found, 0)
    entered = Words("Nothing was entered.", "未登记任何内容。")
    if receipt is not None:
        entered = Words(
            f"entry {receipt.index + 1} of {receipt.size}", f"第 {receipt.index + 1} 条，共 {receipt.size} 条"
        )
    say(console, entered)


def _reached(console: Console, what: Words, found: Affected, indent: int = 2) -> None:
    count = len(found.reports)
    reports = "report" if count == 1 else "reports"
    say(console, Words(f"recalled: {what.en}: {count} {reports}", f"被召回：{what.zh}：{count} 份报告"), indent)
    for entry in found.reports:  # all of them: each must be found
        say(console, str(entry["bundle"]), indent + 2)
    for entry in found.unknown:
        unknown = Words(
            f"the log does not say whether this one used it: {entry['bundle']}",
            f"日志未载明该报告是否用过：{entry['bundle']}",
        )
        say(console, unknown, indent + 2)


def show_standing(console: Console, found: Standing) -> None:
    """Print what a log says of a report."""
    life = found.life
    if life is not None:
        facts(
            console,
            {
                Words("bundle", "报告包"): found.bundle,
                Words("the report says", "报告结论"): _verdict(found.verdict or ""),
                Words("state", "状态"): life.state.words,
                Words("since", "自"): life.since,
                Words("valid until", "有效期至"): life.until,
            },
        )
        for entry in life.events:
            event, by = _event(entry), entry.get("by", "—")
            say(
                console,
                Words(
                    f"{entry['at']}: {event.en} by {by}: {entry['reason']}",
                    f"{entry['at']}：{event.zh}，决定者 {by}：{entry['reason']}",
                ),
                2,
            )
    for entry in found.recalls:
        what, by = _recalled(entry), entry["by"]
        said = Words(f"recalled by {by}: {what.en}", f"被召回：{what.zh}，决定者 {by}")
        say(
            console,
            Words(f"{entry['at']}: {said.en}: {entry['reason']}", f"{entry['at']}：{said.zh}：{entry['reason']}"),
            2,
        )
    for fault in found.faults:
        say(console, f"✗ {fault}", 2, "red")
    for why in found.due:
        say(console, Words(f"re-test due: {why.en}", f"应重新检测：{why.zh}"), 2, "yellow")
    say(console, stands(found), style="bold")


def stands(found: Standing) -> Words:
    """Return in a sentence whether others may rely on a report, by a log."""
    day = found.day.isoformat()
    if found.faults:
        return Words("The log does not hold: it shows nothing of this report.", "日志不成立：不能据以判断该报告。")
    if found.life is None:
        return Words(f"Not valid on {day}: it does not stand in this log.", f"{day} 无效：该报告不在此日志中。")
    if found.recalls:
        entry = found.recalls[-1]
        what = _recalled(entry)
        return Words(
            f"Not valid on {day}: recalled: {what.en}: {entry['reason']}",
            f"{day} 无效：被召回：{what.zh}：{entry['reason']}",
        )
    state = found.life.state
    if state.valid:
        return Words(f"Valid on {day}: {state.words.en}.", f"{day} 有效：{state.words.zh}。")
    if state is State.DRAFT:
        return Words(f"Nobody has issued it by {day}: it is a draft.", f"截至 {day} 尚未出具：仍为草案。")
    return Words(f"Not valid on {day}: {state.words.en}.", f"{day} 无效：{state.words.zh}。")
