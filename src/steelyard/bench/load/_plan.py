"""What a load test is to be: checked, and locked before the first query."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec

from steelyard.bench.trial import drawn
from steelyard.core.canonical import digest
from steelyard.core.errors import CallError, NotTestable, UnknownName
from steelyard.core.method import Method, ask_once
from steelyard.core.product import Ask, Identity, Limits, Product
from steelyard.core.sample import Sample
from steelyard.core.specification import Decision, Limit, Requirement
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.library.stored_set import StoredSet
from steelyard.products import check_surroundings
from steelyard.stats.folds.order_statistics import queries_needed

FORMAT = "steelyard/load-plan/1"
SCENARIOS = {
    "single-stream": "SingleStream",
    "multi-stream": "MultiStream",
    "server": "Server",
    "offline": "Offline",
}
MOST_SAMPLES = 1024
"""Samples that are drawn of a larger set: all of them are held in memory, in their wire form."""
FAILURES = 3
"""Queries over the limit that the number of queries leaves room for."""
PER_QUERY = 8
"""Samples of a multi-stream query, as in MLPerf's rules."""
_LIMIT = re.compile(
    r"p(?P<percent>\d+(?:\.\d+)?)\s*(?P<operator><=|<|=|≤)\s*(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>ns|us|µs|ms|s|min)"
)
MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "min": 6e4}


