"""A product under load: driven by MLPerf LoadGen, its latency percentiles estimated and judged like any indicator."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.bench.durable import write_durably
from steelyard.bench.load._controls import Control, accuracy, caching, consistent, on_time, probes
from steelyard.bench.load._drift import Drift
from steelyard.bench.load._driver import Job
from steelyard.bench.load._estimates import Dependence
from steelyard.bench.load._judging import Session, drifts, findings_of, overloaded, session, verdict_of
from steelyard.bench.load._loadgen import Driven, drive
from steelyard.bench.load._logs import read_samples
from steelyard.bench.load._plan import SCENARIOS, Load, LoadPlan, latency_limit, prepare_load
from steelyard.core.canonical import JSON, plain
from steelyard.core.errors import CallError, Interrupted, PlanMismatch
from steelyard.core.product import OPEN, Isolation, Limits
from steelyard.core.sample import Fault
from steelyard.core.verdict import Finding, Verdict
from steelyard.core.words import Words
from steelyard.products import open_product

if TYPE_CHECKING:
    pass

__all__ = ["Load", "LoadPlan", "LoadReport", "latency_limit", "perform_load", "prepare_load"]

WARM_UP = 4
CALIBRATION = 128
"""Samples that show how quick an offline product is."""
OVERHEAD_QUERIES = 200
KEPT = 4096
"""About so many answers of a timed run LoadGen keeps, to be compared."""
NOTHING = (
    "import json, sys\nfor line in sys.stdin:\n"
    "    print('{\"id\":%d,\"output\":0}' % json.loads(line)['id'], flush=True)\n"
)
"""A product that does nothing: what it takes is the bench's."""


@dataclass(frozen=True, eq=False)
class LoadReport:
    """What was found under load, and what is proved."""

    plan: LoadPlan
    verdict: Verdict
    because: Words
    findings: tuple[Finding, ...]
    dependences: dict[str, Dependence]
    """Of each latency percentile."""
    controls: tuple[Control, ...]
    drifts: tuple[Drift, ...]
    queries: int
    faults: dict[Fault, int]
    first_fault: Words | None
    overhead: tuple[float, float]
    """Median and p99, in ms, of a product that does nothing, asked the same inputs in single-stream."""
    waited: float | None
    """Of server: p99, in ms, of what queries waited for a session that was busy."""
    notes: tuple[Words, ...]
    logs: str

    @property
    def exit_code(self) -> int:
        """Exit code of ``steelyard load``."""
        return self.verdict.exit_code

    def document(self) -> dict[str, JSON]:
        """Return what ``load.json`` holds; a number that JSON does not know is its name."""
        said = _finite(
            {
                "format": "steelyard/load/1",
                "plan": plain(self.plan),
                "plan_digest": self.plan.digest,
                "verdict": self.verdict.value,
                "because": plain(self.because),
                "findings": plain(self.findings),
                "dependence": plain(self.dependences),
                "controls": plain(self.controls),
                "drift": plain(self.drifts),
                "queries": self.queries,
                "faults": {fault.value: count for fault, count in self.faults.items()},
                "first_fault": plain(self.first_fault),
                "overhead_ms": {"median": self.overhead[0], "p99": self.overhead[1]},
                "waited_ms": self.waited,
                "notes": plain(self.notes),
                "logs": self.logs,
            }
        )
        assert isinstance(said, dict)
        return said


def _finite(value: Any) -> Any:
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "infinity" if value > 0 else "-infinity"
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list) else value


# --- The run -------------------------------------------------------------------------------------------------------


