"""Controls of a load test: what makes a latency worth nothing, however good it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.bench.load._driver import Job
from steelyard.bench.load._loadgen import Driven
from steelyard.bench.load._logs import read_answers, read_detail, read_samples
from steelyard.core.canonical import JSON
from steelyard.core.errors import MalformedValue
from steelyard.core.method import Direction, Indicator, Method
from steelyard.core.sample import Fault, Records, Sample, Samples
from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PROBED = 48
"""Samples that are asked once among others, and then again and again."""
LEAST_PROBED = 20
"""With fewer, chance alone could do it: of each two one is compared, and 2⁻¹⁰ is one in a thousand."""
SAVED, SAVED_QUICK, QUICK_SECONDS = 0.10, 0.20, 200e-6
"""MLPerf's compliance test of caching (TEST04) allows 10 %, and 20 % where a query takes less than 200 µs."""
RISK = 0.001
"""That a control fails by chance."""
LEAST_CHANGED = 5
"""So many samples at least must be answered otherwise under load."""
PERCENTILES = ("50.00", "90.00", "95.00", "97.00", "99.00", "99.90")


@dataclass(frozen=True)
class Control:
    """One thing that must hold for the evidence to be good."""

    name: str
    title: Words
    held: bool | None
    """None: it could not be looked at."""
    because: Words


# --- Caching -------------------------------------------------------------------------------------------------------


def probes(count: int) -> list[Job]:
    """Return jobs that ask some of ``count`` samples: a few distinct ones, then each of them repeatedly, in turn.

    LoadGen's own ``performance_issue_unique`` and ``performance_issue_same``. Every sample is first asked in a job of
    distinct ones: what is remembered from then on is seen in its repeats.
    """
    step = (count - 1) / (PROBED - 1)
    chosen = list(range(count)) if count <= PROBED else [round(number * step) for number in range(PROBED)]
    jobs: list[Job] = []
    for one, other in zip(chosen[::2], chosen[1::2], strict=False):
        # In turn, so that a machine that slows down does so for both kinds.
        twice: dict[str, Any] = {"min_query_count": 2, "max_query_count": 2, "min_duration_ms": 0}
        unique, same = twice | {"performance_issue_unique": True}, twice | {"performance_issue_same": True}
        jobs.append(Job(f"distinct-{one}", "SingleStream", (one, other), unique))
        jobs += [Job(f"same-{place}", "SingleStream", (place,), same) for place in (one, other)]
    return jobs if count >= LEAST_PROBED else []


def caching(jobs: Sequence[Job], folder: Path, driven: Driven) -> Control:
    """Tell whether repeats of a sample are quicker than its first time.

    Only the second query of each job is compared: the first one finds processors and pipes asleep. It fails where the
    upper bound of the median gain in time, at a confidence of 99.9 % by order statistics over samples, shows more than
    MLPerf's TEST04 allows.
    """
    import numpy as np

    title = Words("no caching", "无缓存")
    seconds: dict[str, dict[int, float]] = {"distinct": {}, "same": {}}
    for job in jobs:
        samples = read_samples(folder / job.name)
        if all(sequence != 1 for sequence, _, _ in driven.faults.get(job.name, ())):
            place = job.places[int(samples.place[1])]
            seconds[job.name.partition("-")[0]][place] = float(samples.latency[1])
    first, again = seconds["distinct"], seconds["same"]
    both = [place for place in first if place in again]
    if len(both) < LEAST_PROBED // 2:
        return Control(
            "caching",
            title,
            None,
            Words(
                f"not looked at: {len(jobs) * 2 // 3} samples could be asked and {len(both)} were answered, "
                f"{LEAST_PROBED} are needed",
                f"未检查：可提问 {len(jobs) * 2 // 3} 个样本、其中 {len(both)} 个有回答；至少需要 {LEAST_PROBED} 个",
            ),
        )
    gains = np.sort([math.log(again[place] / first[place]) for place in both])
    typical = float(np.median([first[place] for place in both]))
    allowed = SAVED_QUICK if typical < QUICK_SECONDS else SAVED
    upper = math.exp(gains[_upper_rank(len(gains))])
    middle = math.exp(float(np.median(gains)))
    said = Words(
        f"a sample that is asked again takes {middle * 100:.0f} % of the time of its first answer (median of "
        f"{len(both)}; upper 99.9 % bound {upper * 100:.0f} %, which must be at least {(1 - allowed) * 100:.0f} %)",
        f"重复提问的用时为首次回答的 {middle * 100:.0f} %（{len(both)} 个样本的中位数；"
        f"99.9 % 上限 {upper * 100:.0f} %，须不低于 {(1 - allowed) * 100:.0f} %）",
    )
    return Control("caching", title, upper >= 1.0 - allowed, said)


