"""What can be checked of a bundle whose rows are withheld: all that does not rest on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from steelyard.bench.trial import Basis
from steelyard.core.method import Family, Indicator, Method
from steelyard.core.specification import Kind, Reading, Requirement
from steelyard.core.verdict import Finding, Judgement, Verdict
from steelyard.report.proof.evidence import WITHHELD, hashes_in, loaded
from steelyard.report.proof.likeness import CLOSE, as_written, same
from steelyard.report.proof.unpacked import BadEvidence, Bundled
from steelyard.report.proof.withheld import IDS, TABLES
from steelyard.report.sealed import FEWEST
from steelyard.report.sealed import WITHHELD as WORDS
from steelyard.stats.decision import decide
from steelyard.stats.folds.pooled import Pooled

SAID = {"commitment", "copy", "inputs", "canaries", "withheld"}
"""What a report says of a sealed set."""


def hold_withheld(bundled: Bundled) -> None:
    """Check that rows are withheld because the set is sealed, all of them and no others, with a hash for each sample.

    Raises
    ------
    BadEvidence
        Where that is not so.
    """
    members, sealed = bundled.received, bundled.report["sealed"]
    if sealed is None or sealed.keys() != SAID or sealed["commitment"] != bundled.card.digest:
        raise BadEvidence(
            "rows are withheld, and the report is of no sealed set", "封存了计数，而报告所用并非密封数据集"
        )
    if sealed["withheld"] != {"en": WORDS.en, "zh": WORDS.zh}:
        raise BadEvidence("the report says otherwise what is withheld", "报告所述的封存内容不同")
    hashes, rows = hashes_in(members[WITHHELD]), loaded(members["evidence/rows.npy"], 1)
    if len(hashes) != len(rows):
        raise BadEvidence(
            f"there are {len(hashes)} hashes of {len(rows)} samples", f"{len(rows)} 个样本有 {len(hashes)} 个摘要"
        )
    plan, tested = bundled.plan, loaded(members["evidence/tested.npy"], 1)
    drawn = len(rows) if plan.limit is None else min(plan.limit, len(rows))
    if plan.samples != drawn or (plan.sequential is None and len(tested) != drawn):
        raise BadEvidence(f"the plan draws {drawn} samples", f"方案应抽取 {drawn} 个样本")
    if any(name.startswith(TABLES) for name in members) or (IDS in members) == bool(sealed["inputs"]):
        raise BadEvidence("it is not what a sealed set withholds", "封存内容与密封数据集应有者不符")


def hold_verdict_said(bundled: Bundled) -> None:
    """Check that the verdict follows from the findings as the report says them, and these from plan, value and bounds.

    Raises
    ------
    BadEvidence
        Where it does not.
    """
    report, plan = bundled.report, bundled.plan
    basis, _ = bundled.basis
    _hold_groups(basis, report)
    judgements = _of_parts(tuple[Judgement, ...], report["judgements"], "judgements")
    found = []
    for reading, method, said in zip(plan.clause.readings, basis.methods, judgements, strict=True):
        _hold_reading(basis, reading, said)
        for each in said.findings:
            _hold_finding(bundled, reading, method, each, gap=said.gap is not None)
        found.append(Verdict.of_all(each.verdict for each in said.findings if each.decides))
        if said.verdict is not found[-1]:
            raise BadEvidence(
                f"{reading.name}: it follows {found[-1].value}", f"{reading.name}：应为{found[-1].words.zh}"
            )
    if (report["verdict"], report["exit_code"]) == (Verdict.INVALID.value, Verdict.INVALID.exit_code):
        return  # it claims nothing: the product was another one at the end
    code = 0 if plan.clause.binding == "soft" else found[0].exit_code
    depends = len(set(found)) > 1
    if (report["verdict"], report["depends_on_reading"], report["exit_code"]) != (found[0].value, depends, code):
        raise BadEvidence(
            f"it follows {found[0].value}, and the report says {report['verdict']}",
            f"应为{found[0].words.zh}，报告为 {report['verdict']}",
        )


def _of_parts(kind: Any, said: Any, name: str) -> Any:
    """Return what a report says as what it is; a part too many, too few or of another kind is none."""
    from pydantic import TypeAdapter

    found = TypeAdapter(kind).validate_python(said)
    if not same(as_written(found), said):
        raise BadEvidence(f"{name} have other parts than reports have", f"{name} 的组成与报告格式不符")
    return found


def _hold_reading(basis: Basis, reading: Reading, said: Judgement) -> None:
    """Check that a judgement is of the plan's reading, and of each of its requirements."""
    named = (said.clause, said.reading, said.primary)
    required = {each.name for each in reading.requirements if each.kind is not Kind.STATISTIC}
    decided = [each.requirement.name for each in said.findings if each.decides]
    twice = reading.every is None and len(decided) != len(required)
    if named != (basis.plan.clause.name, reading.name, reading.primary) or {*decided} != required or twice:
        raise BadEvidence(f"{reading.name}: other requirements were judged", f"{reading.name}：判定的要求不同")
    if said.gap is not None and reading.coverage is None:
        raise BadEvidence(f"{reading.name}: it has nothing to cover", f"{reading.name}：该解读并无覆盖要求")