def perform_load(load: Load, out: Path, progress: Callable[[str, int, int], None] | None = None) -> LoadReport:
    """Drive the product, judge what LoadGen logged, and write ``load.json``.

    Parameters
    ----------
    load : Load
        What is tested.
    out : Path
        Folder of ``plan.json``, LoadGen's logs and ``load.json``. A load test that was broken off cannot be gone on
        with: its time is gone; one that is whole is not repeated.
    progress : callable, optional
        Called with the job's name, samples that were asked, and faults.

    Raises
    ------
    PlanMismatch
        Where the folder holds another plan, or a test that was begun.
    Interrupted
        After Ctrl-C; the product is ended.
    """
    _lock(load.plan, out)
    plan, logs = load.plan, out / "loadgen"
    hidden = load.test_set.hidden(out, *(path.parent for path in out.resolve().parent.glob("*/plan.json")))
    isolation = OPEN if plan.isolation == OPEN.name else Isolation(plan.isolation, hidden)

    def start() -> Any:
        return load.product.start(load.test_set.input, load.method.output, plan.limits, isolation)

    probing = probes(len(load.asks))
    alone = Job("accuracy", "SingleStream", tuple(range(len(load.asks))), accuracy=True)
    driven: list[Driven] = []
    folders = [logs / f"session-{number}" for number in range(1, plan.sessions + 1)]
    # What is asked to warm up is remembered by a product that caches, so it is none of those that are probed.
    probed = {place for job in probing for place in job.places}
    warm_up = ([place for place in range(len(load.asks)) if place not in probed] or [0])[:WARM_UP]
    try:
        overhead = _overhead(load, logs / "overhead")
        for number, folder in enumerate(folders):
            first = [*probing, alone] if number == 0 else []
            jobs = [*first, *_timed(plan, len(load.asks))]
            driven.append(
                drive(start, load.asks, jobs, folder, workers=plan.workers, warm_up=warm_up, progress=progress)
            )
        report = _report(load, probing, folders, driven, overhead)
        text = json.dumps(report.document(), ensure_ascii=False, indent=2, allow_nan=False)
        write_durably(out / "load.json", f"{text}\n".encode())
    except KeyboardInterrupt:
        raise Interrupted(
            Words(f"stopped; the logs so far are in {logs}.", f"已停止；此前的日志在 {logs}。"),
            Words(
                "The time of a load test cannot be gone on with: repeat the command with another --out.",
                "负载检测无法续测：请换一个 --out 重复该命令。",
            ),
        ) from None
    return report


def _timed(plan: LoadPlan, count: int) -> list[Job]:
    """Return the job whose latencies are judged; in offline after one that shows how many samples fill the time."""
    settings: dict[str, Any] = {
        "min_query_count": plan.queries,
        "min_duration_ms": round(plan.minutes * 60_000),
        "accuracy_log_sampling_target": KEPT,
        "qsl_rng_seed": plan.seed + 1,
        "sample_index_rng_seed": plan.seed + 2,
        "schedule_rng_seed": plan.seed + 3,
        "accuracy_log_rng_seed": plan.seed + 4,
    }
    jobs = [Job("timed", SCENARIOS[plan.scenario], tuple(range(count)), settings)]
    if plan.scenario == "server":
        settings["server_target_qps"] = plan.qps
        strictest = min((each.limit.value for each in plan.requirements), default=1e3)
        settings["server_target_latency_ns"] = round(strictest * 1e6)
    elif plan.scenario == "multi-stream":
        settings["multi_stream_samples_per_query"] = plan.samples_per_query
    elif plan.scenario == "offline":
        settings["offline_expected_qps"] = plan.qps or 1.0
        brief = {"min_query_count": CALIBRATION, "min_duration_ms": 0, "offline_expected_qps": 1.0}
        jobs.insert(0, Job("calibration", "Offline", tuple(range(count)), brief))
    return jobs


