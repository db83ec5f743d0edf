"""What a verdict means, in a sentence that a buyer understands."""

from __future__ import annotations

from steelyard.core.product import Spoiled
from steelyard.core.verdict import Finding, Verdict
from steelyard.core.words import Words
from steelyard.report._layout import quantity
from steelyard.report.report import Report


def meaning(report: Report) -> Words:
    """Return what the report means, in one sentence.

    It speaks of the requirement on which the verdict turns: the one that failed, or that stayed open.
    """
    for note in report.notes:
        if isinstance(note, Spoiled):
            return Words(f"Nothing can be said: {note.en}.", f"无法作出结论：{note.zh}。")
    deciding = [finding for finding in report.findings if finding.decides]
    turning = [finding for finding in deciding if finding.verdict is report.verdict]
    if report.verdict is Verdict.INVALID or not turning:
        why = turning[0].because if turning else Words("nothing was counted", "没有可计数的样本")
        return Words(f"Nothing can be said: {why.en}.", f"无法作出结论：{why.zh}。")
    if report.verdict is Verdict.CONFORMS:
        count = len(deciding)
        en, zh = (f"all {count} requirements", f"全部 {count} 项要求") if count > 1 else ("the requirement", "要求")
        return Words(
            f"The test proves it: the product meets {en}, even when luck is allowed for.",
            f"检测已证明：即使计入偶然因素，产品仍满足{zh}。",
        )
    finding = turning[0]
    if report.judgements[0].gap is not None:
        gap = report.judgements[0].gap
        return Words(
            f"The test does not cover what the target asks for ({gap.en}); it speaks only of what was tested.",
            f"检测未覆盖目标所要求的范围（{gap.zh}）；结论仅限于所测部分。",
        )
    if report.verdict is Verdict.DOES_NOT_CONFORM:
        return _fails(finding)
    return _open(finding)


def _fails(finding: Finding) -> Words:
    limit, found = finding.requirement.limit, finding.estimate
    bound = quantity(found.lower if limit.upper else found.upper, limit.unit)
    least_en, least_zh = ("at least", "至少为") if limit.upper else ("at most", "至多为")
    return Words(
        f"The test proves that the product misses the target: its {finding.title.en} is {least_en} {bound}, "
        f"and {limit.text} is asked for.",
        f"检测已证明产品未达到目标：{finding.title.zh}{least_zh} {bound}，而要求为 {limit.text}。",
    )


def _open(finding: Finding) -> Words:
    limit, found = finding.requirement.limit, finding.estimate
    if found.lower is None or found.upper is None:
        return Words(f"The test settles nothing: {finding.because.en}.", f"检测尚不能作出结论：{finding.because.zh}。")
    lower, upper = quantity(found.lower, limit.unit), quantity(found.upper, limit.unit)
    return Words(
        f"The test settles nothing yet: the product's {finding.title.en} may be as low as {lower} or as high as "
        f"{upper}, and {limit.text} is asked for.",
        f"检测尚不能作出结论：产品的{finding.title.zh}可能低至 {lower}，也可能高至 {upper}，而要求为 {limit.text}。",
    )
