"""What a verdict means, in a sentence that a buyer understands."""

from __future__ import annotations

from collections.abc import Sequence

from steelyard.core.product import Spoiled
from steelyard.core.specification import Kind, Rule
from steelyard.core.verdict import Finding, Verdict
from steelyard.core.words import Words
from steelyard.report._layout import quantity
from steelyard.report.report import Report


def meaning(report: Report) -> Words:
    """Return what the report means, in one sentence, or one for each kind of requirement.

    It speaks of the requirement on which the verdict turns: the one that failed, or that stayed open. What it says is
    proved hangs on the requirement's kind and on the rule of decision: bounds prove, a value by itself does not.
    """
    for note in report.notes:
        if isinstance(note, Spoiled):
            return Words(f"Nothing can be said: {note.en}.", f"无法作出结论：{note.zh}。")
    deciding = [finding for finding in report.findings if finding.decides]
    turning = [finding for finding in deciding if finding.verdict is report.verdict]
    rule = report.plan.decision.rule
    if report.verdict is Verdict.INVALID or not turning:
        why = turning[0].because if turning else Words("nothing was counted", "没有可计数的样本")
        return Words(f"Nothing can be said: {why.en}.", f"无法作出结论：{why.zh}。")
    if report.verdict is Verdict.CONFORMS:
        return _conforms(deciding, rule)
    finding = turning[0]
    if report.judgements[0].gap is not None:
        gap = report.judgements[0].gap
        return Words(
            f"The test does not cover what the target asks for ({gap.en}); it speaks only of what was tested.",
            f"检测未覆盖目标所要求的范围（{gap.zh}）；结论仅限于所测部分。",
        )
    if report.verdict is Verdict.DOES_NOT_CONFORM:
        return _fails(finding, rule)
    return _open(finding)


def _conforms(deciding: Sequence[Finding], rule: Rule) -> Words:
    """Return one sentence for what a sample shows, and one for each requirement of another kind."""
    sampled = [finding for finding in deciding if finding.requirement.kind is Kind.SAMPLE]
    others = [finding for finding in deciding if finding.requirement.kind is not Kind.SAMPLE]
    said = []
    if sampled:
        count = len(sampled)
        every = Words("all ", "全部 ") if not others else Words("", " ")
        many = Words(f"{every.en}{count} requirements", f"{every.zh}{count} 项要求")
        some = many if count > 1 else Words("the requirement", "要求")
        if others:
            some = Words(f"{some.en} judged on a sample", f"以抽样判定的{some.zh.strip()}")
        said.append(_shown_to_hold(some, sampled[0], rule))
    said += [_holds(finding) for finding in others]
    return Words(" ".join(each.en for each in said), "".join(each.zh for each in said))


def _shown_to_hold(requirements: Words, first: Finding, rule: Rule) -> Words:
    en, zh = requirements.en, requirements.zh
    if rule is Rule.GUARDED:
        return Words(
            f"The test proves it: the product meets {en}, even when luck is allowed for.",
            f"检测已证明：即使计入偶然因素，产品仍满足{zh}。",
        )
    limit = first.requirement.limit
    value = quantity(first.estimate.value, limit.unit)
    return Words(
        f"The product met {en} in this test ({first.title.en} {value}, {limit.text} asked for), which proves nothing "
        "more: the value alone was compared, and luck is not allowed for.",
        f"本次检测中产品满足{zh}（{first.title.zh} {value}，要求 {limit.text}），但不足以证明更多："
        "仅比较估计值本身，未计入偶然因素。",
    )


