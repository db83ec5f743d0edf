"""The uncertainty budget of a finding: what makes it uncertain, by how much, and what was not evaluated.

In the spirit of JCGM 100:2008 (GUM) and EA-4/16: a line for each source, with its standard uncertainty and degrees of
freedom where there are any, and in words where there are none. It is made of what ``report.json`` holds (finding, plan,
card, repeats) and of nothing else, so that a stranger finds the same. It decides nothing: the verdict rests on the two
one-sided bounds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from steelyard.bench.repeatability import Repeatability
from steelyard.core.card import Card
from steelyard.core.plan import Plan
from steelyard.core.specification import Kind
from steelyard.core.verdict import Finding
from steelyard.core.words import Words
from steelyard.report._layout import quantity, what
from steelyard.report.laboratory._budget_sources import (
    Component,
    Standing,
    condition,
    instrument,
    is_timed,
    reference_answers,
    sampling,
    session,
)
from steelyard.report.laboratory._figures import uncertainty

PROBABILITY = 0.95
"""Of the expanded uncertainty, on both sides together."""


@dataclass(frozen=True)
class Budget:
    """What makes one finding uncertain."""

    requirement: str
    title: Words
    unit: str
    value: float | None
    lower: float | None
    """The bounds that decide, beside."""
    upper: float | None
    confidence: float
    components: tuple[Component, ...]
    combined: float | None
    """u_c, of the components that may be combined."""
    freedom: float | None
    """Effective degrees of freedom (Welch–Satterthwaite); None: infinite, or nothing is combined."""
    coverage: float | None
    """k, for 95 %."""
    expanded: float | None
    """U = k u_c; None where value ± U would leave what a share can be: then the bounds say it."""
    complete: bool
    """Whether every source was evaluated, or does not apply."""
    because: Words
    """How it was combined, or why it was not."""

    def figure(self, component: Component) -> str:
        """Return a component's standard uncertainty as readers see it."""
        return uncertainty(component.uncertainty, self.unit)

    @property
    def sentence(self) -> Words:
        """The result, as a certificate states it."""
        if self.coverage is None or self.combined is None:
            return Words(f"not combined: {self.because.en}", f"未合成：{self.because.zh}")
        combined, value = uncertainty(self.combined, self.unit), quantity(self.value, self.unit)
        left_out = [each.name for each in self.components if each.standing is Standing.NOT_EVALUATED]
        without = Words(
            "" if not left_out else f"; without {', '.join(name.en for name in left_out)}, not evaluated",
            "" if not left_out else f"；不含{'、'.join(name.zh for name in left_out)}（未评定）",
        )
        if self.expanded is None:
            lower, upper = quantity(self.lower, self.unit), quantity(self.upper, self.unit)
            reach = Words(
                f"no U, for the value ± U would reach beyond 0–100 %: the bounds {lower} and {upper} say it",
                f"不给出 U，因估计值 ± U 将超出 0–100 %：以界限 {lower} 和 {upper} 表示",
            )
        else:
            expanded = uncertainty(self.expanded, self.unit)
            reach = Words(
                f"U = {expanded} (k = {self.coverage:.2f}, 95 %)", f"U = {expanded}（k = {self.coverage:.2f}，95 %）"
            )
        return Words(
            f"{value}, combined standard uncertainty {combined}, {reach.en}{without.en}",
            f"{value}，合成标准不确定度 {combined}，{reach.zh}{without.zh}",
        )


def budget(finding: Finding, plan: Plan, card: Card, repeated: Repeatability | None = None) -> Budget:
    """Return the uncertainty budget of a finding.

    Parameters
    ----------
    finding : Finding
        Of the deciding reading.
    plan, card : Plan, Card
        By which, and on which set, it was found.
    repeated : Repeatability, optional
        What repeats and sessions showed of its indicator.
    """
    timed = is_timed(finding, plan)
    components = (
        sampling(finding, plan),
        *session(plan, repeated),
        reference_answers(finding, card, timed=timed),
        instrument(finding, timed=timed),
        condition(plan),
    )
    combined, freedom, coverage, because = combine(components)
    estimate = finding.estimate
    census = finding.requirement.kind is Kind.CENSUS
    return Budget(
        requirement=finding.requirement.name,
        title=what(finding, card),
        unit=finding.requirement.limit.unit,
        value=estimate.value,
        lower=None if census else estimate.lower,
        upper=None if census else estimate.upper,
        confidence=estimate.confidence,
        components=components,
        combined=combined,
        freedom=freedom,
        coverage=coverage,
        expanded=_expanded(finding, combined, coverage),
        complete=all(each.standing is not Standing.NOT_EVALUATED for each in components),
        because=because,
    )


