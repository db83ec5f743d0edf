"""What several laboratories found of one product on one set by one clause: scores by ISO 13528, and what they say.

All met the same samples: the uncertainty of sampling is shared by all of them, cancels in differences, and is in no
score. A laboratory's own uncertainty is what another start of the product there makes of the value, as its sessions
show. Had sampling been counted, no difference between laboratories could ever be found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from steelyard.core.canonical import plain
from steelyard.core.errors import CallError
from steelyard.core.verdict import Finding
from steelyard.core.words import Words
from steelyard.report._layout import what
from steelyard.report.laboratory._budget_sources import SESSION, session
from steelyard.report.laboratory._budget_sources import Standing as Evaluated
from steelyard.report.laboratory._interlab_assigned import (
    LEAST_FOR_CONSENSUS,
    ROUNDING,
    Assigned,
    Own,
    consensus,
    one_laboratory,
)
from steelyard.report.reread import Reread, same_run
from steelyard.stats.proficiency import (
    NEGLIGIBLE,
    Standing,
    normalised_error,
    standing_of_normalised_error,
    standing_of_z,
    z_prime,
    z_score,
    zeta,
)


@dataclass(frozen=True)
class Result:
    """What one laboratory found, and how it scores; None: not evaluated."""

    laboratory: str
    value: float
    uncertainty: float | None
    """Standard uncertainty of its own, without sampling."""
    expanded: float | None
    """95 %, by Student's t with its sessions less one degrees of freedom."""
    z: float | None
    z_prime: float | None
    zeta: float | None
    normalised_error: float | None
    """E_n"""
    decided_by: str | None
    """The score that the standing rests on."""
    standing: Standing
    infinite: bool = False
    """Whether a score is a difference over no uncertainty at all."""


@dataclass(frozen=True)
class Round:
    """One requirement, over all laboratories."""

    requirement: str
    title: Words
    unit: str
    assigned: float
    assigned_uncertainty: float | None
    deviation: float | None
    """σ_pt"""
    how: Words
    results: tuple[Result, ...]
    notes: tuple[Words, ...]


@dataclass(frozen=True)
class Interlab:
    """Several laboratories, compared."""

    product: str
    product_digest: str
    test_set: str
    clause: str
    laboratories: tuple[str, ...]
    reports: tuple[str, ...]
    """Digests of the reports' files."""
    rounds: tuple[Round, ...]

    @property
    def standing(self) -> Standing:
        """The worst of all."""
        found = {result.standing for each in self.rounds for result in each.results}
        for standing in (Standing.UNSATISFACTORY, Standing.QUESTIONABLE, Standing.UNKNOWN):
            if standing in found:
                return standing
        return Standing.SATISFACTORY


def compare_laboratories(
    reports: Sequence[Reread],
    names: Sequence[str],
    *,
    reference: str | None = None,
    sigma: float | None = None,
    sigma_unit: str | None = None,
) -> Interlab:
    """Score what laboratories found of the same product.

    Parameters
    ----------
    reports : sequence of Reread
        One of each laboratory.
    names : sequence of str
        What the laboratories are called.
    reference : str, optional
        The laboratory whose result is the assigned value; without, the robust mean of three or more is, and of two each
        is held against the other.
    sigma : float, optional
        σ_pt, the standard deviation for proficiency assessment: what is fit for the purpose.
    sigma_unit : str, optional
        Unit of ``sigma``, shares ``1``: indicators of another are scored without it. Without, all must be of one unit.

    Raises
    ------
    CallError
        Where the reports are not of the same product, set and clause, with what differs; where two are of one run; and
        where σ_pt is of no indicator's unit.
    """
    if len(reports) < 2:
        raise CallError(
            Words("a comparison needs the reports of two laboratories.", "比对至少需要两个实验室的报告。"),
            Words("steelyard interlab A/report.json B/report.json", "steelyard interlab A/report.json B/report.json"),
        )
    _check_apart(reports, names)
    if len(set(names)) < len(names):
        raise CallError(
            Words("two laboratories bear the same name.", "有两个实验室同名。"),
            Words("Name them: NAME=PATH.", "请分别命名：NAME=PATH。"),
        )
    _check_same(reports, names)
    if reference is not None and reference not in names:
        from steelyard.core.errors import UnknownName

        raise UnknownName(Words("laboratory", "实验室"), reference, names)
    first = reports[0]
    deciding = [(index, finding) for index, finding in enumerate(first.findings) if finding.decides]
    unit = _unit_of_sigma(sigma_unit, [finding for _, finding in deciding]) if sigma is not None else None
    rounds = tuple(
        _round(index, finding, reports, names, reference, sigma if finding.requirement.limit.unit == unit else None)
        for index, finding in deciding
    )
    return Interlab(
        product=first.plan.product.uri,
        product_digest=first.plan.product.digest or "",
        test_set=first.plan.test_set,
        clause=f"{first.plan.specification}#{first.plan.clause.name}",
        laboratories=tuple(names),
        reports=tuple(each.digest for each in reports),
        rounds=rounds,
    )


