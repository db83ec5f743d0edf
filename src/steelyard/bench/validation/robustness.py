"""What must not matter to a method: the order of samples, how they are batched, who asks, and when."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from steelyard.bench.executor import Workers
from steelyard.bench.judging import judge
from steelyard.bench.run import journal_of, perform
from steelyard.bench.scoring import score_rounds
from steelyard.bench.settings import Settings
from steelyard.bench.trial import prepare
from steelyard.bench.validation.ground import Ground
from steelyard.bench.validation.trueness import shuffled
from steelyard.core.canonical import digest
from steelyard.core.method import Direction, Family
from steelyard.core.specification import Clause, Decision, Limit, Reading, Requirement, Specification
from steelyard.core.verdict import Estimate
from steelyard.core.words import Words
from steelyard.products import open_product

MADE = Words("made to validate a method", "为方法验证而设")
SMALL_BATCH = 7


@dataclass(frozen=True)
class Sameness:
    """What was done in two ways, and whether the same came of it."""

    what: Words
    same: bool
    """To the last bit."""
    largest_difference: float
    """Between values and bounds."""


def order(ground: Ground, outputs: Sequence[Any], seed: int) -> Sameness:
    """Return whether the order of samples matters."""
    here = ground.estimates(outputs)
    there = ground.estimates(outputs, shuffled(len(outputs), seed))
    return _held(Words("samples in another order", "样本顺序不同"), here, there)


def through_the_bench(
    ground: Ground, outputs: Sequence[Any], workers: int
) -> tuple[tuple[Sameness, ...], tuple[Sameness, ...]]:
    """Return repeatability and robustness of whole runs: answers that are recorded, asked, written, read and judged."""
    with tempfile.TemporaryDirectory(prefix="steelyard-validate-") as folder:
        run = _Bench(ground, outputs, Path(folder))
        first = run.values()
        again = _held(Words("the same plan, run twice", "同一方案运行两次"), first, run.values())
        rounds = run.sessions(2)
        sessions = _held(
            Words("two sessions of one product: each its own value", "同一产品的两个会话：各自的值"),
            rounds[0],
            rounds[1],
        )
        batches = _held(
            Words(f"batches of {SMALL_BATCH} samples, not 64", f"每批 {SMALL_BATCH} 个样本，而非 64 个"),
            first,
            run.values(batch=SMALL_BATCH),
        )
        shared = _held(Words("several workers, not one", "多个并行进程，而非一个"), first, run.values(count=workers))
        alone = _held(
            Words("counted without the bench: no plan, no journal", "不经检测台直接计数：无方案、无日志"),
            first,
            {name: found for name, found in ground.estimates(outputs).items() if name in first},
        )
    return (again, sessions), (batches, shared, alone)


class _Bench:
    """Runs recorded answers through the whole bench."""

    def __init__(self, ground: Ground, outputs: Sequence[Any], folder: Path) -> None:
        self._ground = ground
        self._folder = folder
        self._runs = 0
        wire = ground.method.recorded.encode
        lines = [
            json.dumps({"id": name, "output": wire(output)}, ensure_ascii=False)
            for name, output in zip(ground.ids, outputs, strict=True)
            if output is not None
        ]
        self._answers = folder / "answers.jsonl"
        self._answers.write_text("\n".join(lines) + "\n", "utf-8")

    def values(self, count: int = 1, **settings: Unpack[Settings]) -> dict[str, Estimate]:
        """Return the estimates of one run."""
        return self._run(count, **settings)[0]

    def sessions(self, number: int) -> list[dict[str, Estimate]]:
        """Return the estimates of each session of one run."""
        return self._run(1, sessions=number)[1:]

    def _run(self, count: int, **settings: Unpack[Settings]) -> list[dict[str, Estimate]]:
        """Return the estimates of all rounds together, and of each by itself."""
        product = open_product(f"outputs:{self._answers}")
        trial = prepare(specification_of(self._ground), product, test_set=self._ground.address, **settings)
        self._runs += 1
        out = self._folder / f"run-{self._runs}"
        notes = perform(trial, out, None, Workers(count) if count > 1 else None)
        scored = score_rounds(trial, journal_of(trial, out).read(), summed=trial.plan.rounds == 1)
        notes()
        each = [scored] if trial.plan.rounds == 1 else [scored, *scored.rounds]
        return [
            {
                finding.requirement.indicator: finding.estimate
                for finding in judge(trial, one)[0].findings
                if finding.decides
            }
            for one in each
        ]


def specification_of(ground: Ground) -> Specification:
    """Return a specification that asks for every indicator of a method; its limits decide nothing here."""
    requirements = tuple(
        Requirement(
            name=each.name,
            indicator=each.name,
            limit=Limit(">" if each.direction is Direction.HIGHER else "<", 0.5, each.unit, "0.5"),
        )
        for each in ground.method.indicators
        if each.family not in (Family.NONE, Family.CENSUS)
    )
    reading = Reading(
        name="validation",
        because=MADE,
        method=ground.method.name,
        options={},
        requirements=requirements,
        cluster=ground.cluster,
    )
    clause = Clause(
        name="validation",
        where="—",
        words="—",
        meaning=MADE,
        axis="reliability",
        binding="soft",
        silent_on=(),
        readings=(reading,),
    )
    return Specification(
        name="validation",
        edition=ground.method.version,
        document="—",
        title=MADE,
        source="—",
        decision=Decision(),
        clauses=(clause,),
        digest=digest(clause),
        path="validation",
    )


def _held(what: Words, one: Mapping[str, Estimate], other: Mapping[str, Estimate]) -> Sameness:
    """Hold two ways against each other, by values and bounds."""
    differences = [0.0]
    for name in one.keys() | other.keys():
        if name not in one or name not in other:
            differences.append(math.inf)
            continue
        for part in ("value", "lower", "upper"):
            here, there = getattr(one[name], part), getattr(other[name], part)
            if here != there:
                differences.append(math.inf if here is None or there is None else abs(here - there))
    largest = max(differences)
    return Sameness(what, largest == 0.0, largest)
