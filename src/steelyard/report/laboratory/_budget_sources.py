"""Where the uncertainty of a finding comes from: a line of its budget for each source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from steelyard import fields
from steelyard.bench.repeatability import Repeatability
from steelyard.core.card import Card
from steelyard.core.plan import Plan
from steelyard.core.specification import Kind
from steelyard.core.verdict import Estimate, Finding, Tipping
from steelyard.core.words import Words
from steelyard.report._layout import quantity


class Standing(Enum):
    """Whether a source of uncertainty was evaluated."""

    EVALUATED = "evaluated"
    NOT_EVALUATED = "not evaluated"
    NOT_APPLICABLE = "not applicable"

    @property
    def words(self) -> Words:
        """The standing in both languages."""
        return Words(self.value, _CHINESE[self])


_CHINESE = {
    Standing.EVALUATED: "已评定",
    Standing.NOT_EVALUATED: "未评定",
    Standing.NOT_APPLICABLE: "不适用",
}


@dataclass(frozen=True)
class Component:
    """A line of the budget."""

    name: Words
    standing: Standing
    evaluation: str | None
    """Type A (from what varied) or B (from what is stated); None where there is none."""
    uncertainty: float | None
    """Standard uncertainty, in the finding's unit; None of what was evaluated: it is known by bounds alone."""
    freedom: float | None
    """Degrees of freedom; None: infinite, or there is no uncertainty to have any."""
    combined: bool
    """Whether it is in the combined uncertainty."""
    because: Words
    """How it was found, or why it was not and what follows."""


SAMPLING = Words("sampling", "抽样")
SESSION = Words("start of the product (session)", "产品启动（会话）")
REPEATS = Words("repeatability", "重复性")
REFERENCE = Words("reference answers", "参考答案")
INSTRUMENT = Words("instrument", "测量仪器")
CONDITION = Words("conditions", "条件")


def _absent(name: Words, standing: Standing, en: str, zh: str) -> Component:
    return Component(name, standing, None, None, None, combined=False, because=Words(en, zh))


def sampling(finding: Finding, plan: Plan) -> Component:
    """Return what the choice of samples makes uncertain: from the standard error that the bounds rest on.

    Notes
    -----
    Over clusters, value × standard error of the logarithm (jackknife), with the effective number of clusters less one
    as degrees of freedom; of independent yes/no rows √(p (1 − p)/n), of a known distribution; else half the distance of
    the two bounds over Student's quantile. At the edge (no event, or nothing else) the distribution has a long tail on
    one side: the bounds say all that can be said, and no standard uncertainty is made of them.
    """
    found = finding.estimate
    if finding.requirement.kind is Kind.CENSUS:
        return _absent(
            SAMPLING,
            Standing.NOT_APPLICABLE,
            "every listed item was tested: nothing was drawn",
            "所列各项均已检测，未抽样",
        )
    if found.value is None or found.lower is None or found.upper is None:
        return _absent(
            SAMPLING,
            Standing.NOT_EVALUATED,
            "too few units for any bound: nothing can be concluded from the value",
            "抽样单元太少，无法给出界限，不能由估计值得出结论",
        )
    if plan.sequential is not None:
        settled = Words(
            "a sequential plan stopped where it was settled: its bounds hold at every look, and are of no distribution",
            "序贯方案在可判定时停止：其界限在每次查看时均成立，不对应某一分布",
        )
        return Component(SAMPLING, Standing.EVALUATED, "A", None, None, combined=False, because=settled)
    uncertainty, freedom, because = _spread(found)
    return Component(SAMPLING, Standing.EVALUATED, "A", uncertainty, freedom, uncertainty is not None, because)