def _hold_finding(bundled: Bundled, reading: Reading, method: Method, each: Finding, *, gap: bool) -> None:
    """Check a finding against plan, value, bounds and counts, as far as these say what it must be."""
    basis, _ = bundled.basis
    plan, name = basis.plan, each.requirement.name
    requirement = {known.name: known for known in reading.requirements}.get(name)
    about = (each.clause, each.reading, each.requirement, each.estimate.confidence)
    scoped = {reading.every} if reading.every is not None else set()
    scopes = [scoped] if each.decides else [scoped | {reading.coverage.group}] if reading.coverage is not None else []
    if (
        about != (plan.clause.name, reading.name, requirement, plan.decision.confidence)
        or each.scope.keys() not in scopes
    ):
        raise BadEvidence(f"{name}: it is of something else than the plan asks", f"{name}：与方案所要求者不同")
    indicator = method.indicator(each.requirement.indicator)
    if each.title != indicator.title:
        raise BadEvidence(f"{name}: it has another title", f"{name}：标题不同")
    _counted(each, indicator)
    once = plan.sequential is None and plan.rounds == 1 and each.estimate.value is not None
    if once and not (reading.mean_over is not None and each.decides):
        _exact(each, indicator, alone=_alone(bundled, reading.cluster))
    _follows(basis, each, gap=gap and each.decides)


def _alone(bundled: Bundled, cluster: str | None) -> bool:
    """Tell whether every sample that was tested is known to be a unit by itself."""
    basis, scored = bundled.basis
    if cluster is None:
        return True
    if cluster not in scored.codes:
        return False
    units = scored.codes[cluster][0][basis.positions].tolist()
    return len(set(units)) == len(units)


def _follows(basis: Basis, finding: Finding, *, gap: bool) -> None:
    """Check that a finding's verdict is one that its value and bounds, as they are said, allow."""
    plan, requirement = basis.plan, finding.requirement
    found, _ = decide(finding.estimate, requirement.limit, requirement.kind, plan.decision.rule)
    allowed = {found}
    listed = requirement.kind is Kind.CENSUS and plan.limit is not None
    # Coverage, or a part of a list, leaves open what would conform; that one of several fails, chance may explain.
    if gap or (listed and found is Verdict.CONFORMS):
        allowed = {Verdict.UNDETERMINED, *({found} if listed and found is Verdict.DOES_NOT_CONFORM else ())}
    elif requirement.kind is Kind.SAMPLE and (plan.sequential is not None or found is Verdict.DOES_NOT_CONFORM):
        allowed |= {Verdict.UNDETERMINED}
    if finding.verdict not in allowed:
        raise BadEvidence(
            f"{requirement.name}: the bounds said do not show {finding.verdict.value}",
            f"{requirement.name}：所述界限不足以得出{finding.verdict.words.zh}",
        )


