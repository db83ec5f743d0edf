"""Two bounds and a limit: what is proved.

The ``guarded`` rule (guarded acceptance and guarded rejection, JCGM 106:2012 clause 8): *conforms* when the
unfavourable one-sided bound is inside the limit, *does not conform* when the favourable one is outside, else
*undetermined*. A product that lies just at the limit is accepted with a probability of at most 1 − confidence
(docs/statistics.md gives figures). The ``simple`` rule (simple acceptance) compares the value itself, whatever the
bounds are: a specification must ask for it by name.
"""

from __future__ import annotations

from steelyard.core.specification import Kind, Limit, Rule
from steelyard.core.verdict import Estimate, Verdict
from steelyard.core.words import Words


def decide(
    estimate: Estimate, limit: Limit, kind: Kind = Kind.SAMPLE, rule: Rule = Rule.GUARDED
) -> tuple[Verdict, Words]:
    """Return the verdict, and why.

    Parameters
    ----------
    estimate : Estimate
        Value and bounds, in the limit's unit.
    limit : Limit
        The comparison that must hold.
    kind : Kind
        A census compares the value itself; ``zero_tolerance`` asks that no event was seen.
    rule : Rule
        How a sample's bounds become a verdict.
    """
    if estimate.value is None:
        return Verdict.UNDETERMINED, Words("nothing of the kind was counted", "没有可计数的此类样本")
    if kind is Kind.CENSUS:
        if limit.holds(estimate.value):
            return Verdict.CONFORMS, Words("every listed item was tested", "列出的各项均已检测")
        return Verdict.DOES_NOT_CONFORM, Words("every listed item was tested", "列出的各项均已检测")
    if kind is Kind.ZERO_TOLERANCE and estimate.events > 0:
        return Verdict.DOES_NOT_CONFORM, Words("one violation is one too many", "出现一次即不合格")
    if kind is Kind.SAMPLE and rule is Rule.SIMPLE:
        because = Words("the value itself is compared (simple acceptance)", "仅比较估计值本身（简单接受）")
        return (Verdict.CONFORMS if limit.holds(estimate.value) else Verdict.DOES_NOT_CONFORM), because
    if estimate.lower is None or estimate.upper is None:
        return Verdict.UNDETERMINED, Words("too few units for any bound", "抽样单元太少，无法给出界限")
    if kind is Kind.ZERO_TOLERANCE:
        return Verdict.CONFORMS, Words(
            "no violation was seen; the bound says what may hide", "未见违反；界限表明可能的隐患"
        )
    if not estimate.decisive:
        return Verdict.UNDETERMINED, Words("too few units to decide", "抽样单元太少，不能判定")
    unfavourable, favourable = (estimate.upper, estimate.lower) if limit.upper else (estimate.lower, estimate.upper)
    if limit.holds(unfavourable):
        return Verdict.CONFORMS, Words("even the unfavourable bound is inside the limit", "不利一侧的界限仍在限值之内")
    if not limit.holds(favourable):
        return Verdict.DOES_NOT_CONFORM, Words(
            "even the favourable bound is outside the limit", "有利一侧的界限仍在限值之外"
        )
    return Verdict.UNDETERMINED, Words("the limit lies between the bounds", "限值位于两界限之间")