def _upper_rank(n: int) -> int:
    """Return the place of the ordered value that bounds the median from above."""
    from scipy.special import bdtr

    place = n - 1
    # The value at place k is above the median with probability P(Binomial(n, ½) ≤ k).
    while place > 0 and bdtr(place - 1, n, 0.5) >= 1.0 - RISK:
        place -= 1
    return place


# --- Accuracy under load -------------------------------------------------------------------------------------------


def accuracy(method: Method, samples: Sequence[Sample], alone: Path, timed: Sequence[Path]) -> Control:
    """Tell whether answers that LoadGen kept inside the timed run are worse than those to the same samples outside.

    Every indicator of the method is valued on both, paired by sample; it fails where one is worse at a confidence of
    99.9 % for all together, by the jackknife over samples, and at least five samples were answered otherwise. Queries
    without an answer are not among them: they are late, infinitely.
    """
    title = Words("accuracy inside the timed run", "计时过程中的准确性")
    before = {each.place: _value(method, each.output) for each in read_answers(alone)}
    under = [
        (each.place, _value(method, each.output))
        for folder in timed
        for each in read_answers(folder)
        if each.place in before
    ]
    if not under:
        return Control(
            "accuracy", title, None, Words("not looked at: no answers to compare", "未检查：没有可比较的答案")
        )
    changed = len({place for place, value in under if not _same(value, before[place])})
    for indicator in method.indicators:
        pair = _pair(method, indicator, samples, before, under)
        if pair is not None and pair.worse(changed, RISK / len(method.indicators)):
            return Control(
                "accuracy",
                title,
                False,
                Words(
                    f"{indicator.title.en} is {pair.under:.4g} under load and {pair.before:.4g} without, on the same "
                    f"samples; {changed} of them were answered otherwise",
                    f"同一批样本的{indicator.title.zh}在负载下为 {pair.under:.4g}，无负载时为 {pair.before:.4g}；"
                    f"其中 {changed} 个样本的答案不同",
                ),
            )
    return Control(
        "accuracy",
        title,
        True,
        Words(
            f"{len(under):,} answers that LoadGen kept are no worse than without load; {changed} samples were answered "
            "otherwise",
            f"LoadGen 保留的 {len(under):,} 个答案不比无负载时差；{changed} 个样本的答案不同",
        ),
    )


@dataclass(frozen=True, eq=False)
class _Pair:
    """An indicator's value under load and before, with how much worse each sample's absence leaves it."""

    before: float
    under: float
    sign: float
    without: NDArray[np.float64]

    def worse(self, changed: int, risk: float) -> bool:
        """Tell whether it is worse under load, and not by chance."""
        import numpy as np
        from scipy.special import stdtrit

        loss = self.sign * (self.under - self.before)
        if changed < LEAST_CHANGED or not loss > 0.0:
            return False
        left = self.without[np.isfinite(self.without)]
        n = len(left)
        error = math.sqrt((n - 1) / n * float(((left - left.mean()) ** 2).sum()))
        return loss > float(stdtrit(changed - 1, 1.0 - risk)) * error