@dataclass(frozen=True)
class LoadPlan:
    """Everything that decides a verdict on a load test, locked by its digest before the first query."""

    method: str
    method_version: str
    product: Identity
    assurance: str
    test_set: str
    test_set_digest: str
    samples: int
    limit: int | None
    scenario: str
    requirements: tuple[Requirement, ...]
    percentiles: tuple[float, ...]
    """Those that are reported, judged or not; in (0, 1)."""
    queries: int
    """The least number in each session; in offline, of samples."""
    minutes: float
    """The least duration of each session."""
    sessions: int
    """Fresh starts of the product."""
    qps: float | None
    """Queries a second that are offered (server)."""
    samples_per_query: int
    workers: int
    loadgen: str
    decision: Decision = field(default_factory=Decision)
    seed: int = 0
    limits: Limits = field(default_factory=Limits)
    isolation: str = "none"
    format: str = FORMAT

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of the plan."""
        return digest(self)


@dataclass(frozen=True, eq=False)
class Load:
    """A load test that is ready to be performed."""

    plan: LoadPlan
    product: Product
    method: Method
    test_set: StoredSet
    samples: tuple[Sample, ...]
    asks: tuple[Ask, ...]


def latency_limit(said: str) -> tuple[float, Limit]:
    """Return the percentile, in (0, 1), and the limit in milliseconds of ``p99=100ms``.

    Raises
    ------
    CallError
        For anything else.

    Examples
    --------
    >>> latency_limit("p99=100ms")
    (0.99, Limit(operator='<=', value=100.0, unit='ms', text='≤ 100 ms'))
    >>> latency_limit("p99.9 < 2 s")[1].value
    2000.0
    """
    found = _LIMIT.fullmatch(said.strip())
    percent = float(found["percent"]) if found else 0.0
    if not found or not 0.0 < percent < 100.0 or not float(found["value"]) > 0.0:
        raise CallError(
            Words(f"{said!r} is no limit of a latency.", f"{said!r} 不是延迟限值。"),
            Words("Write, for example, p99=100ms or 'p90 < 2 s'.", "例如：p99=100ms、'p90 < 2 s'。"),
        )
    operator = "<" if found["operator"] == "<" else "<="
    value = float(found["value"]) * MILLISECONDS[found["unit"]]
    shown = {"<": "<", "<=": "≤"}[operator]
    return round(percent / 100.0, 12), Limit(operator, value, "ms", f"{shown} {value:g} ms")


def prepare_load(
    product: Product,
    method: Method,
    test_set: str,
    scenario: str,
    *,
    latency_limits: Sequence[str] = (),
    qps: float | None = None,
    queries: int | None = None,
    minutes: float = 0.5,
    sessions: int = 1,
    workers: int = 1,
    samples_per_query: int = PER_QUERY,
    limit: int | None = None,
    seed: int = 0,
    limits: Limits | None = None,
    isolation: str = "none",
) -> Load:
    """Check what a load test needs, and make its plan.

    Parameters
    ----------
    product : Product
        The product under test.
    method : Method
        Whose inputs it is asked, and by which its accuracy under load is judged.
    test_set : str
        Name or folder of a set.
    scenario : str
        ``single-stream``, ``multi-stream``, ``server`` or ``offline``.
    latency_limits : sequence of str
        ``p99=100ms``, of queries; not in offline.
    qps : float, optional
        In server, the queries a second that are offered; in offline, the samples a second that are required.
    queries : int, optional
        The least number in each session; by default so many that three of them may be over the strictest limit.
    minutes : float
        The least duration of each session.
    sessions : int
        Fresh starts of the product.
    workers : int
        Sessions at the same time: replicas of a process, connections to a service.
    samples_per_query : int
        Of multi-stream.
    limit : int, optional
        Draw so many samples; by default at most 1024.
    seed : int
        Of LoadGen's and of the draw.
    limits : Limits, optional
        What the product is granted.
    isolation : str
        ``bwrap`` keeps the product from the answers.

    Raises
    ------
    CallError
        Where the call is wrong, or LoadGen is not installed.
    """
    if scenario not in SCENARIOS:
        raise UnknownName(Words("scenario", "场景"), scenario, SCENARIOS)
    loadgen = _loadgen_version()
    judged = [latency_limit(each) for each in latency_limits]
    _check_numbers(scenario, judged, qps, queries, minutes, sessions, workers, samples_per_query, limit)
    if not 0 <= seed < 2**53:
        raise CallError(Words(f"seed {seed}: it must lie between 0 and 2**53.", f"种子 {seed}：须在 0 与 2**53 之间。"))
    limits = limits or Limits()
    check_surroundings(product, limits, isolation)
    opened = store.open_set(test_set)
    _check_product(product, method, opened)
    decision = Decision()
    percentiles = tuple(
        sorted({probability for probability, _ in judged} | ({0.5, 0.9, 0.99} if scenario != "offline" else set()))
    )
    strictest = max((probability for probability, _ in judged), default=0.9)
    requirements = [Requirement(percentile_name(probability), "latency", each) for probability, each in judged]
    if scenario == "offline" and qps is not None:
        requirements.append(Requirement("throughput", "throughput", Limit(">=", qps, "1/s", f"≥ {qps:g} 1/s")))
    samples = _samples(opened, limit or MOST_SAMPLES, seed)
    plan = LoadPlan(
        method=method.name,
        method_version=method.version,
        product=product.identity,
        assurance=product.assurance,
        test_set=opened.card.label,
        test_set_digest=opened.card.digest,
        samples=len(samples),
        limit=limit,
        scenario=scenario,
        requirements=tuple(requirements),
        percentiles=percentiles,
        queries=queries or queries_needed(strictest, FAILURES, decision.confidence),
        minutes=minutes,
        sessions=sessions,
        qps=qps,
        samples_per_query=samples_per_query if scenario == "multi-stream" else 1,
        workers=workers,
        loadgen=loadgen,
        decision=decision,
        seed=seed,
        limits=limits,
        isolation=isolation,
    )
    assert opened.input is not None
    asks = tuple(Ask(sample.id, opened.input.encode(sample.input)) for sample in samples)
    return Load(plan, product, method, opened, tuple(samples), asks)


def percentile_name(probability: float) -> str:
    """Return what a percentile is called: ``p99.9``."""
    return f"p{round(probability * 100.0, 10):g}"


def _loadgen_version() -> str:
    if find_spec("mlperf_loadgen") is None:
        raise CallError(
            Words(
                "a load test needs MLPerf LoadGen, which is not installed.", "负载检测需要 MLPerf LoadGen，尚未安装。"
            ),
            Words("pip install 'steelyard[load]'", "pip install 'steelyard[load]'"),
        )
    return version("mlcommons-loadgen")


def _check_numbers(
    scenario: str,
    judged: Sequence[tuple[float, Limit]],
    qps: float | None,
    queries: int | None,
    minutes: float,
    sessions: int,
    workers: int,
    samples_per_query: int,
    limit: int | None,
) -> None:
    wrong: Words | None = None
    if scenario == "server" and qps is None:
        wrong = Words(
            "server needs --qps: the queries a second that are offered.", "server 场景须以 --qps 给出每秒查询数。"
        )
    elif scenario in ("single-stream", "multi-stream") and qps is not None:
        wrong = Words(
            f"--qps is for server and offline: in {scenario} the next query waits for the last answer.",
            f"--qps 仅用于 server 与 offline：{scenario} 场景中下一查询须等待上一回答。",
        )
    elif scenario == "offline" and judged:
        wrong = Words(
            "offline issues all samples at once: it has a throughput (--qps), no latency.",
            "offline 场景一次发出全部样本：只有吞吐量（--qps），没有延迟。",
        )
    elif len({probability for probability, _ in judged}) < len(judged):
        wrong = Words("a percentile has two limits.", "同一百分位数有两个限值。")
    elif qps is not None and not 0.0 < qps <= 1e7:
        wrong = Words(f"--qps {qps:g}: it must be above zero.", f"--qps {qps:g}：须大于零。")
    elif not 0.0 <= minutes <= 60 * 24 * 30:
        wrong = Words(f"--minutes {minutes:g}: from 0 to a month.", f"--minutes {minutes:g}：须在 0 与一个月之间。")
    else:
        counts = {
            "queries": queries,
            "sessions": sessions,
            "workers": workers,
            "per-query": samples_per_query,
            "limit": limit,
        }
        for name, value in counts.items():
            if value is not None and value < 1:
                wrong = Words(f"--{name} {value}: at least one is needed.", f"--{name} {value}：至少为 1。")
    if wrong is None and scenario in ("single-stream", "multi-stream") and workers > 1:
        wrong = Words(
            f"{scenario} has one query at a time: --workers 1.", f"{scenario} 场景每次只有一个查询：--workers 1。"
        )
    if wrong is not None:
        raise CallError(wrong)


def _check_product(product: Product, method: Method, opened: StoredSet) -> None:
    if product.answered is not None:
        raise NotTestable(
            Words("recorded answers have no latency: nothing runs.", "答案记录没有延迟：不运行任何产品。"),
            Words("Name the product itself; see: steelyard products.", "请给出产品本身；参见 steelyard products。"),
        )
    if method.ask is not ask_once:
        raise NotTestable(
            Words(
                f"{method.name} is a conversation of several turns: a query of LoadGen's is one ask.",
                f"{method.name} 是多轮对话；LoadGen 的一个查询只能提问一次。",
            )
        )
    if opened.input is None or not method.input.admits(opened.input):
        raise NotTestable(
            Words(
                f"{method.name} takes {method.input}, the set {opened.card.name} holds {opened.input}.",
                f"{method.name} 的输入为 {method.input}，数据集 {opened.card.name} 的输入为 {opened.input}。",
            ),
            Words("Choose another with --set.", "请用 --set 另选。"),
        )


def _samples(opened: StoredSet, limit: int | None, seed: int) -> list[Sample]:
    import numpy as np

    positions = drawn(opened, limit, seed)
    seen = opened.input
    assert seen is not None
    found, start = [], 0
    for rows in opened.batches(["id", "reference", "input"]):
        inside = positions[np.searchsorted(positions, start) : np.searchsorted(positions, start + len(rows))]
        taken = rows.take(inside - start).to_pydict()
        inputs = map(seen.load, taken["input"])
        found += [Sample(*each, {}, {}) for each in zip(taken["id"], inputs, taken["reference"], strict=True)]
        start += len(rows)
    return found
