"""Checks a bundle without the run, the set or the product: everything that can be computed again is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from steelyard.bench.judging import by_group
from steelyard.bench.repeatability import repeatability
from steelyard.bench.scoring import Scored, named_columns
from steelyard.bench.sequence import Clusters, drawn_clusters
from steelyard.bench.trial import Basis, drawn_of
from steelyard.core.canonical import canonical, digest, plain, sha256
from steelyard.core.errors import SteelyardError
from steelyard.core.merkle import Inclusion, root_from
from steelyard.core.method import Indicator
from steelyard.core.plan import given
from steelyard.core.verdict import Verdict
from steelyard.core.words import Words
from steelyard.library.stored_set import StoredSet
from steelyard.report.bundle import ATTESTATIONS, FAULTS, MANIFEST, manifest
from steelyard.report.evidence import loaded
from steelyard.report.held_against import hold_against
from steelyard.report.likeness import as_written, same, where
from steelyard.report.log_checked import seed_follows
from steelyard.report.particulars_checked import who_stands
from steelyard.report.report import FORMAT, Report, claims_of, counted, non_claims_of, stopped_of
from steelyard.report.unpacked import BadEvidence, Bundled, object_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Checked:
    """One thing that was checked."""

    name: str
    what: Words
    """What holds, where it does."""
    fault: Words | None = None
    """What does not; None where it holds."""


def verify(members: Mapping[str, bytes], opened: StoredSet | None = None) -> tuple[Checked, ...]:
    """Check everything that can be checked of a bundle's members; a check that cannot be made has failed.

    Parameters
    ----------
    members : mapping of str to bytes
        Of the bundle.
    opened : StoredSet, optional
        The set, where it is at hand: rows, ids, groups and units are then held against it too.
    """
    bundled = Bundled(members)
    done = []
    for check in CHECKS if opened is None else (*CHECKS, _against(opened)):
        fault = held = None
        try:
            held = check.holds(bundled)
        except BadEvidence as bad:
            fault = bad.words
        except SteelyardError as error:
            fault = error.what
        except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, AttributeError) as error:
            # Whatever a file holds, it is the file's fault: nothing but its bytes is read here.
            said = f"{type(error).__name__}: {error}"[:300]
            fault = Words(f"it cannot be read ({said})", f"无法读取（{said}）")
        done.append(Checked(check.name, held or check.what, fault))
    return tuple(done)


def _manifest(bundled: Bundled) -> None:
    files = {
        name: data for name, data in bundled.members.items() if name != MANIFEST and not name.startswith(ATTESTATIONS)
    }
    said = object_of(bundled.members[MANIFEST])
    named = said["files"]
    for name in sorted(named.keys() | files.keys()):
        if name not in files:
            raise BadEvidence(f"{name} is missing", f"缺少 {name}")
        if name not in named:
            raise BadEvidence(f"{name} is not in the manifest", f"清单中没有 {name}")
        if named[name] != sha256(files[name]):
            raise BadEvidence(f"{name} has been changed", f"{name} 已被改动")
    if manifest(files, bundled.plan) != bundled.members[MANIFEST]:
        raise BadEvidence("the manifest says something else than its files", "清单与文件不一致")


def _plan(bundled: Bundled) -> None:
    report, plan = bundled.report, bundled.plan
    if report["plan_digest"] != plan.digest or given(report["plan"]) != given(plain(plan)):
        raise BadEvidence("the report is of another plan", "报告所述的是另一方案")


def _specification(bundled: Bundled) -> None:
    plan, specification = bundled.plan, bundled.specification
    if specification.digest != plan.specification_digest:
        raise BadEvidence("it is another file than the plan locks", "与方案锁定的文件不同")
    if f"{specification.name}@{specification.edition}" != plan.specification:
        raise BadEvidence("it has another name than the plan says", "名称与方案所述不同")
    clause = specification.clause(plan.clause.name)
    if {**plain(clause), "readings": None} != {**plain(plan.clause), "readings": None}:
        raise BadEvidence("the clause says something else than the plan", "条款内容与方案不同")
    readings = {reading.name: plain(reading) for reading in clause.readings}
    for reading in plan.clause.readings:
        if plain(reading) != readings.get(reading.name):
            raise BadEvidence(f"reading {reading.name} is another one", f"解读 {reading.name} 不同")
    if (
        plan.decision.rule is not specification.decision.rule
        or plan.decision.confidence < specification.decision.confidence
    ):
        raise BadEvidence("the decision rule is another one", "判定规则不同")
    if bundled.report["clause"] != plain(clause):
        raise BadEvidence("the report quotes another clause", "报告引用的条款不同")


def _card(bundled: Bundled) -> None:
    plan, card = bundled.plan, bundled.card
    if digest(card) != plan.test_set_card or canonical(plain(card)) != bundled.members["card.json"]:
        raise BadEvidence("it is another card than the plan locks", "与方案锁定的卡片不同")
    if card.digest != plan.test_set_digest or card.label != plan.test_set:
        raise BadEvidence("it is of another set than the plan says", "所属数据集与方案所述不同")
    if bundled.report["card"] != plain(card):
        raise BadEvidence("the report quotes another card", "报告引用的卡片不同")


def _membership(bundled: Bundled) -> None:
    import numpy as np

    rows = loaded(bundled.members["evidence/rows.npy"], 1)
    hashes = loaded(bundled.members["membership/leaves.npy"], 2).astype(np.uint8)
    said = object_of(bundled.members["membership/proof.json"])
    places = [0, *(rows + 1).tolist()]
    proof = Inclusion(int(said["size"]), places, [bytes.fromhex(node) for node in said["nodes"]])
    if proof.size != bundled.card.samples + 1:
        raise BadEvidence("the proof is of a set of another size", "证明所述数据集的大小不同")
    found = f"sha256:{root_from(proof, [row.tobytes() for row in hashes]).hex()}"
    if found != bundled.card.digest:
        raise BadEvidence(
            f"they lead to {found}, not {bundled.card.digest}", f"得到 {found}，而非 {bundled.card.digest}"
        )
    if len(rows) != bundled.card.splits[bundled.plan.split]:
        raise BadEvidence(
            f"there are {len(rows)} of them; the split has {bundled.card.splits[bundled.plan.split]}",
            f"共 {len(rows)} 行，而该划分有 {bundled.card.splits[bundled.plan.split]} 行",
        )


def _drawn(bundled: Bundled) -> None:
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


def _complete(bundled: Bundled) -> None:
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


def _judged(bundled: Bundled) -> None:
    found, said = as_written(bundled.judgements), bundled.report["judgements"]
    if not same(found, said):
        place = where(found, said)
        raise BadEvidence(f"computed again, {place} differs", f"重新计算后 {place} 不同")


def _counts(bundled: Bundled) -> None:
    basis, scored = bundled.basis
    if scored.codes.keys() != named_columns(basis):
        raise BadEvidence(
            "codes are of other groups and units than the plan and the card name", "分组编码与方案和卡片不符"
        )
    if not same(as_written(counted(basis, scored)), bundled.report["counts"]):
        raise BadEvidence("the report counts something else", "报告的计数不同")
    _groups(as_written(by_group(basis, scored)), bundled.report["groups"])


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


def _verdict(bundled: Bundled) -> None:
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


def _said(bundled: Bundled) -> None:
    """Check what the report says beside its numbers, as far as it follows from them; part of it is signed."""
    report = bundled.report
    named = {field.name for field in fields(Report)} - {"path"} | {"format", "exit_code", "plan_digest"}
    if report.keys() != named:
        other = ", ".join(sorted(report.keys() ^ named))
        raise BadEvidence(f"the report has other parts: {other}", f"报告的组成不同：{other}")
    if report["format"] != FORMAT:
        raise BadEvidence(f"it is no {FORMAT}", f"格式不是 {FORMAT}")
    basis, scored = bundled.basis
    judged = {reading.name for reading in basis.readings}
    if report["not_judged"].keys() != {reading["name"] for reading in report["clause"]["readings"]} - judged:
        raise BadEvidence("other readings were not judged than the report says", "未判定的解读与报告所述不同")
    found = {
        "claims": claims_of(basis, Verdict(report["verdict"])),
        "non_claims": non_claims_of(basis),
        "repeatability": repeatability(basis, scored),
        "stopped": stopped_of(basis, scored, bundled.judgements[0].verdict),
        "sealed": None,  # a run on a sealed set is not bundled
    }
    for name, value in found.items():
        written = as_written(value)
        if not same(written, report[name]):
            place = where(written, report[name], name)
            raise BadEvidence(f"it follows another {place} than the report says", f"由此得出的 {place} 与报告不同")


@dataclass(frozen=True)
class _Check:
    name: str
    what: Words
    holds: Callable[[Bundled], Words | None]
    """Raises `BadEvidence` where it does not; may say more plainly what does."""


def _against(opened: StoredSet) -> _Check:
    label = opened.card.label
    what = Words(
        f"split, ids, groups, units and hashes are those of {label}, as it is here",
        f"划分、编号、分组、抽样单元与摘要均与此处的 {label} 一致",
    )
    return _Check("set", what, lambda bundled: hold_against(bundled, opened))


CHECKS: Sequence[_Check] = (
    _Check("manifest", Words("every file is the one that the manifest names", "各文件与清单一致"), _manifest),
    _Check(
        "plan", Words("the report is of the plan, which is locked by its digest", "报告对应以摘要锁定的方案"), _plan
    ),
    _Check(
        "seed",
        Words(
            "if it was entered into a log, that log's head is here, and a seed that follows from it does",
            "若已登记入日志，则附有其树头；由其得出的种子亦相符",
        ),
        seed_follows,
    ),
    _Check(
        "specification",
        Words(
            "clause, readings, limits and decision rule are the specification's", "条款、解读、限值与判定规则出自该规范"
        ),
        _specification,
    ),
    _Check("card", Words("the set's card is the one that the plan locks", "数据集卡片为方案所锁定者"), _card),
    _Check(
        "membership",
        Words(
            "the rows belong to the set (Merkle proof), as many as its split has",
            "所列各行属于该数据集（Merkle 证明），行数与该划分相同",
        ),
        _membership,
    ),
    _Check(
        "draw",
        Words("of the ids as named, just those were tested that the plan draws", "按所列编号，所测样本恰为方案抽取者"),
        _drawn,
    ),
    _Check(
        "complete",
        Words("no sample's result is left out or counted for another", "无样本结果遗漏或张冠李戴"),
        _complete,
    ),
    _Check(
        "estimates",
        Words(
            "estimates, bounds and findings, computed again from the rows, are the report's",
            "由计数重新计算的估计、界限与结论与报告一致",
        ),
        _judged,
    ),
    _Check("counts", Words("so are counts and results by group", "计数与分组结果一致"), _counts),
    _Check("verdict", Words("the verdict follows from them", "判定由此得出"), _verdict),
    _Check(
        "said",
        Words(
            "so do claims and what is not claimed, repeatability, and where a sequential plan stopped",
            "可声明与不作声明的内容、重复性及序贯停止点亦由此得出",
        ),
        _said,
    ),
    _Check(
        "particulars",
        Words("the report names who tested, for whom, and who authorises it", "报告载明检测方、委托方与批准人"),
        who_stands,
    ),
)
