"""A model card in Markdown, headed by the metadata that Hugging Face reads (``model-index``).

People read every sentence in both languages; programs read the block of YAML at the head, where each finding of the
deciding reading is a metric with its bounds, limit and verdict as arguments. What has no value is no metric: the table
below says so. The product's own words are text here and never Markdown, whoever wrote them.

Source: Mitchell et al., Model Cards for Model Reporting, 2019; Hugging Face, Hub documentation, model cards
(``modelcard.md``, section model-index).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import Any

from steelyard.core.specification import Kind
from steelyard.core.verdict import Finding
from steelyard.core.words import Words
from steelyard.report._layout import bound, decision, quantity, remarks, spread, what
from steelyard.report.exports import VerifiedReport
from steelyard.report.exports._sayings import (
    about_bounds,
    bounds_of,
    clause_name,
    croissant,
    dataset_name,
    findings,
    identity,
    product_name,
)
from steelyard.report.report import Report

ABOUT = Words(
    "model-card (Markdown, with the metadata that Hugging Face reads)",
    "model-card（Markdown 模型卡片，含 Hugging Face 可读的元数据）",
)
MEDIA_TYPE = "text/markdown"
ENDING = ".md"
HEADINGS = ("requirement 要求", "estimate 估计值", "lower 下限", "upper 上限", "limit 限值", "verdict 判定")


def export(found: VerifiedReport) -> bytes:
    """Return the card."""
    report = found.report
    said = [
        f"---\n{_head(found)}---",
        f"# {_text(product_name(report))}",
        *_product(report),
        *_verdict(report),
        *_tables(report),
        *_limits(report),
        *_evidence(found),
    ]
    return ("\n\n".join(said) + "\n").encode()


def _head(found: VerifiedReport) -> str:
    """Return the metadata: YAML that holds nothing but texts and numbers."""
    import yaml

    report = found.report
    results = {
        "task": {"type": report.plan.method, "name": f"{report.plan.method}/{report.plan.method_version}"},
        "dataset": {
            "type": report.card.name,
            "name": report.card.title.en,
            "config": report.plan.test_set,
            "split": report.plan.split,
            "revision": report.plan.test_set_digest,
        },
        "metrics": [
            _metric(report, finding)
            for finding in report.findings
            if finding.estimate.value is not None  # no data is no value; the table says so
        ],
        "source": {"name": f"Steelyard, {clause_name(report)}: {report.verdict.value}", "url": found.urn},
    }
    head = {
        "tags": ["steelyard"],
        "model-index": [{"name": product_name(report), "results": [results] if results["metrics"] else []}],
    }
    made: str = yaml.safe_dump(head, allow_unicode=True, sort_keys=False, width=2**31)
    return made


def _metric(report: Report, finding: Finding) -> dict[str, Any]:
    lower, upper = bounds_of(finding)
    return {
        "type": finding.requirement.indicator,
        "value": finding.estimate.value,
        "name": what(finding, report.card).en,
        "args": {
            "scope": dict(finding.scope),
            "lower": lower,
            "upper": upper,
            "confidence": finding.estimate.confidence,
            "sided": "one",
            "method": finding.estimate.method,
            "unit": finding.requirement.limit.unit,
            "limit": finding.requirement.limit.text,
            "verdict": finding.verdict.value,
            "decides": finding.decides,
        },
    }


def _product(report: Report) -> list[str]:
    plan, card = report.plan, report.plan.product_card
    said = [_text(plan.product.uri), *_lines([identity(report)])]
    if card is not None:
        facts = {
            Words("Version", "版本"): card.version,
            Words("Maker, as declared", "研制者（据声明）"): card.maker,
        }
        said += _lines(Words(f"{name.en}: {value}", f"{name.zh}：{value}") for name, value in facts.items() if value)
        if card.intended_use is not None:
            use = card.intended_use
            said += ["## Intended use, as declared · 预期用途（据声明）", *_lines([use])]
    return said


def _verdict(report: Report) -> list[str]:
    name, verdict = clause_name(report), report.verdict.words
    only = report.only
    for_only = Words("", "") if only is None else Words(f", for {only.en} only", f"（仅就{only.zh}而言）")
    depends = Words(" (depends on the reading)", "（取决于解读）") if report.depends_on_reading else Words("", "")
    reading = report.plan.clause.readings[0]
    ruled = decision(report.plan.decision, reading)
    return [
        f"## {_text(name)}: {verdict.en} · {verdict.zh}",
        f"> {_text(report.clause.words)}",
        *_lines([report.clause.meaning]),
        *_lines(
            [
                Words(
                    f"Verdict: {verdict.en}{for_only.en}{depends.en}.", f"判定：{verdict.zh}{for_only.zh}{depends.zh}。"
                )
            ]
        ),
        *_lines(
            [
                Words(
                    f"Decision: {ruled.en}; {report.plan.attempts.en}.",
                    f"判定规则：{ruled.zh}；{report.plan.attempts.zh}。",
                )
            ]
        ),
        *_lines(report.claims),
    ]


def _tables(report: Report) -> list[str]:
    said = ["## Results · 结果"]
    for judgement in report.judgements:
        reading = report.plan.clause.reading(judgement.reading)
        said += [
            f"### {_text(judgement.reading)}: {judgement.verdict.words.en} · {judgement.verdict.words.zh}",
            *_lines([reading.because, *([] if judgement.gap is None else [judgement.gap])]),
            _table(report, judgement.findings),
            *_lines(remarks(judgement.findings, report.card)),
        ]
    for name, found in report.groups.items():
        title = report.card.groups.get(name) or report.card.units.get(name) or Words(name, name)
        said += [f"### By {_text(title.en)} · 按{_text(title.zh)}分组", _table(report, found)]
        said += _lines([Words("Results of groups decide nothing.", "分组结果不影响判定。")])
    said += _lines([about_bounds(report), *map(spread, report.repeatability)])
    for name, why in report.not_judged.items():
        said += _lines([Words(f"The reading {name} was not judged: {why.en}.", f"未按解读 {name} 判定：{why.zh}。")])
    return said


def _table(report: Report, found: Sequence[Finding]) -> str:
    rows = [HEADINGS, ("---", "---:", "---:", "---:", "---:", "---")]
    for finding in found:
        unit, title = finding.requirement.limit.unit, what(finding, report.card)
        census = " (census 全数)" if finding.requirement.kind is Kind.CENSUS else ""
        rows.append(
            (
                _text(f"{title.en} {title.zh}{census}"),
                _text(quantity(finding.estimate.value, unit)),
                _text(bound(finding, upper=False)),
                _text(bound(finding, upper=True)),
                _text(finding.requirement.limit.text),
                f"{finding.verdict.words.en} {finding.verdict.words.zh}",
            )
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _limits(report: Report) -> list[str]:
    failures = [
        Words(
            f"{each.count:,} times asked without a usable answer ({each.fault.words.en}), counted against the product.",
            f"{each.count:,} 次提问无可用答案（{each.fault.words.zh}），按对产品不利计。",
        )
        for each in report.failures
    ]
    notes = [Words(f"The product: {note.en}", f"产品：{note.zh}") for note in report.notes]
    stopped = [] if report.stopped is None else [report.stopped]
    return ["## Limitations · 局限", *_lines([*report.non_claims, *failures, *notes, *stopped])]


def _evidence(found: VerifiedReport) -> list[str]:
    report = found.report
    values = sum(1 for each in findings(report) if each.finding.estimate.value is not None)
    return [
        "## Test set · 测试集",
        *_lines([report.card.title, Words(f"{report.card.reference.en}.", f"{report.card.reference.zh}。")]),
        f"{_text(dataset_name(report))} {_text(report.plan.test_set_digest)}",
        *_lines([croissant(report)]),
        "## Evidence · 证据",
        *_lines(
            [
                Words(
                    f"The bundle {found.bundle} says all {values} values; the rows that they were computed from are "
                    "withheld, and nobody can compute them again from it.",
                    f"报告包 {found.bundle} 载有全部 {values} 个数值；其所依据的逐行计数已封存，无法据此重新计算。",
                )
                if found.withheld
                else Words(
                    f"The bundle {found.bundle} holds what all {values} values were computed from; steelyard verify "
                    "computes them again.",
                    f"报告包 {found.bundle} 含有全部 {values} 个数值的计算依据；steelyard verify 可重新计算。",
                ),
                Words(f"Plan: {found.plan_digest}.", f"方案：{found.plan_digest}。"),
                Words(f"Assurance: {report.plan.assurance}.", f"保证等级：{report.plan.assurance}。"),
                Words(f"Made: {report.created}.", f"时间：{report.created}。"),
            ]
        ),
    ]


def _lines(words: Iterable[Words]) -> list[str]:
    """Return paragraphs, the languages under each other."""
    return [_text(each.en) if each.en == each.zh else f"{_text(each.en)}\\\n{_text(each.zh)}" for each in words]


def _text(text: str) -> str:
    r"""Return a text as Markdown that shows it and nothing else: on one line, no markup, no HTML.

    Examples
    --------
    >>> _text("a|b <script> [x](y)\n# *z*")
    'a\\|b &lt;script&gt; \\[x\\](y) \\# \\*z\\*'
    """
    escaped = html.escape(re.sub(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+", " ", text).strip(), quote=False)
    escaped = re.sub(r"([\\`*_\[\]|#~$!@])", r"\\\1", escaped)
    escaped = re.sub(r":(?=//)|(?<=www)\.", r"\\\g<0>", escaped, flags=re.IGNORECASE)
    # What begins a line begins no list, quotation or rule, and no address becomes a link by itself.
    escaped = re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", escaped)
    return re.sub(r"^([-+=:])", r"\\\1", escaped)