def _check_apart(reports: Sequence[Reread], names: Sequence[str]) -> None:
    """Raise `CallError` where two reports are of one run: it would count twice."""
    for place, name in enumerate(names):
        for before in range(place):
            if same_run(reports[before], reports[place]):
                raise CallError(
                    Words(
                        f"{name}: this report was given twice, the first time as {names[before]}.",
                        f"{name}：同一报告重复给出，前一次为 {names[before]}。",
                    ),
                    Words(
                        "Name the report of another laboratory; a copy or a bundle of one is not another.",
                        "请给出另一实验室的报告；副本或同一检测的报告包不是另一份报告。",
                    ),
                )


def _unit_of_sigma(stated: str | None, findings: Sequence[Finding]) -> str:
    """Return the unit that σ_pt is in; without one stated it is that of all indicators."""
    units = sorted({finding.requirement.limit.unit for finding in findings})
    if stated in units:
        return stated
    shown = ", ".join("%" if unit == "1" else unit for unit in units)
    if stated is None and len(units) == 1:
        return units[0]
    example = "0.5%" if "1" in units else f"0.5{units[0]}"
    if stated is None:
        said = Words(
            f"--sigma has no unit, and the indicators have several: {shown}.",
            f"--sigma 未带单位，而各指标单位不同：{shown}。",
        )
    else:
        shares = "%" if stated == "1" else stated
        said = Words(
            f"--sigma is in {shares}, the indicators in {shown}.", f"--sigma 的单位是 {shares}，指标的单位是 {shown}。"
        )
    raise CallError(said, Words(f"Write, for example, --sigma {example}", f"例如：--sigma {example}"))


def _identity(report: Reread) -> dict[Words, Any]:
    """Return what must be the same in all laboratories."""
    plan = report.plan
    return {
        Words("product digest", "产品摘要"): plan.product.digest,
        Words("specification", "规范"): plan.specification_digest,
        Words("clause and readings", "条款与解读"): plain(plan.clause),
        Words("method", "检测方法"): f"{plan.method}/{plan.method_version}",
        Words("test set", "测试集"): (plan.test_set_digest, plan.split),
        Words("samples drawn", "抽取的样本"): (plan.samples, plan.limit, None if plan.limit is None else plan.seed),
        Words("condition", "条件"): plan.condition,
        Words("statistics", "统计方法版本"): plan.statistics,
        Words("sequential plan", "序贯方案"): plain(plan.sequential),
    }


def _check_same(reports: Sequence[Reread], names: Sequence[str]) -> None:
    """Raise `CallError` unless all are of the same product, set and clause."""
    first = _identity(reports[0])
    for report, name in zip(reports[1:], names[1:], strict=True):
        other = _identity(report)
        differing = [title for title in first if first[title] != other[title]]
        if differing:
            en, zh = ", ".join(each.en for each in differing), "、".join(each.zh for each in differing)
            raise CallError(
                Words(
                    f"{names[0]} and {name} cannot be compared: they differ in {en}.",
                    f"{names[0]} 与 {name} 无法比对：{zh}不同。",
                ),
                Words(
                    "Laboratories are compared on one product, set and clause; for two products: steelyard compare.",
                    "实验室间比对须为同一产品、测试集与条款；比较两个产品请用 steelyard compare。",
                ),
            )
    for place, report in enumerate(reports):
        if report.plan.product.digest is None:
            raise CallError(
                Words(
                    f"{names[place]}: the product's identity is declared, and nothing shows that it is the same one.",
                    f"{names[place]}：产品标识仅为声明，无法证明是同一产品。",
                ),
                Words("Test it as a file, whose digest is its identity.", "请以文件形式检测产品，以摘要为其标识。"),
            )


