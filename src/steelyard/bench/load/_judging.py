"""What LoadGen's latencies prove: findings, drift, and the verdict with its controls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.bench.load._controls import Control
from steelyard.bench.load._drift import Drift, drift_of_faults, drift_of_latency, drift_of_memory
from steelyard.bench.load._estimates import (
    THROUGHPUT,
    Dependence,
    latency_estimate,
    new_load,
    throughput_estimate,
)
from steelyard.bench.load._loadgen import Driven
from steelyard.bench.load._logs import Samples, read_samples
from steelyard.bench.load._plan import LoadPlan, percentile_name
from steelyard.core.specification import Limit, Requirement
from steelyard.core.verdict import Estimate, Finding, NewRun, Verdict
from steelyard.core.words import Words
from steelyard.stats.decision import decide

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BEHIND = 0.95
"""Answering less than this share of what is offered is no chance of a run's end."""


@dataclass(frozen=True, eq=False)
class Session:
    """What is judged of one start of the product."""

    samples: Samples
    faulty: NDArray[np.bool_]
    latency: NDArray[np.float64]
    """ms of each query, infinite where a sample of it had no answer."""
    stated: NDArray[np.float64]
    """Seconds of each query, as LoadGen sees them."""
    began: NDArray[np.float64]


def session(folder: Path, driven: Driven, per_query: bool) -> Session:
    """Return what LoadGen logged of one start; ``per_query`` where a query has several samples."""
    import numpy as np

    samples = read_samples(folder)
    faulty = np.zeros(len(samples.latency), dtype=bool)
    faulty[[sequence for sequence, _, _ in driven.faults["timed"]]] = True
    stated, began = samples.latency, samples.began
    late = np.where(faulty, np.inf, samples.latency)
    if per_query:  # a query is answered when all of its samples are
        first = np.flatnonzero(np.diff(samples.query, prepend=-1))
        stated, late = np.maximum.reduceat(stated, first), np.maximum.reduceat(late, first)
        began = began[first]
    return Session(samples, faulty, late * 1e3, stated, began)


def findings_of(plan: LoadPlan, sessions: Sequence[Session]) -> tuple[list[Finding], dict[str, Dependence]]:
    """Return what was found for each percentile, or for the throughput; those with a limit decide."""
    required = {each.name: each for each in plan.requirements}
    confidence, findings, dependences = plan.decision.confidence, [], {}
    for probability in plan.percentiles:
        name = percentile_name(probability)
        limit = required[name].limit.value if name in required else None
        latencies = [each.latency for each in sessions]
        found, dependences[name] = latency_estimate(latencies, probability, confidence, limit)
        advice = new_load(found, probability, dependences[name])
        title = Words(f"{name} latency", f"{name} 延迟")
        findings.append(_finding(plan, required.get(name), "latency", "ms", title, found, advice))
    if plan.scenario == "offline":
        done = [each.samples.began + each.samples.latency for each in sessions]
        found = throughput_estimate(done, [~each.faulty for each in sessions], confidence)
        findings.append(_finding(plan, required.get("throughput"), "throughput", "1/s", THROUGHPUT.title, found, None))
    return findings, dependences


def _finding(
    plan: LoadPlan,
    requirement: Requirement | None,
    indicator: str,
    unit: str,
    title: Words,
    found: Estimate,
    advice: NewRun | None,
) -> Finding:
    if requirement is None:
        shown = Requirement(title.en, indicator, Limit("<=", float("inf"), unit, "—"))
        because = Words("no limit was set", "未设限值")
        return Finding("load", plan.scenario, shown, title, {}, False, found, Verdict.UNDETERMINED, because)
    verdict, because = decide(found, requirement.limit, requirement.kind, plan.decision.rule)
    if verdict is not Verdict.UNDETERMINED:
        advice = None
    return Finding("load", plan.scenario, requirement, title, {}, True, found, verdict, because, advice)


def overloaded(plan: LoadPlan, sessions: Sequence[Session], findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings, those undetermined failed where the product answers fewer queries than are offered.

    Its queue then grows as long as the load lasts, and no percentile settles, however long one waits.
    """
    done = [each.samples.began + each.samples.latency for each in sessions]
    found = throughput_estimate(done, [~each.faulty for each in sessions], plan.decision.confidence)
    offered = sum(len(each.faulty) for each in sessions) / sum(
        float(each.samples.began[-1]) or 1.0 for each in sessions
    )
    drift = drift_of_latency(sessions[0].began, sessions[0].latency, plan.decision.confidence)
    if found.upper is None or found.upper >= BEHIND * offered or drift is None or drift.lower <= 0.0:
        return list(findings)
    because = Words(
        f"of {offered:.4g} queries offered a second it answers at most {found.upper:.4g}: its queue grows as long "
        "as the load lasts",
        f"每秒到达 {offered:.4g} 个查询，产品每秒至多回答 {found.upper:.4g} 个：只要负载持续，队列便不断增长",
    )
    return [
        replace(each, verdict=Verdict.DOES_NOT_CONFORM, because=because, new_run=None)
        if each.decides and each.verdict is Verdict.UNDETERMINED
        else each
        for each in findings
    ]


def drifts(plan: LoadPlan, sessions: Sequence[Session], driven: Sequence[Driven]) -> list[Drift]:
    """Return the drifts of the longest session; in offline the latency of a sample is its place in the queue."""
    longest = max(range(len(sessions)), key=lambda number: len(sessions[number].latency))
    session, came = sessions[longest], driven[longest]
    confidence = plan.decision.confidence
    found = [
        drift_of_latency(session.began, session.latency, confidence) if plan.scenario != "offline" else None,
        drift_of_memory(came.memory.get("timed", ()), confidence),
        drift_of_faults(session.faulty, confidence),
    ]
    return [each for each in found if each is not None]


def verdict_of(findings: Sequence[Finding], controls: Sequence[Control]) -> tuple[Verdict, Words]:
    """Return the verdict on the load test, and why: a failed control spoils everything."""
    failed = next((control for control in controls if control.held is False), None)
    if failed is not None:
        return Verdict.INVALID, Words(
            f"the control “{failed.title.en}” failed: {failed.because.en}",
            f"对照“{failed.title.zh}”未通过：{failed.because.zh}",
        )
    deciding = [finding for finding in findings if finding.decides]
    if not deciding:
        return Verdict.UNDETERMINED, Words(
            "no limit was set, neither on a percentile of latency nor, in offline, on the throughput",
            "未设限值：既无延迟百分位限值，offline 场景亦无吞吐量限值",
        )
    verdict = Verdict.of_all(finding.verdict for finding in deciding)
    return verdict, next(finding.because for finding in deciding if finding.verdict is verdict)