def _spread(found: Estimate) -> tuple[float | None, float | None, Words]:
    """Return standard uncertainty, degrees of freedom, and how they were found."""
    from scipy.special import stdtrit

    assert found.value is not None
    assert found.lower is not None
    assert found.upper is not None
    ratio = found.events / found.opportunities if found.opportunities > 0.0 else None
    freedom = max(found.effective_units - 1.0, 1.0)
    exact = found.method == "clopper-pearson/1"
    edge = found.method.startswith(("unseen-cluster", "one-cluster")) or (exact and ratio in (0.0, 1.0))
    if edge:
        return (
            None,
            None,
            Words(
                "too few events for a standard uncertainty: the two bounds say all that can be said, and decide",
                "事件太少，无法给出标准不确定度：两个界限已表明全部可知，并据以判定",
            ),
        )
    if exact:
        trials = found.opportunities if found.opportunities == found.units else float(found.units)
        return (
            math.sqrt(found.value * (1.0 - found.value) / trials),
            None,
            Words(f"binomial, n = {trials:,.0f}: √(p (1 − p)/n)", f"二项分布，n = {trials:,.0f}：√(p (1 − p)/n)"),
        )
    if found.log_error is not None and ratio is not None:
        for folded in (found.value, 1.0 - found.value):
            if abs(folded - ratio) < 1e-9:
                return (
                    folded * found.log_error,
                    freedom,
                    Words(
                        f"{found.method} over {found.units:,} units: value × standard error of the logarithm",
                        f"{found.method}，{found.units:,} 个抽样单元：估计值 × 对数的标准误差",
                    ),
                )
    reach = float(stdtrit(freedom, found.confidence))
    return (
        (found.upper - found.lower) / (2.0 * reach),
        freedom,
        Words(
            f"{found.method} over {found.units:,} units: half the distance of the bounds over t = {reach:.3f}",
            f"{found.method}，{found.units:,} 个抽样单元：两界限之距的一半除以 t = {reach:.3f}",
        ),
    )


def session(plan: Plan, repeated: Repeatability | None) -> tuple[Component, ...]:
    """Return what another start of the product, or another repeat, makes uncertain.

    Notes
    -----
    The value is the mean over all rounds: with S sessions, s(session means)/√S with S − 1 degrees of freedom, which
    holds what repeats vary by (ISO 5725-3); with one session, s_r/√R of its R repeats.
    """
    if plan.assurance == "C":
        return (
            _absent(
                SESSION,
                Standing.NOT_EVALUATED,
                "recorded answers: another start could not be seen; the value speaks of these answers alone",
                "所用为答案记录，无法观察产品再次启动；估计值仅对这些答案有效",
            ),
        )
    if repeated is None:
        once = plan.rounds == 1
        return (
            _absent(
                SESSION,
                Standing.NOT_EVALUATED,
                "each sample was asked once: by how much another start would differ is not known, and is in no bound"
                if once
                else "repeats are valued over all samples together: they tell nothing of this value by itself",
                "每个样本只问一次：产品再次启动会相差多少不得而知，未计入任何界限"
                if once
                else "重复按全部样本一并计值，不能单独说明此值",
            ),
        )
    means = [math.fsum(row) / len(row) for row in repeated.values]
    sessions, repeats = len(means), len(repeated.values[0])
    if sessions > 1:
        centre = math.fsum(means) / sessions
        deviation = math.sqrt(math.fsum((mean - centre) ** 2 for mean in means) / (sessions - 1))
        because = Words(
            f"standard deviation of the means of {sessions} sessions over √{sessions}",
            f"{sessions} 个会话均值的标准差除以 √{sessions}",
        )
        own = Component(
            SESSION,
            Standing.EVALUATED,
            "A",
            deviation / math.sqrt(sessions),
            float(sessions - 1),
            combined=True,
            because=_alike(because, deviation),
        )
        return (own,)
    short = repeated.repeatability
    assert short is not None, "one session has repeats, or there is one round"
    because = Words(f"s_r of {repeats} repeats over √{repeats}", f"{repeats} 次重复的 s_r 除以 √{repeats}")
    return (
        Component(
            REPEATS,
            Standing.EVALUATED,
            "A",
            short.value / math.sqrt(repeats),
            float(repeats - 1),
            combined=True,
            because=_alike(because, short.value),
        ),
        _absent(
            SESSION,
            Standing.NOT_EVALUATED,
            "the product was started once: by how much another start would differ is not known",
            "产品只启动一次：再次启动会相差多少不得而知",
        ),
    )


def _alike(because: Words, deviation: float) -> Words:
    if deviation > 0.0:
        return because
    return Words(
        f"{because.en}; all alike, as of a product without chance in it", f"{because.zh}；各次相同，产品不含随机性"
    )