def _lock(plan: LoadPlan, out: Path) -> None:
    """Write ``plan.json`` before the first query, or refuse a folder that holds something else."""
    path = out / "plan.json"
    try:
        if path.exists():
            held = json.loads(path.read_text("utf-8"))
            same = isinstance(held, dict) and held.get("digest") == plan.digest
            what = (
                Words(f"{out} holds this load test already.", f"{out} 已有同一负载检测。")
                if same
                else Words(f"{path} locks another plan.", f"{path} 锁定的是另一方案。")
            )
            if not same or (out / "load.json").exists() or (out / "loadgen").exists():
                raise PlanMismatch(
                    what,
                    Words(
                        "A load test cannot be gone on with. Choose another --out.", "负载检测无法续测。请另选 --out。"
                    ),
                )
            return
        out.mkdir(parents=True, exist_ok=True)
        document = {"digest": plan.digest, "plan": plain(plan)}
        write_durably(path, f"{json.dumps(document, ensure_ascii=False, indent=2)}\n".encode())
    except (OSError, ValueError) as error:
        raise CallError(
            Words(f"cannot write to {out}: {error}", f"无法写入 {out}：{error}"),
            Words("Choose another folder with --out.", "请用 --out 另选目录。"),
        ) from None


def _overhead(load: Load, folder: Path) -> tuple[float, float]:
    """Return median and p99, in ms, of a product in a process of its own that does nothing, asked the same inputs."""
    import numpy as np

    nothing = open_product(f"cmd:{shlex.join([sys.executable, '-I', '-S', '-c', NOTHING])}")
    settings = {"min_query_count": OVERHEAD_QUERIES, "min_duration_ms": 0}
    job = Job("nothing", "SingleStream", tuple(range(len(load.asks))), settings)

    def start() -> Any:
        return nothing.start(load.test_set.input, load.method.output, Limits())

    drive(start, load.asks, [job], folder, warm_up=range(min(WARM_UP, len(load.asks))))
    latency = read_samples(folder / job.name).latency * 1e3
    return float(np.median(latency)), float(np.quantile(latency, 0.99))


# --- The report ----------------------------------------------------------------------------------------------------


def _report(
    load: Load, probing: Sequence[Job], folders: Sequence[Path], driven: Sequence[Driven], overhead: tuple[float, float]
) -> LoadReport:
    import numpy as np

    plan = load.plan
    timed = [folder / "timed" for folder in folders]
    per_query = plan.scenario == "multi-stream"
    sessions = [session(each, came, per_query) for each, came in zip(timed, driven, strict=True)]
    findings, dependences = findings_of(plan, sessions)
    controls = [caching(probing, folders[0], driven[0])]
    controls.append(accuracy(load.method, load.samples, folders[0] / "accuracy", timed))
    controls.append(consistent(timed, [each.stated for each in sessions], per_query))
    if plan.scenario == "server":
        findings = overloaded(plan, sessions, findings)
        punctual = [replace(each, latency=each.latency - each.samples.late * 1e3) for each in sessions]
        again = overloaded(plan, punctual, findings_of(plan, punctual)[0])
        stands = all(
            now.verdict is then.verdict
            for then, now in zip(findings, again, strict=True)
            if then.verdict is Verdict.DOES_NOT_CONFORM
        )
        controls.append(on_time(np.concatenate([each.samples.late for each in sessions]), stands))
    verdict, because = verdict_of(findings, controls)
    faults: dict[Fault, int] = {}
    first: Words | None = None
    for _, fault, detail in (each for came in driven for each in came.faults["timed"]):
        faults[fault] = faults.get(fault, 0) + 1
        first = first or detail
    waits = [each for came in driven for each in came.waits["timed"]]
    return LoadReport(
        plan=plan,
        verdict=verdict,
        because=because,
        findings=tuple(findings),
        dependences=dependences,
        controls=tuple(controls),
        drifts=tuple(drifts(plan, sessions, driven)),
        queries=sum(len(each.latency) for each in sessions)
        if plan.scenario != "offline"
        else sum(map(_count, sessions)),
        faults=faults,
        first_fault=first,
        overhead=overhead,
        waited=float(np.quantile(waits, 0.99)) * 1e3 if waits else None,
        notes=tuple(dict.fromkeys(note for came in driven for note in came.notes)),
        logs=str(folders[0].parent),
    )


def _count(session: Session) -> int:
    return len(session.faulty)
