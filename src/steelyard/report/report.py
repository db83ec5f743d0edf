"""The report: what was tested, what was found, what is proved, and what is not claimed."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from steelyard.bench.canaries import Canaries
from steelyard.bench.durable import write_durably
from steelyard.bench.judging import by_group
from steelyard.bench.repeatability import Repeatability, repeatability
from steelyard.bench.scoring import Scored
from steelyard.bench.timing import is_timed
from steelyard.bench.trial import Basis, Trial, obstacle
from steelyard.core.canonical import plain
from steelyard.core.card import Card
from steelyard.core.errors import CallError
from steelyard.core.installed import version
from steelyard.core.plan import Plan
from steelyard.core.product import Spoiled
from steelyard.core.sample import Fault
from steelyard.core.specification import Clause, Reading
from steelyard.core.verdict import Finding, Judgement, Verdict
from steelyard.core.words import Words, listed
from steelyard.library.training import inputs_met, tells_of_met
from steelyard.report.sealed import Sealed, non_claims, sealed, shown_groups, shown_notes, unisolated

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = "steelyard/report/1"
PACKAGES = ("numpy", "pyarrow", "rapidfuzz", "scikit-learn", "scipy", "steelyard")


@dataclass(frozen=True)
class Failure:
    """One kind of failed answer, and how often it came."""

    fault: Fault
    count: int
    first: Words | None
    """Detail of the first."""


@dataclass(frozen=True)
class Report:
    """What is said of a trial.

    Examples
    --------
    >>> Verdict.CONFORMS.exit_code
    0
    """

    verdict: Verdict
    """On the clause, under its deciding reading."""
    depends_on_reading: bool
    """Whether another reading that was judged gives another verdict."""
    plan: Plan
    card: Card
    clause: Clause
    """As the specification has it, with all its readings."""
    judgements: tuple[Judgement, ...]
    not_judged: Mapping[str, Words]
    """Readings that were not judged, and why."""
    groups: Mapping[str, tuple[Finding, ...]]
    """Of each group and unit of the set, its members, the worst first; they decide nothing."""
    failures: tuple[Failure, ...]
    notes: tuple[Words, ...]
    """What else was seen of the product while it was asked: restarts, lines that answered nothing."""
    repeatability: tuple[Repeatability, ...]
    """Where every sample was asked several times."""
    stopped: Words | None
    """Of a sequential plan: how far it went, and why no further."""
    answered: int
    counts: Mapping[str, float]
    """Sums of all columns that were counted, over all samples."""
    claims: tuple[Words, ...]
    non_claims: tuple[Words, ...]
    environment: Mapping[str, str]
    created: str
    """Time of the report, UTC, ISO 8601."""
    sealed: Sealed | None = None
    """What the run was on, where that is a sealed set."""
    path: str | None = None
    """Of ``report.json``."""

    @property
    def exit_code(self) -> int:
        """Exit code of ``steelyard run``: soft targets are reported and never fail."""
        return 0 if self.clause.binding == "soft" and self.verdict is not Verdict.INVALID else self.verdict.exit_code

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the deciding reading."""
        return self.judgements[0].findings

    @property
    def only(self) -> Words | None:
        """The groups that the verdict speaks for and no others, where each must hold by itself."""
        every = self.plan.clause.readings[0].every
        if every is None:
            return None
        return listed(map(self.card.named, dict.fromkeys(finding.scope[every] for finding in self.findings)))

    def document(self) -> dict[str, Any]:
        """Return the report as ``report.json`` holds it."""
        return {name: plain(value) for name, value in self.content().items()}

    def content(self) -> dict[str, Any]:
        """Return what ``report.json`` holds, by name, as it is."""
        held = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "path"}
        held["plan"] = self.plan.written()  # as plan.json has it
        return {"format": FORMAT, "exit_code": self.exit_code, "plan_digest": self.plan.digest, **held}


