"""What can be checked of a bundle whose rows are withheld: all that does not rest on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from steelyard.core.method import Indicator
from steelyard.core.specification import Kind, Requirement, Rule
from steelyard.core.verdict import Verdict
from steelyard.report.evidence import WITHHELD, hashes_in, loaded
from steelyard.report.likeness import CLOSE
from steelyard.report.sealed import WITHHELD as WORDS
from steelyard.report.unpacked import BadEvidence, Bundled
from steelyard.report.withheld import IDS, TABLES
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
    """Check that the verdict follows from the findings as the report says them, and these from their bounds.

    Raises
    ------
    BadEvidence
        Where it does not.
    """
    report, plan = bundled.report, bundled.plan
    basis, _ = bundled.basis
    found = []
    for reading, method, said in zip(plan.clause.readings, basis.methods, report["judgements"], strict=True):
        required = {each.name: each for each in reading.requirements if each.kind is not Kind.STATISTIC}
        decided = [each for each in said["findings"] if each["decides"]]
        if said["reading"] != reading.name or {each["requirement"]["name"] for each in decided} != required.keys():
            raise BadEvidence(f"{reading.name}: other requirements were judged", f"{reading.name}：判定的要求不同")
        for each in said["findings"]:
            requirement = required[each["requirement"]["name"]]
            _follows(each, requirement, plan.decision.rule)
            if plan.rounds == 1:
                _exact(each, method.indicator(requirement.indicator))
        found.append(Verdict.of_all(Verdict(each["verdict"]) for each in decided))
        if said["verdict"] != found[-1].value:
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


def _follows(finding: Mapping[str, Any], requirement: Requirement, rule: Rule) -> None:
    """Check that a finding's verdict is one that its bounds, as they are said, allow."""
    estimate, limit = finding["estimate"], requirement.limit
    if requirement.kind is not Kind.SAMPLE or rule is not Rule.GUARDED:
        return
    ends = (estimate["upper"], estimate["lower"]) if limit.upper else (estimate["lower"], estimate["upper"])
    unfavourable, favourable = ends
    conforms = unfavourable is not None and limit.holds(unfavourable)
    fails = favourable is not None and not limit.holds(favourable)
    allowed = {Verdict.UNDETERMINED.value: True, Verdict.CONFORMS.value: conforms}
    if not (allowed | {Verdict.DOES_NOT_CONFORM.value: fails}).get(finding["verdict"], False):
        raise BadEvidence(
            f"{requirement.name}: the bounds said do not show {finding['verdict']}",
            f"{requirement.name}：所述界限不足以得出 {finding['verdict']}",
        )


def _exact(finding: Mapping[str, Any], indicator: Indicator) -> None:
    """Check exact bounds, which follow from the counts that the report says."""
    from steelyard.stats.intervals.binomial import clopper_pearson

    estimate, fold = finding["estimate"], indicator.fold
    alone = estimate["opportunities"] == estimate["units"]  # else a unit has several rows that all say the same
    if estimate["method"] != "clopper-pearson/1" or not alone or not isinstance(fold, Pooled):
        return
    events, count = round(estimate["events"]), estimate["units"]
    lower, upper = clopper_pearson(events, count, estimate["confidence"])
    if fold.complement:
        lower, upper = 1.0 - upper, 1.0 - lower
    for name, bound in (("lower", lower), ("upper", upper)):
        if not math.isclose(bound, estimate[name], rel_tol=CLOSE, abs_tol=CLOSE):
            raise BadEvidence(
                f"{finding['requirement']['name']}: with {events} of {count} its {name} bound is {bound:.6g}",
                f"{finding['requirement']['name']}：{count} 中 {events} 时，界限 {name} 应为 {bound:.6g}",
            )
