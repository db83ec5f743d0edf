"""What there is: specifications, methods, sets and ways to reach a product, for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from steelyard.bench.trial import obstacle
from steelyard.core.card import Card
from steelyard.core.method import Direction, Method
from steelyard.core.specification import Clause, Kind, Reading, Specification
from steelyard.core.words import Words, listed
from steelyard.report._layout import facts, quantity, say, table

if TYPE_CHECKING:
    from rich.console import Console

KINDS = {
    Kind.SAMPLE: Words("", ""),
    Kind.CENSUS: Words(" (census)", "（全数）"),
    Kind.ZERO_TOLERANCE: Words(" (zero tolerance)", "（零容忍）"),
    Kind.STATISTIC: Words(" (statistic, tracked)", "（统计数字，仅跟踪）"),
}
AXES = {
    "intelligence": Words("intelligence", "智能水平"),
    "reliability": Words("reliability", "可靠性"),
    "security": Words("security", "安全性"),
    "supply": Words("supply", "产业供给"),
}


def show_specifications(console: Console, specifications: Sequence[Specification], names: Sequence[str]) -> None:
    """List specifications, and how many of their clauses can be tested."""
    rows = table(
        Words("name", "名称"), Words("document", "文件"), Words("clauses", "条款"), Words("testable", "可检测")
    )
    for name, specification in zip(names, specifications, strict=True):
        testable = sum(
            any(obstacle(reading) is None for reading in clause.readings) for clause in specification.clauses
        )
        title = f"{specification.document} {specification.title}"
        rows.add_row(name, title, str(len(specification.clauses)), str(testable))
    console.print(rows)


def show_specification(console: Console, specification: Specification, clauses: Iterable[Clause]) -> None:
    """Show clauses whole: original words, meaning, readings and why."""
    say(console, f"{specification.document} · {specification.title}", style="bold")
    rule, confidence = specification.decision.rule.words, f"{specification.decision.confidence * 100:g} %"
    said = Words(
        f"Edition {specification.edition}; decision rule: {rule.en}, {confidence} one-sided each",
        f"{specification.edition} 版；判定规则：{rule.zh}，各项单侧置信水平 {confidence}",
    )
    say(console, said, style="dim")
    for clause in clauses:
        console.print()
        axis = AXES[clause.axis]
        binding = Words("", "") if clause.binding == "hard" else Words(", soft", "，软性")
        say(console, f"{clause.name} · {clause.where} · {axis}{binding}", style="bold")
        say(console, clause.words, 2, "italic")
        say(console, str(clause.meaning), 2)
        if clause.silent_on:
            names = listed(clause.silent_on)
            silent = Words(f"The text is silent on: {names.en}.", f"原文未规定：{names.zh}。")
            say(console, silent, 2, "dim")
        if clause.remark is not None:
            say(console, str(clause.remark), 2, "dim")
        for reading in clause.readings:
            _show_reading(console, reading)


def _show_reading(console: Console, reading: Reading) -> None:
    why_not = obstacle(reading)
    mark = Words("can be tested", "可检测") if why_not is None else why_not
    other = Words("", "") if reading.primary else Words(", other reading", "，其他解读")
    heading = f"{reading.name} ({reading.method or '—'}{other}): {mark}"
    say(console, heading, 4, "green" if why_not is None else "yellow")
    say(console, str(reading.because), 6)
    for requirement in reading.requirements:
        say(console, f"{requirement.indicator} {requirement.limit.text}{KINDS[requirement.kind]}", 6, "bold")
    conditions = [
        (Words("under", "条件"), reading.under),
        (Words("every", "每个"), reading.every),
        (Words("resampled by", "抽样单元"), reading.cluster),
        (Words("claims at most", "至多声称"), reading.claim and str(reading.claim)),
    ]
    if reading.coverage is not None:
        each = "".join(f", ≥ {count} {unit}" for unit, count in reading.coverage.each.items())
        kind = Words("mean over", "平均") if reading.mean_over else Words("covers", "覆盖")
        conditions.append((kind, f"≥ {reading.coverage.at_least} {reading.coverage.group}{each}"))
    held = [(name, value) for name, value in conditions if value]
    said = Words(
        "; ".join(f"{name.en}: {value}" for name, value in held),
        "；".join(f"{name.zh}：{value}" for name, value in held),
    )
    if held:
        say(console, said, 6, "dim")


def show_methods(console: Console, methods: Iterable[Method]) -> None:
    """List methods by their question."""
    rows = table(Words("method", "检测方法"), Words("question", "问题"), Words("indicators", "指标"))
    for method in methods:
        rows.add_row(method.name, str(method.question), str(len(method.indicators)))
    console.print(rows)


def show_method(console: Console, method: Method) -> None:
    """Show a method whole: input, output, indicators and examples."""
    say(console, f"{method.name}/{method.version} · {method.question}", style="bold")
    facts(
        console,
        {
            Words("input", "输入") if method.observation is None else Words("scenario", "场景"): method.input,
            **({} if method.observation is None else {Words("observation", "观测"): method.observation}),
            Words("output", "输出"): method.output,
            Words("as JSON", "JSON 形式"): method.output.schema(),
        },
    )
    rows = table(Words("indicator", "指标"), Words("title", "名称"), Words("better", "更优"), Words("counts", "计数"))
    better = {Direction.HIGHER: Words("higher", "高"), Direction.LOWER: Words("lower", "低")}
    for indicator in method.indicators:
        counts = Words(
            f"{indicator.events.en} of {indicator.opportunities.en}",
            f"{indicator.opportunities.zh}中的{indicator.events.zh}",
        )
        rows.add_row(indicator.name, str(indicator.title), str(better[indicator.direction]), str(counts))
    console.print(rows)
    for example in method.examples:
        values = ", ".join(f"{name} {quantity(value, method.indicator(name).unit)}" for name, value in example.values)
        say(console, f"{example.reference!r} → {example.output!r}: {example.says} ({values})", 2)


def show_cards(console: Console, cards: Sequence[Card]) -> None:
    """List sets, a line each: whoever wants more of one asks for its card."""
    rows = table(Words("name", "名称"), Words("samples", "样本"), Words("methods", "方法"), Words("what it is", "说明"))
    name, samples, methods, title = rows.columns
    name.min_width = max((len(card.label) for card in cards), default=0)
    samples.min_width, samples.justify = len("samples"), "right"
    methods.min_width, methods.max_width = len("speech.recognition"), len("medical.probability,")
    title.no_wrap, title.overflow = True, "ellipsis"
    taken = name.min_width + samples.min_width + methods.max_width + 3 * len(rows.columns)
    title.max_width = max(20, console.width - taken)
    for card in cards:
        rows.add_row(card.label, f"{card.samples:,}", ", ".join(card.methods) or "—", str(card.title))
    console.print(rows)


def show_card(console: Console, card: Card) -> None:
    """Show a card whole."""
    say(console, f"{card.label} · {card.title}", style="bold")
    splits = ", ".join(f"{name} {count:,}" for name, count in card.splits.items())
    values = {
        Words("samples", "样本"): f"{card.samples:,} ({splits})",
        Words("split by", "划分规则"): card.split_rule,
        Words("input", "输入"): dict(card.input)
        if card.input
        else (Words("none: recorded answers only", "无：仅答案记录") if card.answers else Words("none", "无")),
        Words("reference", "参考答案"): card.reference,
        Words("judged by", "评定人数"): card.raters,
        Words("adjudication", "裁定"): card.adjudication,
        Words("wrong at most", "错误至多"): None
        if card.reference_error is None
        else quantity(card.reference_error, "1"),
        Words("groups", "分组"): ", ".join(card.groups),
        Words("units", "抽样单元"): ", ".join(card.units),
        Words("recorded answers", "答案记录"): ", ".join(f"{name} ({words})" for name, words in card.answers.items()),
        Words("methods", "方法"): ", ".join(card.methods),
        Words("scope", "适用范围"): card.scope,
        Words("licence", "许可"): card.licence,
        Words("source", "来源"): card.source,
        Words("citation", "引用"): card.citation,
        Words("digest", "摘要"): card.digest,
    }
    facts(console, values)


def show_schemes(console: Console, schemes: Mapping[str, ModuleType]) -> None:
    """List ways to reach a product."""
    rows = table(Words("scheme", "方式"), Words("example", "示例"), Words("what it is", "说明"))
    for name, module in schemes.items():
        rows.add_row(f"{name}:", module.EXAMPLE, str(module.ABOUT))
    console.print(rows)


def show_scheme(console: Console, name: str, module: ModuleType) -> None:
    """Show one way to reach a product whole."""
    say(console, f"{name}:", style="bold")
    values = {Words("example", "示例"): module.EXAMPLE, Words("what it is", "说明"): module.ABOUT}
    if hasattr(module, "listed"):
        values[Words("there is", "现有")] = ", ".join(f"{name}:{each}" for each in module.listed())
    facts(console, values)