def build(
    trial: Trial,
    scored: Scored,
    judgements: tuple[Judgement, ...],
    records: pa.Table,
    notes: tuple[Words, ...] = (),
    canaries: Canaries | None = None,
) -> Report:
    """Return the report of a trial that was performed and judged."""
    card, plan = trial.test_set.card, trial.plan
    clause = trial.specification.clause(plan.clause.name)
    judged = {reading.name for reading in trial.readings}
    failures = _failures(records, quoting=trial.test_set.sealing is None)
    bad = any(isinstance(note, Spoiled) for note in notes)
    said = (*shown_notes(trial, notes), *_met(trial), *([] if canaries is None else [canaries.words]))
    return Report(
        verdict=Verdict.INVALID if bad else judgements[0].verdict,
        depends_on_reading=not bad and len({judgement.verdict for judgement in judgements}) > 1,
        plan=plan,
        card=card,
        clause=clause,
        judgements=judgements,
        not_judged={
            reading.name: obstacle(reading, card) or _left_out(trial, reading)
            for reading in clause.readings
            if reading.name not in judged
        },
        groups=shown_groups(trial, scored, by_group(trial, scored)),
        failures=failures,
        notes=said,
        repeatability=repeatability(trial, scored),
        stopped=stopped_of(trial, scored, judgements[0].verdict),
        answered=records.num_rows - sum(failure.count for failure in failures),
        counts=counted(trial, scored),
        claims=() if bad else claims_of(trial, judgements[0].verdict),
        non_claims=non_claims_of(trial, said),
        environment={
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            **{package: version(package) for package in PACKAGES},
        },
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        sealed=sealed(trial, canaries),
    )


def _left_out(trial: Trial, reading: Reading) -> Words:
    if trial.plan.sequential is not None and reading.method == trial.method.name:
        return Words("a sequential plan judges the deciding reading alone", "序贯方案仅按起决定作用的解读判定")
    return Words("another method decides", "由另一检测方法判定")


def stopped_of(trial: Basis, scored: Scored, verdict: Verdict) -> Words | None:
    """Return how far a sequential plan went, and why no further; None for one of a fixed size."""
    if trial.plan.sequential is None or scored.order is None:
        return None
    asked, clusters = len(trial.positions), len(scored.order)
    settled = verdict in (Verdict.CONFORMS, Verdict.DOES_NOT_CONFORM)
    why = (
        Words("there all was settled", "此时已可判定")
        if settled
        else Words("there was no more to ask", "已无可提问的样本")
    )
    return Words(
        f"Sequential plan: stopped after {clusters:,} clusters ({asked:,} of {trial.plan.samples:,} samples); "
        f"{why.en}.",
        f"序贯方案：在 {clusters:,} 群（{trial.plan.samples:,} 个样本中的 {asked:,} 个）后停止；{why.zh}。",
    )


def write(report: Report, out: Path) -> Path:
    """Write ``report.json`` in one step, and return its path."""
    path = out / "report.json"
    try:
        # orjson knows dataclasses and enumerations; `plain` is for what it does not know.
        style = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        write_durably(path, orjson.dumps(report.content(), default=plain, option=style))
    except OSError as error:
        raise CallError(Words(f"cannot write {path}: {error.strerror}", f"无法写入 {path}：{error.strerror}")) from None
    return path


def _failures(records: pa.Table, *, quoting: bool) -> tuple[Failure, ...]:
    import pyarrow.compute as pc

    if records["fault"].null_count == records.num_rows:  # known without a look at them
        return ()
    failed = records.filter(pc.is_valid(records["fault"]))
    found = []
    for item in sorted(failed["fault"].value_counts().to_pylist(), key=lambda item: str(item["values"])):
        first = failed.filter(pc.equal(failed["fault"], item["values"])).slice(0, 1).to_pylist()[0]
        detail = None if first["detail_en"] is None or not quoting else Words(first["detail_en"], first["detail_zh"])
        found.append(Failure(Fault(item["values"]), item["counts"], detail))
    return tuple(found)


def counted(trial: Basis, scored: Scored) -> dict[str, float]:
    """Return the sums of all columns that were counted; of codes there is none."""
    sums: dict[str, float] = {}
    for reading, method in zip(trial.readings, trial.methods, strict=True):
        for requirement in reading.requirements:
            indicator = method.indicator(requirement.indicator)
            totals = scored.rows(indicator, reading.cluster).values.sum(axis=0).tolist()
            spans = zip(indicator.columns, indicator.spans, strict=False)  # a method may say none
            codes = {column for column, span in spans if not span.summed}
            for column, total in zip(indicator.columns, totals, strict=True):
                if column not in codes:
                    # Readings may count the same column by other options; the deciding one comes first.
                    sums.setdefault(column, int(total) if float(total).is_integer() else total)
    return sums


def claims_of(trial: Basis, verdict: Verdict) -> tuple[Words, ...]:
    """Return what may be claimed of a product after a verdict: nothing, unless it conforms."""
    claim = trial.readings[0].claim
    return (claim,) if claim is not None and verdict is Verdict.CONFORMS else ()