def _holds(finding: Finding) -> Words:
    if finding.requirement.kind is Kind.CENSUS:
        return _listed_items(finding, Words("which it meets", "满足要求"))
    found, limit, title = finding.estimate, finding.requirement.limit, finding.title
    hidden = found.upper if limit.upper else found.lower
    seen = f"{found.opportunities:,.10g}"
    may = Words("", "")
    if hidden is not None:
        confidence = f"{found.confidence * 100:g} %"
        bound = quantity(hidden, limit.unit)
        way = Words("as high as", "高达") if limit.upper else Words("as low as", "低至")
        may = Words(
            f": its {title.en} may still be {way.en} {bound} (one-sided {confidence} bound)",
            f"：{title.zh}仍可能{way.zh} {bound}（单侧 {confidence} 置信界限）",
        )
    return Words(
        f"No violation was seen in {seen}, which zero tolerance asks for, and which does not prove that there is "
        f"none{may.en}.",
        f"{seen} 例中未见违反，符合零容忍要求，但不证明没有违反{may.zh}。",
    )


def _listed_items(finding: Finding, then: Words) -> Words:
    found, limit, title = finding.estimate, finding.requirement.limit, finding.title
    value = quantity(found.value, limit.unit)
    return Words(
        f"On the listed items that were tested ({found.units:,}) its {title.en} is {value}, and {limit.text} is asked "
        f"for, {then.en}; nothing is said of other items.",
        f"在所检测的列出各项（{found.units:,}）上，{title.zh}为 {value}，而要求为 {limit.text}，{then.zh}；"
        "结论不涉及其他项。",
    )


def _fails(finding: Finding, rule: Rule) -> Words:
    limit, found, title = finding.requirement.limit, finding.estimate, finding.title
    kind = finding.requirement.kind
    if kind is Kind.CENSUS:
        return _listed_items(finding, Words("which it misses", "未满足要求"))
    if kind is Kind.ZERO_TOLERANCE:
        seen, of = f"{found.events:,.10g}", f"{found.opportunities:,.10g}"
        return Words(
            f"The product misses the target: {seen} of {of} count as violations ({title.en}), and one is too many.",
            f"产品未达到目标：{of} 例中有 {seen} 例违反（{title.zh}），出现一次即不合格。",
        )
    if rule is Rule.SIMPLE:
        value = quantity(found.value, limit.unit)
        return Words(
            f"The product missed the target in this test: its {title.en} is {value}, and {limit.text} is asked for; "
            "the value alone was compared, and luck is not allowed for.",
            f"本次检测中产品未达到目标：{title.zh}为 {value}，而要求为 {limit.text}；"
            "仅比较估计值本身，未计入偶然因素。",
        )
    favourable = found.lower if limit.upper else found.upper
    if favourable is None or limit.holds(favourable):
        return Words(f"The product misses the target: {finding.because.en}.", f"产品未达到目标：{finding.because.zh}。")
    bound = quantity(favourable, limit.unit)
    least_en, least_zh = ("at least", "至少为") if limit.upper else ("at most", "至多为")
    return Words(
        f"The test proves that the product misses the target: its {title.en} is {least_en} {bound}, "
        f"and {limit.text} is asked for.",
        f"检测已证明产品未达到目标：{title.zh}{least_zh} {bound}，而要求为 {limit.text}。",
    )


def _open(finding: Finding) -> Words:
    limit, found = finding.requirement.limit, finding.estimate
    ends = found.lower, found.upper
    between = None not in ends and limit.holds(found.lower or 0.0) is not limit.holds(found.upper or 0.0)
    if finding.requirement.kind is not Kind.SAMPLE or not between:
        title, because = finding.title, finding.because
        return Words(
            f"The test settles nothing yet ({title.en} {limit.text}): {because.en}.",
            f"检测尚不能作出结论（{title.zh} {limit.text}）：{because.zh}。",
        )
    lower, upper = quantity(found.lower, limit.unit), quantity(found.upper, limit.unit)
    return Words(
        f"The test settles nothing yet: the product's {finding.title.en} may be as low as {lower} or as high as "
        f"{upper}, and {limit.text} is asked for.",
        f"检测尚不能作出结论：产品的{finding.title.zh}可能低至 {lower}，也可能高至 {upper}，而要求为 {limit.text}。",
    )
