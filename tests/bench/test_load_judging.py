"""What recorded latencies decide: no clock runs here, so every verdict is known; `test_load.py` drives products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard import fields
from steelyard.bench.load._controls import caching, probes
from steelyard.bench.load._judging import Session, findings_of, overloaded, session, verdict_of
from steelyard.bench.load._loadgen import Driven
from steelyard.bench.load._logs import QUERIES
from steelyard.bench.load.load import Load, prepare_load
from steelyard.core.sample import Fault
from steelyard.core.verdict import Finding, Verdict
from steelyard.products import open_product

pytest.importorskip("mlperf_loadgen", reason="a plan names the version of LoadGen: pip install 'steelyard[load]'")


def log(folder: Path, milliseconds: Sequence[float], due: Sequence[float] | None = None, places: Any = None) -> None:
    """Write latencies as `read_samples` keeps them; without ``due`` (seconds) each query waits for the one before."""
    latency = np.rint(np.asarray(milliseconds) * 1e6).astype(np.int64)
    began = np.cumsum(latency) - latency if due is None else np.rint(np.asarray(due) * 1e9).astype(np.int64)
    count = np.arange(len(latency))
    columns = {
        "sequence": count,
        "query": count,
        "place": np.zeros(len(latency), np.int64) if places is None else np.asarray(places),
        "due_ns": began,
        "late_ns": np.zeros(len(latency), np.int64),
        "latency_ns": latency,
    }
    folder.mkdir(parents=True)
    pq.write_table(pa.table(columns), folder / QUERIES)


@pytest.fixture
def load(tmp_path: Path, write_set: Callable[..., Path]) -> Callable[..., Load]:
    """Return a function that plans a load test."""

    def make(scenario: str, **options: Any) -> Load:
        path = tmp_path / "product.py"
        path.write_text("def right(x):\n    return 'positive'\n", "utf-8")
        made = str(write_set(["positive", "negative"] * 6))
        return prepare_load(
            open_product(f"python:{path}:right"),
            fields.find("medical.diagnosis"),
            made,
            scenario,
            minutes=0.0,
            **options,
        )

    return make


def judged(load: Load, sessions: Sequence[Session]) -> tuple[Verdict, str, Finding]:
    findings, _ = findings_of(load.plan, sessions)
    if load.plan.scenario == "server":
        findings = overloaded(load.plan, sessions, findings)
    verdict, because = verdict_of(findings, [])
    (deciding,) = (finding for finding in findings if finding.decides)
    return verdict, because.en, deciding


def recorded(folder: Path, milliseconds: Sequence[float], unanswered: Sequence[int] = (), **given: Any) -> Session:
    log(folder, milliseconds, **given)
    faults = [(place, Fault.CRASH, None) for place in unanswered]
    return session(folder, Driven(faults={"timed": faults}), per_query=False)


def spread(count: int, seed: int, typical: float = 21.0, width: float = 0.02) -> Any:
    """Return latencies in ms that do not hang together."""
    return typical * np.random.default_rng(seed).lognormal(0.0, width, count)


@pytest.mark.parametrize(
    ("limit", "latencies", "verdict", "because"),
    [
        ("p50=10ms", spread(60, 1), Verdict.DOES_NOT_CONFORM, "favourable bound is outside"),
        ("p50=5s", spread(60, 1), Verdict.CONFORMS, "unfavourable bound is inside"),
        ("p50=21ms", spread(60, 1), Verdict.UNDETERMINED, "between the bounds"),
        ("p90=22ms", spread(60, 1, width=0.001), Verdict.CONFORMS, "unfavourable bound is inside"),
        ("p99=5s", spread(60, 1), Verdict.UNDETERMINED, "between the bounds"),  # 299 at least give an upper bound
        # They hang together: of two halves, each alike in itself, nothing is known but those two.
        ("p50=5s", np.repeat([20.0, 60.0], 60), Verdict.UNDETERMINED, "too few units"),
        ("p50=10ms", np.repeat([20.0, 60.0], 60), Verdict.UNDETERMINED, "too few units"),
    ],
)
def test_latencies(
    limit: str, latencies: Any, verdict: Verdict, because: str, load: Callable[..., Load], tmp_path: Path
) -> None:
    planned = load("single-stream", latency_limits=[limit], queries=60)
    found, said, finding = judged(planned, [recorded(tmp_path / "timed", latencies)])
    assert (found, because in said) == (verdict, True), said
    assert finding.estimate.opportunities == len(latencies)
    assert finding.estimate.value == pytest.approx(np.sort(latencies)[int(float(limit[1:3]) / 100.0 * len(latencies))])


@pytest.mark.parametrize(("every", "verdict"), [(5, Verdict.DOES_NOT_CONFORM), (10**6, Verdict.CONFORMS)])
def test_what_is_not_answered_is_infinitely_late(
    every: int, verdict: Verdict, load: Callable[..., Load], tmp_path: Path
) -> None:
    unanswered = np.flatnonzero(np.random.default_rng(5).uniform(size=400) < 1.0 / every)
    planned = load("single-stream", latency_limits=["p90=5s"], queries=400)
    found, _, finding = judged(planned, [recorded(tmp_path / "timed", spread(400, 2), unanswered.tolist())])
    assert found is verdict
    assert finding.estimate.events == len(unanswered)
    assert (finding.estimate.lower == np.inf) == (verdict is Verdict.DOES_NOT_CONFORM)


def test_a_queue_that_grows_fails_however_its_latencies_hang_together(
    load: Callable[..., Load], tmp_path: Path
) -> None:
    """Queries come each 2.5 ms and take 20 ms each."""
    due = np.arange(150) / 400.0
    ended = 0.02 * np.arange(1, 151)
    planned = load("server", latency_limits=["p90=1s"], queries=150, qps=400.0)
    found, said, _ = judged(planned, [recorded(tmp_path / "timed", (ended - due) * 1e3, due=due)])
    assert found is Verdict.DOES_NOT_CONFORM
    assert "its queue grows as long as the load lasts" in said
    quick = [recorded(tmp_path / "quick", spread(150, 3, 1.0), due=due)]
    assert judged(planned, quick)[0] is Verdict.CONFORMS


@pytest.mark.parametrize(
    ("qps", "verdict"), [(50.0, Verdict.CONFORMS), (100.0, Verdict.UNDETERMINED), (200.0, Verdict.DOES_NOT_CONFORM)]
)
def test_throughput(qps: float, verdict: Verdict, load: Callable[..., Load], tmp_path: Path) -> None:
    planned = load("offline", queries=400, qps=qps)
    ended = np.cumsum(spread(400, 4, 10.0))
    assert judged(planned, [recorded(tmp_path / "timed", ended, due=np.zeros(400))])[0] is verdict


@pytest.mark.parametrize(
    ("count", "again", "held"),
    [
        (60, 0.005, False),  # remembered: 0.1 ms instead of 20
        (60, 0.85, False),  # MLPerf's TEST04 allows a tenth
        (60, 1.0, True),
        (60, 1.2, True),
        (24, 0.5, False),
        (12, 0.005, None),  # too few to be looked at
    ],
)
def test_caching(count: int, again: float, held: bool | None, tmp_path: Path) -> None:
    jobs = probes(count)
    for number, job in enumerate(jobs):
        second = 20.0 * (again if job.name.startswith("same") else 1.0)
        noise = np.random.default_rng([number, 8]).lognormal(0.0, 0.02)
        places = [0, len(job.places) - 1]
        log(tmp_path / job.name, [20.0, second * noise], places=places)
    assert caching(jobs, tmp_path, Driven()).held is held