def budgets(
    findings: Sequence[Finding], plan: Plan, card: Card, repeatability: Sequence[Repeatability] = ()
) -> tuple[Budget, ...]:
    """Return the budget of each finding that decides.

    Repeats are valued over all samples together: they tell nothing of one group among several, nor of a mean over
    groups.
    """
    repeated = {each.requirement: each for each in repeatability}
    deciding = [finding for finding in findings if finding.decides]
    times = Counter(finding.requirement.name for finding in deciding)
    whole = plan.clause.readings[0].mean_over is None
    return tuple(
        budget(
            finding,
            plan,
            card,
            repeated.get(finding.requirement.name) if whole and times[finding.requirement.name] == 1 else None,
        )
        for finding in deciding
    )


def _expanded(finding: Finding, combined: float | None, coverage: float | None) -> float | None:
    """Return k u_c, unless the value is a share and would not be one that far off (JCGM 100, G.5.3)."""
    value = finding.estimate.value
    if combined is None or coverage is None or value is None:
        return None
    reach = coverage * combined
    outside = finding.requirement.limit.unit == "1" and (value - reach < 0.0 or value + reach > 1.0)
    return None if outside else reach


def combine(
    components: Sequence[Component],
) -> tuple[float | None, float | None, float | None, Words]:
    """Return combined uncertainty, its effective degrees of freedom, the coverage factor, and why.

    Notes
    -----
    JCGM 100:2008, 5.1.2 (independent effects on the value itself: sensitivity coefficients are one) and G.4.1
    (Welch–Satterthwaite).

    Examples
    --------
    The example of JCGM 100, G.4.1: relative uncertainties of 0.25, 0.57 and 0.82 % from 10, 5 and 15 readings combine
    to 1.03 % with 19 degrees of freedom, for which k = 2.09.

    >>> read = [(0.25, 9.0), (0.57, 4.0), (0.82, 14.0)]
    >>> made = Words("made", "虚构")
    >>> parts = [Component(made, Standing.EVALUATED, "A", u, freedom, True, made) for u, freedom in read]
    >>> [round(each, 2) for each in combine(parts)[:3]]
    [1.03, 19.0, 2.09]
    """
    taken = [each for each in components if each.combined and each.uncertainty is not None]
    if not taken or (components[0].uncertainty is None and components[0].standing is not Standing.NOT_APPLICABLE):
        return None, None, None, components[0].because
    from scipy.special import stdtrit

    square = math.fsum(each.uncertainty**2 for each in taken if each.uncertainty is not None)
    shares = [each.uncertainty**4 / each.freedom for each in taken if each.uncertainty and each.freedom]
    freedom = square**2 / math.fsum(shares) if shares and square > 0.0 else None
    tail = (1.0 + PROBABILITY) / 2.0
    coverage = float(stdtrit(math.inf if freedom is None else freedom, tail))
    if len(taken) == 1:
        because = Words(
            f"{taken[0].name.en} alone: nothing else was evaluated that may be added",
            f"仅含{taken[0].name.zh}分量：没有其他可合成的已评定分量",
        )
    else:
        because = Words(
            "root of the sum of squares of independent components (JCGM 100, 5.1.2); what answers vary by from one "
            "repeat to the next is in the sampling already, so that this errs on the safe side",
            "独立分量的方和根（JCGM 100，5.1.2）；重复之间的变化已部分计入抽样分量，故偏于保守",
        )
    return math.sqrt(square), freedom, coverage, because