def _pair(
    method: Method,
    indicator: Indicator,
    samples: Sequence[Sample],
    before: Mapping[int, Any],
    under: Sequence[tuple[int, Any]],
) -> _Pair | None:
    """Return an indicator on the same samples twice; None where it has no value on them."""
    import numpy as np

    codes = np.array([place for place, _ in under])
    present, units = np.unique(codes, return_inverse=True)
    folds = []
    for outputs in ([before[place] for place, _ in under], [value for _, value in under]):
        faults: list[Fault | None] = [None if value is not _MALFORMED else Fault.MALFORMED for value in outputs]
        said = [
            value
            if value is not _MALFORMED
            else (None if method.no_answer is None else method.no_answer(samples[place]))
            for value, (place, _) in zip(outputs, under, strict=True)
        ]
        columns = Samples([samples[place].reference for place, _ in under], codes, units[:, None])
        rows = indicator.rows(columns, Records(said, np.zeros(len(said)), faults))
        folds.append(indicator.fold(rows, indicator.columns, len(present)))
    ones = np.ones((1, len(present)))
    values = [float(fold.value(ones)[0]) for fold in folds]
    if not all(map(math.isfinite, values)) or len(present) < 2:
        return None
    apart = folds[1].leave_one_out() - folds[0].leave_one_out()
    shown = [1.0 - value if indicator.fold.complement else value for value in values]
    return _Pair(shown[0], shown[1], -1.0 if indicator.direction is Direction.HIGHER else 1.0, apart)


_MALFORMED = object()


def _value(method: Method, output: JSON) -> Any:
    try:
        return method.output.decode(output)
    except MalformedValue:
        return _MALFORMED


def _same(one: Any, other: Any) -> bool:
    import numpy as np

    return one is other or bool(np.array_equal(one, other))


# --- LoadGen and the bench -----------------------------------------------------------------------------------------


def consistent(folders: Sequence[Path], queries: Sequence[NDArray[np.float64]], per_query: bool) -> Control:
    """Tell whether the latencies of LoadGen's trace have the percentiles that its own log states.

    Parameters
    ----------
    folders : sequence of Path
        Of the timed jobs.
    queries : sequence of ndarray
        Seconds of each query of each job, also of those without an answer.
    per_query : bool
        Whether LoadGen states them for queries of several samples.
    """
    import numpy as np

    infix = "per_query_" if per_query else ""
    checked = 0
    for folder, seconds in zip(folders, queries, strict=True):
        said, ordered = read_detail(folder), np.sort(seconds)
        for percent in PERCENTILES:
            stated = said.get(f"result_{percent}_percentile_{infix}latency_ns")
            if stated is None:
                continue
            checked += 1
            ours = ordered[min(int(float(percent) / 100.0 * len(ordered)), len(ordered) - 1)] * 1e9
            if abs(ours - stated) > 1.0:
                return Control(
                    "log",
                    _LOG,
                    False,
                    Words(
                        f"LoadGen states {stated} ns for p{percent}, its trace holds {ours:.0f} ns",
                        f"LoadGen 日志的 p{percent} 为 {stated} ns，其明细为 {ours:.0f} ns",
                    ),
                )
    held = Words(
        f"{checked} percentiles that LoadGen states are those of its latencies",
        f"LoadGen 给出的 {checked} 个百分位数与其明细一致",
    )
    return Control("log", _LOG, True if checked else None, held)


_LOG = Words("LoadGen's log agrees with itself", "LoadGen 日志自相一致")


def on_time(late: NDArray[np.float64], stands: bool) -> Control:
    """Tell whether LoadGen issued queries late enough to make a product fail that else would not.

    Parameters
    ----------
    late : ndarray
        Seconds from when queries were due to when they were issued: latencies hold them.
    stands : bool
        Whether every failure stands when they are taken off.
    """
    import numpy as np

    typical = f"{float(np.quantile(late, 0.99)) * 1e3:.2f}"
    en = f"99 % of the queries were issued within {typical} ms of when they were due"
    zh = f"99 % 的查询在应发时刻后 {typical} ms 内发出"
    if not stands:
        en, zh = f"{en}; without that the product might not fail", f"{zh}；若扣除该延误，产品未必不合格"
    return Control("on_time", Words("queries issued on time", "按时发出查询"), stands, Words(en, zh))