def _counted(finding: Finding, indicator: Indicator) -> None:
    """Check that a value is what the counts beside it make, where it is a sum over a sum."""
    estimate = finding.estimate
    plain = isinstance(indicator.fold, Pooled) and indicator.family in (Family.PROPORTION, Family.RATIO)
    if not plain or not finding.decides or estimate.value is None or not estimate.opportunities:
        return
    value = estimate.events / estimate.opportunities
    value = 1.0 - value if indicator.fold.complement else value
    if not math.isclose(value, estimate.value, rel_tol=CLOSE, abs_tol=CLOSE):
        raise BadEvidence(
            f"{finding.requirement.name}: its counts make {value:.6g}, not {estimate.value:.6g}",
            f"{finding.requirement.name}：由计数得 {value:.6g}，而非 {estimate.value:.6g}",
        )


def _exact(finding: Finding, indicator: Indicator, *, alone: bool) -> None:
    """Check exact bounds, which follow from the counts that the report says."""
    from steelyard.stats.intervals.binomial import clopper_pearson

    estimate, fold, name = finding.estimate, indicator.fold, finding.requirement.name
    if not (indicator.family is Family.PROPORTION and indicator.one_each and isinstance(fold, Pooled)):
        return
    if not alone and estimate.units < estimate.opportunities:
        return  # a unit may have several rows
    if estimate.method != "clopper-pearson/1" or estimate.opportunities != estimate.units:
        raise BadEvidence(
            f"{name}: of independent samples the bounds are exact", f"{name}：样本相互独立，应采用精确界限"
        )
    events, count = round(estimate.events), estimate.units
    lower, upper = clopper_pearson(events, count, estimate.confidence)
    if fold.complement:
        lower, upper = 1.0 - upper, 1.0 - lower
    for end, bound, said in (("lower", lower, estimate.lower), ("upper", upper, estimate.upper)):
        if said is None or not math.isclose(bound, said, rel_tol=CLOSE, abs_tol=CLOSE):
            raise BadEvidence(
                f"{name}: with {events} of {count} its {end} bound is {bound:.6g}",
                f"{name}：{count} 中 {events} 时，界限 {end} 应为 {bound:.6g}",
            )


def _hold_groups(basis: Basis, report: Mapping[str, Any]) -> None:
    """Check that results by group and sums are of the plan, and of groups that a sealed set shows."""
    groups = _of_parts(dict[str, tuple[Finding, ...]], report["groups"], "groups")
    counts = _of_parts(dict[str, float], report["counts"], "counts")
    reading, method = basis.readings[0], basis.methods[0]
    required = {each.name: each for each in reading.requirements}
    for column, members in groups.items():
        about = [(each.requirement.name, *each.scope.items()) for each in members]
        for each in members:
            known = _is_of(each, basis, reading, required) and each.scope.keys() == {column}
            few = each.estimate.opportunities < FEWEST * basis.plan.rounds
            if column not in basis.test_set.card.groups or not known or few:
                raise BadEvidence(f"{column}: a result that no such report shows", f"{column}：报告不应有此结果")
            if each.title != method.indicator(each.requirement.indicator).title:
                raise BadEvidence(f"{column}: it has another title", f"{column}：标题不同")
        if len(set(about)) != len(about) or not members:
            raise BadEvidence(f"{column}: a member stands there twice, or none", f"{column}：成员重复或缺失")
    columns = _columns(basis.readings, basis.methods)
    if counts.keys() != columns or not all(math.isfinite(each) for each in counts.values()):
        raise BadEvidence("the report counts other columns", "报告所计的列不同")


def _is_of(each: Finding, basis: Basis, reading: Reading, required: Mapping[str, Requirement]) -> bool:
    """Tell whether a finding is of a reading's requirement, and decides nothing."""
    about = (each.clause, each.reading, each.requirement)
    sure = each.estimate.confidence >= basis.plan.decision.confidence
    return (
        about == (basis.plan.clause.name, reading.name, required.get(each.requirement.name))
        and sure
        and not each.decides
    )


def _columns(readings: Sequence[Reading], methods: Sequence[Method]) -> set[str]:
    """Return the columns that are summed."""
    return {
        column
        for reading, method in zip(readings, methods, strict=True)
        for requirement in reading.requirements
        for column in method.indicator(requirement.indicator).columns
    }
