"""A trial and its report for the terminal, in the user's language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.bench.handshake import Handshake
from steelyard.bench.trial import Trial
from steelyard.core.card import Card
from steelyard.core.verdict import Finding, Judgement, Verdict
from steelyard.core.words import Words
from steelyard.report._layout import advises, bound, decision, facts, quantity, remarks, say, spread, what
from steelyard.report.report import Report

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

DIGEST = len("sha256:") + 12
"""So much of a digest is shown; the report holds all of it."""
IN_SEQUENCE = "betting"
"""Bounds that hold at whichever cluster one looks begin with this name."""
PEOPLE = frozenset({"patient", "speaker", "person", "subject", "rater", "reader", "user"})
"""Units that Chinese counts as people."""
SHOWN = 8
"""Most answers, or faults, that a handshake shows."""
STYLES = {
    Verdict.CONFORMS: "bold green",
    Verdict.DOES_NOT_CONFORM: "bold red",
    Verdict.UNDETERMINED: "bold yellow",
    Verdict.INVALID: "bold magenta",
}


def show_trial(console: Console, trial: Trial) -> None:
    """Say what is tested, on what, and how, before it starts."""
    plan, card, reading = trial.plan, trial.test_set.card, trial.readings[0]
    ruled = decision(plan.decision, reading)
    say(console, f"{plan.specification}#{plan.clause.name} · {plan.clause.where}", style="bold")
    say(console, plan.clause.words, 2, "italic")
    say(console, plan.clause.meaning, 2)
    console.print()
    facts(
        console,
        {
            Words("Product", "产品"): f"{plan.product.uri} ({_identity(trial)})",
            Words("Reading", "解读"): f"{reading.name}: {reading.because}",
            Words("Method", "检测方法"): f"{plan.method}/{plan.method_version}: {trial.method.question}",
            Words("Test set", "测试集"): f"{card.label}: {card.title}",
            Words("Sealed to", "密封承诺"): "" if trial.test_set.sealing is None else f"{card.digest[:DIGEST]}…",
            Words("Samples", "样本"): _samples(trial),
            Words("Decision", "判定"): Words(f"{ruled.en}; {plan.attempts.en}", f"{ruled.zh}；{plan.attempts.zh}"),
            **({} if plan.isolation == "none" else {Words("Isolation", "隔离"): plan.isolation}),
            Words("Plan", "方案"): f"{plan.digest[:DIGEST]}…",
        },
    )
    console.print()


def show_scope(console: Console, card: Card) -> None:
    """Say what a verdict from this set may speak of."""
    if card.scope is not None:
        say(console, card.scope, style="italic")
        console.print()


def show_at_best(console: Console, judgements: Sequence[Judgement], card: Card) -> None:
    """Say what this set can show at best, before anything is asked."""
    heading = Words(
        "What this set can show at best, of a product without any error:", "本数据集至多能证明（假设产品毫无错误）："
    )
    say(console, heading, style="bold")
    for finding in judgements[0].findings:
        if not finding.decides:
            continue
        say(console, _with_verdict(f"{what(finding, card)} {finding.requirement.limit.text}: ", finding.verdict), 2)
        if finding.new_run is not None and advises(finding):
            say(console, finding.new_run.sentence, 4)
        elif finding.verdict is Verdict.UNDETERMINED and finding.estimate.method.startswith(IN_SEQUENCE):
            say(console, _not_even_without_error(finding), 4)
        elif finding.verdict is not Verdict.CONFORMS:
            say(console, finding.because, 4)
    console.print()


def _not_even_without_error(finding: Finding) -> Words:
    """Return why a sequential plan cannot settle it on this set; nothing was asked yet."""
    units = f"{finding.estimate.units:,}"
    return Words(
        f"Nothing was asked yet: by this sequential plan even all {units} that count, without any error, do not settle "
        f"it.",
        f"尚未提问：按此序贯方案，即使计入的全部 {units} 个毫无错误，也不能判定。",
    )


def show_report(console: Console, report: Report) -> None:
    """Show what was found and what is proved."""
    deciding, *others = report.judgements
    _show_judgement(console, report, deciding)
    for judgement in others:
        if judgement.verdict is not report.verdict:
            say(
                console, Words(f"Under the reading {judgement.reading}:", f"按解读 {judgement.reading}："), style="bold"
            )
            _show_judgement(console, report, judgement)
    if report.stopped is not None:
        say(console, report.stopped)
    for repeated in report.repeatability:
        say(console, spread(repeated))
    for failure in report.failures:
        first = (
            Words("", "")
            if failure.first is None
            else Words(f"; the first: {failure.first.en}", f"；首个：{failure.first.zh}")
        )
        times = "once" if failure.count == 1 else f"{failure.count:,} times"
        said = Words(
            f"Asked {times} without a usable answer ({failure.fault.words.en}), counted against the product{first.en}",
            f"{failure.count:,} 次提问无可用答案（{failure.fault.words.zh}），按对产品不利计{first.zh}",
        )
        say(console, said, style="yellow")
    for note in report.notes:
        say(console, Words(f"The product: {note.en}", f"产品：{note.zh}"), style="yellow")
    agreeing = ", ".join(judgement.reading for judgement in others if judgement.verdict is report.verdict)
    if agreeing:
        say(console, Words(f"The same verdict under the readings: {agreeing}.", f"按以下解读结论相同：{agreeing}。"))
    for name, why in report.not_judged.items():
        not_judged = Words(f"The reading {name} was not judged: {why.en}.", f"未按解读 {name} 判定：{why.zh}。")
        say(console, not_judged, style="dim")
    console.print()
    _show_verdict(console, report)
    if report.path is not None:
        page = Path(report.path).with_suffix(".html")
        console.print()
        console.print(str(Words(f"Report: {page} and {report.path}", f"报告：{page} 与 {report.path}")), soft_wrap=True)


def show_handshake(console: Console, handshake: Handshake) -> None:
    """Show a few answers, and what is wrong with those that cannot be scored."""
    count = len(handshake.probes)
    say(console, Words(f"Asked {count}: {handshake.asked.en}", f"提问 {count} 个：{handshake.asked.zh}"), style="bold")
    good = [probe for probe in handshake.probes if probe.fault is None]
    for probe in good[:SHOWN]:
        shown = repr(probe.output) if len(repr(probe.output)) <= 60 else repr(probe.output)[:57] + "…"
        say(console, f"✓ {probe.sample}: {shown}", 2, "green")
    faults: dict[str, int] = {}
    for probe in handshake.probes:
        if probe.fault is not None:
            what = f"{probe.fault.words}: {probe.detail}" if probe.detail else str(probe.fault.words)
            faults[what] = faults.get(what, 0) + 1
    for what, times in list(faults.items())[:SHOWN]:
        say(console, f"✗ {times}×: {what}", 2, "red")
    for note in handshake.notes:
        say(console, f"! {note}", 2, "yellow")
    said = Words(f"{len(good)} of {count} answers can be scored.", f"{count} 个答案中 {len(good)} 个可评分。")
    say(console, said, style="bold")


def _show_verdict(console: Console, report: Report) -> None:
    first = report.judgements[0]
    headline = _with_verdict(f"{report.plan.specification}#{report.clause.name}: ", report.verdict)
    if report.only is not None:
        headline.append(str(Words(f", for {report.only.en} only", f"（仅就{report.only.zh}而言）")))
    if report.depends_on_reading:
        headline.append(str(Words(" (depends on the reading)", "（取决于解读）")), "bold")
    if report.clause.binding == "soft":
        headline.append(str(Words(" (a soft target: reported, never failed)", "（软性目标：仅报告，不判不合格）")))
    say(console, headline)
    if first.gap is not None:
        say(console, first.gap, 2)
        for finding in first.findings:
            if not finding.decides:
                say(console, _with_verdict(f"{what(finding, report.card)}: ", finding.verdict), 2)
    for words in (*report.claims, *report.non_claims):
        say(console, words, 2)


def _show_judgement(console: Console, report: Report, judgement: Judgement) -> None:
    console.print(_table(judgement.findings, report))
    for words in remarks(judgement.findings, report.card):
        say(console, words, 2)
    console.print()


def _table(findings: Iterable[Finding], report: Report) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    confidence = f"{report.plan.decision.confidence * 100:g} %"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, highlight=False)
    table.add_column(str(Words("requirement", "要求")), overflow="fold")
    table.add_column(str(Words("clause", "条款")), no_wrap=True)
    for heading in (
        Words("estimate", "估计值"),
        Words(f"lower {confidence}", f"单侧 {confidence}\n置信下限"),
        Words(f"upper {confidence}", f"单侧 {confidence}\n置信上限"),
        Words("limit", "限值"),
    ):
        table.add_column(str(heading), justify="right", no_wrap=True)
    table.add_column(str(Words("verdict", "判定")), no_wrap=True)
    for finding in findings:
        found, unit = finding.estimate, finding.requirement.limit.unit
        table.add_row(
            Text(str(what(finding, report.card))),
            report.clause.where,
            quantity(found.value, unit),
            bound(finding, upper=False),
            bound(finding, upper=True),
            finding.requirement.limit.text,
            Text(str(finding.verdict.words), STYLES[finding.verdict]),
        )
    return table


def _with_verdict(text: str, verdict: Verdict) -> Text:
    from rich.text import Text

    return Text.assemble(text, (str(verdict.words), STYLES[verdict]))


def _identity(trial: Trial) -> Words:
    identity = trial.plan.product
    if identity.kind == "digest" and identity.digest:
        short = f"{identity.digest[:DIGEST]}…"
        return Words(f"{short}, the digest of {identity.covers.en}", f"{short}，摘要对象：{identity.covers.zh}")
    return Words(f"declared: {identity.covers.en}", f"声明：{identity.covers.zh}")


def _samples(trial: Trial) -> Words:
    card, plan = trial.test_set.card, trial.plan
    counts = {
        (words, "名" if name in PEOPLE else "个"): len(set(trial.test_set.codes(name)[0][trial.positions]))
        for name, words in card.units.items()
    }
    units_en = "".join(f", {count:,} {words.en}" for (words, _), count in counts.items())
    units_zh = "".join(f"，{count:,} {counter}{words.zh}" for (words, counter), count in counts.items())
    return Words(
        f"{plan.samples:,} of {card.samples:,} (split {plan.split}){units_en}",
        f"{card.samples:,} 个中的 {plan.samples:,} 个（划分 {plan.split}）{units_zh}",
    )