def _training(basis: Basis, notes: Sequence[Words]) -> Words:
    """Return what is known of what the product learned from; notes may tell of equal inputs among it."""
    plan = basis.plan
    learned = None if plan.product_card is None else plan.product_card.trained_on
    if learned is None:
        return Words(
            "Nobody said what the product was trained on: it may have been trained on these samples.",
            "未说明产品的训练数据：可能包含本次所用样本。",
        )
    if not learned:
        return Words("Its makers say that the product was trained on nothing.", "据研制者称，产品未使用训练数据。")
    names, unseen = ", ".join(learned), ", ".join(name for name in learned if name not in plan.trained_apart)
    if not unseen:
        how, but = _compared(basis, learned), Words("", "")
        if any(tells_of_met(note, each) for note in notes for each in learned):
            but = Words(", though some equal inputs (above)", "，但含有相同的输入（见上文）")
        return Words(
            f"Its makers say that the product was trained on {names}, which holds none of these samples by their "
            f"{how.en}{but.en}; whether that is all, nobody has checked.",
            f"据研制者称，产品使用 {names} 训练，按{how.zh}比对不含本次所用样本{but.zh}；是否另有训练数据，未经核查。",
        )
    return Words(
        f"Its makers say that the product was trained on {names}; {unseen} could not be compared with these "
        "samples here.",
        f"据研制者称，产品使用 {names} 训练；其中 {unseen} 无法在此与本次所用样本比对。",
    )


def _compared(basis: Basis, learned: Sequence[str]) -> Words:
    """Return by what samples were held against those learned: within a set by their ids, else by their inputs."""
    card = basis.test_set.card
    own = {each.partition("#")[0] in (card.label, card.name) for each in learned}
    if len(own) > 1:
        return Words("ids or inputs", "编号或输入")
    return Words("ids", "编号") if own == {True} else Words("inputs", "输入")


def _met(trial: Trial) -> tuple[Words, ...]:
    """Return how many inputs the product met in training, in splits of this set that its card names."""
    card = trial.plan.product_card
    return () if card is None else inputs_met(trial.test_set, trial.positions, card.trained_on or ())


def non_claims_of(trial: Basis, notes: Sequence[Words]) -> tuple[Words, ...]:
    """Return what a reader might think the report says, beside its notes, and it does not."""
    plan, card = trial.plan, trial.test_set.card
    said = [] if card.scope is None else [card.scope]
    if plan.assurance == "C":
        said.append(
            Words(
                "Recorded answers: nobody watched the product give them (assurance C).",
                "所用为答案记录：未见证产品作答过程（保证等级 C）。",
            )
        )
    elif trial.test_set.sealing is None:
        said.append(
            Words(
                "The set is open: the product's makers may have seen it (assurance B at most).",
                "数据集公开：产品研制者可能见过其中样本（保证等级至多为 B）。",
            )
        )
    said.append(_training(trial, notes))
    if trial.test_set.sealing is not None:
        said += non_claims(trial)
    if plan.assurance != "C" and plan.isolation == "none":
        said.append(unisolated(trial))
    if plan.rounds > 1:
        said.append(
            Words(
                "The bounds are about samples. By how much another start of the product would differ is told by the "
                "intermediate precision, and is in no bound.",
                "界限只反映样本的抽样。产品另次启动会相差多少，由中间精密度说明，未计入任何界限。",
            )
        )
    if plan.assurance != "C" and is_timed(trial):
        said.append(
            Words(
                "Times hold for the machine of this run and what else it did, for one product that was asked alone, "
                f"and for batches of at most {plan.batch:,} samples; of a service they are from request to answer.",
                f"用时仅对本次所用机器及其负载、单独作答的一个产品、每批至多 {plan.batch:,} 个样本有效；"
                "对服务而言为自请求至回答。",
            )
        )
    if plan.limit is not None:
        said.append(
            Words(
                f"Only {plan.samples:,} of {card.splits[plan.split]:,} samples were drawn: a trial run.",
                f"仅抽取 {card.splits[plan.split]:,} 个样本中的 {plan.samples:,} 个：试运行。",
            )
        )
    said.append(
        Words(
            "It relates only to the product, set and conditions named, and to the operating point that was shipped.",
            "仅对所列产品、数据集、条件及出厂工作点有效。",
        )
    )
    return tuple(said)
