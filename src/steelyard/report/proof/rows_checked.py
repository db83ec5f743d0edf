"""Whether all that a report says of the product follows from the rows beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from steelyard.bench.judging import by_group
from steelyard.bench.repeatability import repeatability
from steelyard.bench.scoring import Scored, named_columns
from steelyard.bench.sequence import Clusters, drawn_clusters
from steelyard.bench.trial import Basis, drawn_of
from steelyard.core.canonical import canonical
from steelyard.core.method import Indicator
from steelyard.core.verdict import Verdict
from steelyard.core.words import Words
from steelyard.report.proof.bundle import FAULTS
from steelyard.report.proof.evidence import WITHHELD, loaded
from steelyard.report.proof.likeness import as_written, same, where
from steelyard.report.proof.unpacked import BadEvidence, Bundled
from steelyard.report.report import FORMAT, Report, claims_of, counted, non_claims_of, stopped_of
from steelyard.report.sealed import shown_groups

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def hold_draw(bundled: Bundled) -> None:
    """Check that just those samples were tested that the plan draws."""
    import numpy as np

    plan, ids = bundled.plan, bundled.ids
    basis, scored = bundled.basis
    if len(ids) != len(loaded(bundled.members["evidence/rows.npy"], 1)) or len(set(ids)) != len(ids):
        raise BadEvidence("samples and ids are not one for one", "样本与编号不是一一对应")
    wanted = drawn_of(np.arange(len(ids)), ids, plan.limit, plan.seed)
    if plan.samples != len(wanted):
        raise BadEvidence(
            f"the plan draws {len(wanted)} samples, not {plan.samples}", f"方案应抽取 {len(wanted)} 个样本"
        )
    if scored.order is not None:
        whole = Basis(plan, basis.test_set, basis.methods, wanted)
        clusters = _clusters(whole, scored, ids)
        asked = len(scored.order)
        if clusters.codes[:asked].tolist() != scored.order.tolist() or not asked:
            raise BadEvidence("clusters were asked in another order than the plan draws", "提问的群次序与方案不同")
        wanted = np.sort(np.concatenate(clusters.positions[:asked]))
    if not np.array_equal(basis.positions, wanted):
        raise BadEvidence("other samples were tested than the plan draws", "检测的样本与方案抽取的不同")


def _clusters(whole: Basis, scored: Scored, ids: list[str]) -> Clusters:
    cluster = whole.readings[0].cluster
    return drawn_clusters(whole, None, ids) if cluster is None else drawn_clusters(whole, *scored.codes[cluster])


def hold_complete(bundled: Bundled) -> None:
    """Check that no sample's rows were left out, and none stand in for another's."""
    import numpy as np

    basis, scored = bundled.basis
    for reading, method in zip(basis.readings, basis.methods, strict=True):
        for requirement in reading.requirements:
            indicator = method.indicator(requirement.indicator)
            for each in scored.rounds:
                rows = each.rows(indicator, reading.cluster)
                found = rows.samples if indicator.one_each else np.unique(rows.samples)
                if not np.array_equal(found, basis.positions):
                    missing = len(np.setdiff1d(basis.positions, rows.samples))
                    raise BadEvidence(
                        f"{indicator.name}: {missing} samples have no rows, or rows are of none or stand there twice",
                        f"{indicator.name}：{missing} 个样本没有计数，或有计数不属于任何样本或重复出现",
                    )
                _within_spans(indicator, rows.values)
                _units_fit(rows.units, rows.samples, reading.cluster, scored)
    hold_records(bundled)


def hold_records(bundled: Bundled) -> None:
    """Check that there is a record of each sample in each round, and that the report counts those that failed."""
    import numpy as np

    basis, _ = bundled.basis
    count = basis.plan.rounds * len(basis.positions)
    faults = loaded(bundled.members["records/faults.npy"], 1)
    seconds = loaded(bundled.members["records/seconds.npy"], 1, float_=True)
    if not len(faults) == len(seconds) == count:
        raise BadEvidence(
            f"there are records of {len(faults)} samples, not {count}", f"记录数为 {len(faults)}，应为 {count}"
        )
    failed = {FAULTS[code - 1].value: int((faults == code).sum()) for code in np.unique(faults[faults > 0]).tolist()}
    said = {failure["fault"]: failure["count"] for failure in bundled.report["failures"]}
    if (
        failed != said
        or len(said) != len(bundled.report["failures"])
        or bundled.report["answered"] != int((faults == 0).sum())
    ):
        raise BadEvidence("the report counts other failures", "报告的失败计数不同")


def _within_spans(indicator: Indicator, values: NDArray[np.float64]) -> None:
    """Check that no row counts for more than a sample can."""
    import numpy as np

    for name, span, column in zip(indicator.columns, indicator.spans, values.T, strict=False):  # of some none are known
        fits = np.isfinite(column) & (span.low <= column) & (column <= span.high)
        if span.whole:
            fits &= column == np.floor(column)
        if not fits.all():
            wrong = column[~fits][0]
            raise BadEvidence(
                f"{indicator.name}: a row has {name} {wrong:g}, which no sample can",
                f"{indicator.name}：有一行的 {name} 为 {wrong:g}，任何样本都不可能如此",
            )


def _units_fit(units: NDArray[np.int64], samples: NDArray[np.int64], cluster: str | None, scored: Scored) -> None:
    import numpy as np

    expected = samples if cluster is None else scored.codes[cluster][0][samples]
    if not np.array_equal(units, expected[:, None]):
        raise BadEvidence("rows are of other units than their samples", "计数所属的抽样单元与样本不符")


def hold_estimates(bundled: Bundled) -> None:
    """Check that estimates, bounds and findings are those that the rows make."""
    found, said = as_written(bundled.judgements), bundled.report["judgements"]
    if not same(found, said):
        place = where(found, said)
        raise BadEvidence(f"computed again, {place} differs", f"重新计算后 {place} 不同")


def hold_counts(bundled: Bundled) -> None:
    """Check that so are counts and results by group."""
    basis, scored = bundled.basis
    if scored.codes.keys() != named_columns(basis):
        raise BadEvidence(
            "codes are of other groups and units than the plan and the card name", "分组编码与方案和卡片不符"
        )
    if not same(as_written(counted(basis, scored)), bundled.report["counts"]):
        raise BadEvidence("the report counts something else", "报告的计数不同")
    _groups(as_written(shown_groups(basis, scored, by_group(basis, scored))), bundled.report["groups"])


def _groups(found: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
    """Check that all groups are shown with all members: leaving a bad one out would be the better for it."""
    if found.keys() != shown.keys():
        named = ", ".join(sorted(found.keys() ^ shown.keys()))
        raise BadEvidence(f"the report shows other groups: {named}", f"报告所列分组不同：{named}")
    for name, members in shown.items():
        known = {_of_what(member): member for member in found[name]}
        for member in members:
            # Each is taken out, so that none stands there twice.
            if not same(known.pop(_of_what(member), None), member):
                raise BadEvidence(f"{name}: {member['scope']} differs", f"{name}：{member['scope']} 不同")
        for missing in known.values():
            raise BadEvidence(f"{name}: {missing['scope']} is left out", f"{name}：缺少 {missing['scope']}")


def _of_what(finding: Mapping[str, Any]) -> bytes:
    """Return what tells a finding from all others: each member of a group has one for every requirement."""
    return canonical([finding["requirement"]["name"], finding["scope"]])


def hold_verdict(bundled: Bundled) -> None:
    """Check that the verdict follows from the findings."""
    report, judgements = bundled.report, bundled.judgements
    if (report["verdict"], report["exit_code"]) == ("invalid", 12):
        if report["depends_on_reading"] and judgements[0].verdict is not Verdict.INVALID:
            raise BadEvidence("what is invalid depends on no reading", "无效的结论与解读无关")
        return  # it claims nothing: the product was another one at the end
    depends = len({judgement.verdict for judgement in judgements}) > 1
    verdict = judgements[0].verdict
    expected = 0 if bundled.plan.clause.binding == "soft" else verdict.exit_code
    if (report["verdict"], report["depends_on_reading"], report["exit_code"]) != (verdict.value, depends, expected):
        raise BadEvidence(
            f"it follows {verdict.value}, and the report says {report['verdict']}",
            f"应为{verdict.words.zh}，报告为 {report['verdict']}",
        )


def hold_said(bundled: Bundled) -> None:
    """Check what the report says beside its numbers, as far as it follows from them; part of it is signed."""
    report = bundled.report
    named = {field.name for field in fields(Report)} - {"path"} | {"format", "exit_code", "plan_digest"}
    if report.keys() != named:
        other = ", ".join(sorted(report.keys() ^ named))
        raise BadEvidence(f"the report has other parts: {other}", f"报告的组成不同：{other}")
    if report["format"] != FORMAT:
        raise BadEvidence(f"it is no {FORMAT}", f"格式不是 {FORMAT}")
    if not _is_time(report["created"]):
        raise BadEvidence("when it was made is no time with its zone", "生成时间不是带时区的 ISO 8601 时间")
    basis, scored = bundled.basis
    judged = {reading.name for reading in basis.readings}
    if report["not_judged"].keys() != {reading["name"] for reading in report["clause"]["readings"]} - judged:
        raise BadEvidence("other readings were not judged than the report says", "未判定的解读与报告所述不同")
    found: dict[str, Any] = {
        "claims": claims_of(basis, Verdict(report["verdict"])),
        "non_claims": non_claims_of(basis, [Words(**each) for each in report["notes"]]),
        "stopped": stopped_of(basis, scored, Verdict(report["judgements"][0]["verdict"])),
    }
    if WITHHELD not in bundled.received:
        found["sealed"] = None
    if WITHHELD not in bundled.members or bundled.members is not bundled.received:
        found["repeatability"] = repeatability(basis, scored)
    for name, value in found.items():
        written = as_written(value)
        if not same(written, report[name]):
            place = where(written, report[name], name)
            raise BadEvidence(f"it follows another {place} than the report says", f"由此得出的 {place} 与报告不同")


def _is_time(said: Any) -> bool:
    """Tell whether a text is a time with its zone, in the one way that ISO 8601's extended form has here."""
    try:
        time = datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return False
    return time.tzinfo is not None and time.isoformat() == said
