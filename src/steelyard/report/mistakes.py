"""The product's mistakes: the samples that cost it most, with what was asked, expected and said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.bench.scoring import Scored
from steelyard.bench.sums import Costs
from steelyard.bench.trial import Trial
from steelyard.core.method import Family
from steelyard.core.sample import Fault
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 12
"""Mistakes that are shown, over all requirements."""


@dataclass(frozen=True)
class Mistake:
    """A sample that counted against the product."""

    sample: str
    title: Words
    """What it was: a miss, a false alarm."""
    input: Any
    reference: Any
    output: Any
    fault: Fault | None
    detail: Words | None


def mistakes(trial: Trial, scored: Scored, records: pa.Table) -> tuple[Mistake, ...]:
    """Return the samples that cost most, requirement by requirement, each once; in the set's order where they tie.

    Of a sealed set none: that a sample counts against a product tells its answer.
    """
    import numpy as np

    if trial.test_set.sealing is not None:
        return ()
    chosen = _chosen(trial, scored)
    if not chosen:
        return ()
    rows = _rows(trial, sorted(chosen))
    positions = records["position"].to_numpy()
    found = []
    for position, title in chosen.items():
        row = rows[position]
        record = records.slice(int(np.searchsorted(positions, position)), 1).to_pylist()[0]
        seen = trial.test_set.input
        failed = record["fault"] is not None
        found.append(
            Mistake(
                sample=row["id"],
                title=title,
                input=None if seen is None else seen.load(row["input"]),
                reference=trial.method.expected.load(row["reference"]),
                output=None if failed else trial.method.recorded.load(record["output"]),
                fault=Fault(record["fault"]) if failed else None,
                detail=Words(record["detail_en"], record["detail_zh"]) if record["detail_en"] else None,
            )
        )
    return tuple(found)


def _chosen(trial: Trial, scored: Scored) -> dict[int, Words]:
    """Return the positions of the samples that cost most, with what they were."""
    import numpy as np

    reading, method = trial.readings[0], trial.methods[0]
    costs: list[tuple[Costs, Words]] = []
    for requirement in reading.requirements:
        indicator = method.indicator(requirement.indicator)
        if indicator.timed or indicator.family not in (Family.PROPORTION, Family.RATIO):
            continue  # a rank or a quantile is no sample's own, and to be slow is no mistake
        each = scored.costs(indicator, reading.cluster)
        # Detection and misses are two words for the same mistakes.
        if not any(each.same_as(other) for other, _ in costs):
            costs.append((each, indicator.event))
    chosen: dict[int, Words] = {}
    for cost, title in costs:
        worst = cost.positions[np.argsort(-cost.amounts, kind="stable")[: 2 * MOST]].tolist()
        chosen |= dict.fromkeys([position for position in worst if position not in chosen][: MOST // len(costs)], title)
    return chosen


def _rows(trial: Trial, positions: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return the set's rows at these positions."""
    columns = ["id", "reference"] + ([] if trial.test_set.input is None else ["input"])
    wanted, start = list(positions), 0
    found: dict[int, dict[str, Any]] = {}
    for batch in trial.test_set.batches(columns):
        inside = [position for position in wanted if start <= position < start + len(batch)]
        if inside:
            taken = batch.take([position - start for position in inside]).to_pylist()
            found |= dict(zip(inside, taken, strict=True))
        start += len(batch)
    return found