def is_timed(finding: Finding, plan: Plan) -> bool:
    """Tell whether a finding is about the time that answers took; of a method that is not installed nobody knows."""
    reading = plan.clause.readings[0]
    if reading.method not in fields.names():
        return False
    return fields.find(reading.method, reading.options).indicator(finding.requirement.indicator).timed


def reference_answers(finding: Finding, card: Card, *, timed: bool) -> Component:
    """Return what wrong reference answers make uncertain: a bound on their effect, where the set states one.

    Notes
    -----
    It is a systematic effect: wrong reference answers make a good product look worse more often than better, and JCGM
    100 (3.2.4) asks for a correction, which needs to know which they are. A ceiling is no standard deviation; it is not
    combined, and the tipping point says what it can do to the verdict.
    """
    if timed:
        return _absent(
            REFERENCE,
            Standing.NOT_APPLICABLE,
            "time is weighed: no reference answer changes it",
            "衡量的是用时，与参考答案无关",
        )
    stated, found = card.reference_error, finding.estimate
    tipping = _tipping(finding.tipping)
    raters = "" if card.raters is None else f"; {card.raters} people judged each sample"
    raters_zh = "" if card.raters is None else f"；每个样本由 {card.raters} 人评定"
    if stated is None:
        return _absent(
            REFERENCE,
            Standing.NOT_EVALUATED,
            f"the set does not say how many reference answers may be wrong{raters}{tipping.en}",
            f"数据集未说明可能有多少参考答案有误{raters_zh}{tipping.zh}",
        )
    if found.value is None or finding.requirement.limit.unit != "1":
        return _absent(
            REFERENCE,
            Standing.NOT_EVALUATED,
            f"up to {stated:.2%} of the reference answers may be wrong; how far that moves this value is not known",
            f"至多 {stated:.2%} 的参考答案可能有误；对此值的影响不得而知",
        )
    effect = quantity(stated, "1")
    return Component(
        REFERENCE,
        Standing.EVALUATED,
        "B",
        None,
        None,
        combined=False,
        because=Words(
            f"moves the value by at most ±{effect} (stated by the set){raters}; a ceiling, whose sign is no chance: "
            f"not combined (JCGM 100, 3.2.4){tipping.en}",
            f"对估计值的影响至多 ±{effect}（据数据集自述）{raters_zh}；为上限且方向并非随机，"
            f"不参与合成（JCGM 100，3.2.4）{tipping.zh}",
        ),
    )


def _tipping(tipping: Tipping | None) -> Words:
    if tipping is None:
        return Words("", "")
    return Words(
        f"; {tipping.wrong:,} wrong ones of {tipping.of:,} {tipping.counted.en} would change the verdict",
        f"；{tipping.of:,} 例{tipping.counted.zh}中若有 {tipping.wrong:,} 例有误，判定即改变",
    )


def instrument(finding: Finding, *, timed: bool) -> Component:
    """Return what instruments make uncertain: nothing where answers are counted."""
    if timed:
        return _absent(
            INSTRUMENT,
            Standing.NOT_EVALUATED,
            "the machine's own clock, which nobody calibrated; whatever else the machine did is in the time",
            "以本机时钟计时，未经校准；用时含本机其他负载的影响",
        )
    if finding.requirement.limit.unit in ("1", "count"):
        return _absent(
            INSTRUMENT,
            Standing.NOT_APPLICABLE,
            "answers are compared and counted: nothing is measured by an instrument",
            "对答案进行比对和计数，未使用测量仪器",
        )
    return _absent(
        INSTRUMENT,
        Standing.NOT_EVALUATED,
        "neither plan nor record states the uncertainty of what measured this: it holds for that instrument alone",
        "方案与记录均未给出测量仪器的不确定度：此值仅对该仪器有效",
    )


def condition(plan: Plan) -> Component:
    """Return what the conditions make uncertain: nothing of others is known from one."""
    if plan.condition == "reference":
        return _absent(
            CONDITION,
            Standing.NOT_APPLICABLE,
            "reference conditions: the samples as the set holds them; the value says nothing of others",
            "参考条件：样本取自数据集原样；估计值不涉及其他条件",
        )
    return _absent(
        CONDITION,
        Standing.NOT_EVALUATED,
        f"one realisation of {plan.condition}: by how much another would differ is not known",
        f"{plan.condition} 仅实现一次：另一次实现会相差多少不得而知",
    )
