"""A load test for the terminal, in the user's language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from steelyard.bench.load.load import Load, LoadReport
from steelyard.core.verdict import Verdict
from steelyard.core.words import Words, listed
from steelyard.report._layout import facts, say
from steelyard.report.terminal.trial import DIGEST, STYLES

if TYPE_CHECKING:
    from rich.console import Console

SCENARIO = {
    "single-stream": Words("one query after another", "逐个查询"),
    "multi-stream": Words("one query of several samples after another", "逐个查询，每个含多个样本"),
    "server": Words("queries at random times, as independent users send them", "查询随机到达，如同独立用户所发"),
    "offline": Words("all samples at once", "一次给出全部样本"),
}


def show_load(console: Console, load: Load) -> None:
    """Say what is tested, on what, and how, before it starts."""
    plan, card = load.plan, load.test_set.card
    short = "" if plan.product.digest is None else f"{plan.product.digest[:DIGEST]}…, "
    identity = Words(f"{short}{plan.product.covers.en}", f"{short}{plan.product.covers.zh}")
    offered = Words("", "") if plan.qps is None else Words(f", {plan.qps:g} a second", f"，每秒 {plan.qps:g} 个")
    long = Words(
        f"at least {plan.queries:,} queries and {plan.minutes:g} minutes in each of its starts ({plan.sessions})",
        f"产品启动 {plan.sessions} 次，每次至少 {plan.queries:,} 个查询、{plan.minutes:g} 分钟",
    )
    limits = [f"{each.name} {each.limit.text}" for each in plan.requirements]
    facts(
        console,
        {
            Words("Product", "产品"): f"{plan.product.uri} ({identity})",
            Words("Method", "检测方法"): f"{plan.method}/{plan.method_version}",
            Words("Test set", "测试集"): f"{card.label}: {card.title}",
            Words("Samples", "样本"): f"{plan.samples:,} / {card.samples:,}",
            Words("Scenario", "场景"): f"{plan.scenario}: {SCENARIO[plan.scenario]}{offered}",
            Words("Length", "时长"): long,
            Words("Limits", "限值"): ", ".join(limits) or Words("none: nothing will be judged", "无：不作判定"),
            Words("Sessions at once", "并行会话"): plan.workers if plan.workers > 1 else None,
            Words("LoadGen", "LoadGen"): plan.loadgen,
            Words("Plan", "方案"): f"{plan.digest[:DIGEST]}…",
        },
    )
    console.print()


def show_load_report(console: Console, report: LoadReport) -> None:
    """Show what was found under load and what is proved."""
    from rich.text import Text

    _show_table(console, report)
    for finding in report.findings:
        title, estimate = finding.title, finding.estimate
        if finding.new_run is not None:
            said = finding.new_run.sentence
            say(console, Words(f"{title.en}: {said.en}.", f"{title.zh}：{said.zh}。"), 2)
        for flag in estimate.flags if finding.decides else ():
            say(console, Words(f"{title.en}: {flag.en}.", f"{title.zh}：{flag.zh}。"), 2)
    for words in _remarks(report):
        say(console, words, 2)
    console.print()
    say(console, Words("Controls", "对照"), style="bold")
    for control in report.controls:
        mark, style = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "yellow")}[control.held]
        title, because = control.title, control.because
        said = Words(f"{mark} {title.en}: {because.en}", f"{mark} {title.zh}：{because.zh}")
        say(console, said, 2, style)
    console.print()
    headline = Text.assemble(
        str(Words(f"{report.plan.scenario}: ", f"{report.plan.scenario}：")),
        (str(report.verdict.words), STYLES[report.verdict]),
    )
    say(console, headline)
    say(console, Words(f"{report.because.en}.", f"{report.because.zh}。"), 2)
    if not any(finding.decides for finding in report.findings):
        offline = report.plan.scenario == "offline"
        how = "--qps 100" if offline else "--latency-limit p99=100ms"
        say(console, Words(f"Set one with {how}.", f"请设定限值：{how}"), 2)
    for words in _limits_of_what_is_said(report):
        say(console, words, 2)


def _show_table(console: Console, report: LoadReport) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    confidence = f"{report.plan.decision.confidence * 100:g} %"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, highlight=False)
    table.add_column(str(Words("requirement", "要求")))
    for heading in (
        Words("estimate", "估计值"),
        Words(f"lower {confidence}", f"{confidence} 置信下限"),
        Words(f"upper {confidence}", f"{confidence} 置信上限"),
        Words("limit", "限值"),
    ):
        table.add_column(str(heading), justify="right", no_wrap=True)
    table.add_column(str(Words("verdict", "判定")), no_wrap=True)
    for finding in report.findings:
        found, limit = finding.estimate, finding.requirement.limit
        verdict = Text(str(finding.verdict.words), STYLES[finding.verdict]) if finding.decides else Text("")
        shown = (_shown(each, limit.unit) for each in (found.value, found.lower, found.upper))
        table.add_row(str(finding.title), *shown, limit.text, verdict)
    console.print(table)


def _shown(value: float | None, unit: str) -> str:
    """Return a quantity as readers see it.

    Examples
    --------
    >>> _shown(12.3456, "ms"), _shown(None, "ms"), _shown(float("inf"), "ms")
    ('12.35 ms', '—', '∞')
    """
    if value is None:
        return "—"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if unit == "1":
        return f"{value * 100:.3g} %"
    return f"{value:,.0f} {unit}" if abs(value) >= 1000 else f"{value:.4g} {unit}"


def _remarks(report: LoadReport) -> list[Words]:
    """Return what a reader must know of the numbers."""
    said = []
    asked, faults = report.queries, sum(report.faults.values())
    if faults:
        kinds = listed(
            Words(f"{fault.words.en} ({count:,})", f"{fault.words.zh}（{count:,}）")
            for fault, count in report.faults.items()
        )
        first = (
            Words("", "")
            if report.first_fault is None
            else Words(f"; the first: {report.first_fault.en}", f"；首个：{report.first_fault.zh}")
        )
        said.append(
            Words(
                f"{faults:,} of {asked:,} without a usable answer: {kinds.en}{first.en}",
                f"{asked:,} 个中有 {faults:,} 个无可用答案：{kinds.zh}{first.zh}",
            )
        )
    strictest = next((finding.requirement.name for finding in report.findings if finding.decides), None)
    dependence = report.dependences.get(strictest or "", next(iter(report.dependences.values()), None))
    if dependence is not None and dependence.lag_one is not None:
        because, lag = dependence.because, f"{dependence.lag_one:.2f}"
        said.append(
            Words(
                f"Autocorrelation of neighbouring latencies (ranks): {lag}; {because.en}.",
                f"相邻延迟的（秩）自相关系数为 {lag}；{because.zh}。",
            )
        )
    for drift in report.drifts:
        if drift.value == 0.0:
            continue  # no fault in either half
        value, bounds = (
            _signed(drift.value, drift.unit),
            f"{_signed(drift.lower, drift.unit)} … {_signed(drift.upper, drift.unit)}",
        )
        said.append(
            Words(
                f"Drift of {drift.title.en} from start to end: {value} ({bounds}): {drift.words.en}.",
                f"{drift.title.zh}自始至终的漂移：{value}（{bounds}）：{drift.words.zh}。",
            )
        )
    median, most = report.overhead
    said.append(
        Words(
            f"The bench itself, with a product in a process that does nothing: {median:.3f} ms (median), {most:.3f} ms "
            "(p99). It is part of every latency; nothing was taken off.",
            f"检测台自身开销（以不做任何事的进程产品测得）：中位数 {median:.3f} ms，p99 {most:.3f} ms；"
            "已含于各延迟之中，未作扣除。",
        )
    )
    if report.waited is not None:
        said.append(
            Words(
                f"99 % of the queries waited less than {report.waited:.2f} ms for a session that was busy; "
                "a product that works on several at once is asked with --workers.",
                f"99 % 的查询等待空闲会话的时间少于 {report.waited:.2f} ms；可并行处理的产品请用 --workers。",
            )
        )
    said += [Words(f"The product: {note.en}", f"产品：{note.zh}") for note in report.notes]
    return said


def _signed(value: float, unit: str) -> str:
    return _shown(value, unit) if value < 0 else f"+{_shown(value, unit)}"


def _limits_of_what_is_said(report: LoadReport) -> list[Words]:
    said = [
        Words(
            "It relates only to this machine and its other load, this scenario and these samples.",
            "结论仅适用于本机及其当时的其他负载、此场景与这些样本。",
        )
    ]
    if report.plan.sessions == 1 and report.verdict is not Verdict.INVALID:
        said.append(
            Words(
                "One start of the product: another may be quicker or slower (--sessions 10).",
                "仅启动一次产品：另一次启动可能更快或更慢（--sessions 10）。",
            )
        )
    return said