def _round(
    index: int,
    finding: Finding,
    reports: Sequence[Reread],
    names: Sequence[str],
    reference: str | None,
    sigma: float | None,
) -> Round:
    """Score one requirement."""
    values = []
    for report, name in zip(reports, names, strict=True):
        value = report.findings[index].estimate.value
        if value is None:
            asked = finding.requirement.name
            raise CallError(Words(f"{name} has no value for {asked}.", f"{name} 没有 {asked} 的值。"))
        values.append(value)
    own = [_own(report, report.findings[index]) for report in reports]
    if reference is None and len(reports) >= LEAST_FOR_CONSENSUS:
        assigned = consensus(values, sigma)
    else:
        assigned = one_laboratory(values, own, names, reference, sigma)
    results = tuple(
        _result(name, value, mine, assigned, None if assigned.held is None else own[assigned.held])
        for place, (name, value, mine) in enumerate(zip(names, values, own, strict=True))
        if place != assigned.held
    )
    return Round(
        requirement=finding.requirement.name,
        title=what(finding, reports[0].card),
        unit=finding.requirement.limit.unit,
        assigned=assigned.value,
        assigned_uncertainty=assigned.uncertainty,
        deviation=assigned.deviation,
        how=assigned.how,
        results=results,
        notes=(*assigned.notes, *_unknown(assigned, results)),
    )


def _unknown(assigned: Assigned, results: Sequence[Result]) -> tuple[Words, ...]:
    """Return why results are held against a laboratory without a standing."""
    if assigned.held is None or all(each.standing is not Standing.UNKNOWN for each in results):
        return ()
    if not assigned.judged:
        return (
            Words(
                "not evaluated: the uncertainty of the reference's value is not known, so that no score may be "
                "used: let the reference run it with --sessions 3",
                "未评定：参考值的不确定度未知，各分值均不可用：请参考实验室以 --sessions 3 检测",
            ),
        )
    return (
        Words(
            "not evaluated where a laboratory ran one session: run it with --sessions 3, or state --sigma, what is fit "
            "for the purpose",
            "只有一个会话的实验室无法评定：请以 --sessions 3 检测，或以 --sigma 给出能力评定标准差",
        ),
    )


def _own(report: Reread, finding: Finding) -> Own:
    """Return a laboratory's own uncertainty of a value, from its sessions; None where it ran one."""
    repeated = {each.requirement: each for each in report.repeatability}.get(finding.requirement.name)
    # repeats are valued over all samples together: they tell nothing of one group among several, nor of a mean over all
    alone = sum(each.requirement.name == finding.requirement.name for each in report.findings if each.decides) == 1
    whole = alone and report.plan.clause.readings[0].mean_over is None
    for each in session(report.plan, repeated if whole else None):
        if each.name == SESSION and each.standing is Evaluated.EVALUATED:
            from scipy.special import stdtrit

            assert each.uncertainty is not None
            return each.uncertainty, float(stdtrit(each.freedom, 0.975)) * each.uncertainty
    return None, None


def _deciding(assigned: Assigned, scores: dict[str, float | None], *, same: bool) -> str | None:
    """Return the score that decides: by what is fit for the purpose, where it was stated; else by uncertainties.

    z holds only where u(x_pt) ≤ 0.3 σ_pt, else z′ does (ISO 13528:2015, 9.2.1). E_n beside a stated σ_pt decides
    nothing: the noisier a laboratory, the smaller it is.
    """
    if assigned.deviation is None:
        return "normalised_error" if "normalised_error" in scores else None
    if not (same or assigned.judged):
        return None
    if (
        assigned.pair
    ):  # by z alone, which is the same whoever is named first: z′ would excuse all where the first is noisy
        return "z"
    doubtful = (assigned.uncertainty or 0.0) > NEGLIGIBLE * assigned.deviation
    return "z_prime" if doubtful else "z"


def _result(name: str, value: float, own: Own, assigned: Assigned, held: Own | None) -> Result:
    """Score one result; equal results score zero, whatever their uncertainty."""
    same = abs(value - assigned.value) <= ROUNDING * max(abs(value), abs(assigned.value))
    said, deviation = assigned.value if same else value, assigned.deviation
    scores: dict[str, float | None] = {}
    if deviation is not None:
        scores["z"] = z_score(said, assigned.value, deviation)
        if assigned.uncertainty is not None:
            scores["z_prime"] = z_prime(said, assigned.value, deviation, assigned.uncertainty)
    if held is not None and (same or None not in (*own, *held)):
        scores["zeta"] = zeta(said, assigned.value, own[0] or 0.0, held[0] or 0.0)
        scores["normalised_error"] = normalised_error(said, assigned.value, own[1] or 0.0, held[1] or 0.0)
    decided = _deciding(assigned, scores, same=same)
    judged = standing_of_normalised_error if decided == "normalised_error" else standing_of_z
    return Result(
        laboratory=name,
        value=value,
        uncertainty=own[0],
        expanded=own[1],
        z=scores.get("z"),
        z_prime=scores.get("z_prime"),
        zeta=scores.get("zeta"),
        normalised_error=scores.get("normalised_error"),
        decided_by=decided,
        standing=Standing.UNKNOWN if decided is None else judged(scores[decided]),
        infinite=decided is not None and scores[decided] is None,
    )
