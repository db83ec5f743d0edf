"""The order of a sequential plan's clusters, and when it may stop.

Clusters are drawn in the order of seeds of their own, which the plan locks. After each one every requirement is looked
at: as soon as all are shown to hold, or one is shown to fail, no further cluster is asked. The error rates hold however
often one looks (:mod:`steelyard.stats.betting`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from steelyard.bench.conversations import Placed
from steelyard.bench.judging import judge
from steelyard.bench.scoring import Answered, Scored, from_journal, of_oracle, of_records, score
from steelyard.bench.trial import Basis, Trial
from steelyard.core.canonical import sample_seed
from steelyard.core.errors import NotTestable
from steelyard.core.method import Family
from steelyard.core.plan import Declared
from steelyard.core.sample import Fault, Record, Sample
from steelyard.core.specification import Kind, Reading, Rule
from steelyard.core.verdict import Verdict
from steelyard.core.words import Words
from steelyard.stats.sequential import cluster_sums, edge

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

LOOKS = 100
"""After each of the first clusters the requirements are looked at; later, after each further hundredth of them."""


@dataclass(frozen=True, eq=False)
class Sequence:
    """The clusters of a trial, in the order in which they are drawn."""

    codes: NDArray[np.int64]
    """int64[k]: code of each cluster."""
    positions: tuple[NDArray[np.int64], ...]
    """Of each cluster: the rows of its samples, ascending."""

    def complete(self, answered: NDArray[np.int64]) -> int:
        """Return how many clusters, from the first on, have been answered whole.

        Parameters
        ----------
        answered : int64[n]
            Rows of the samples that have a record.
        """
        import numpy as np

        for number, inside in enumerate(self.positions):
            if not np.isin(inside, answered).all():
                return number
        return len(self.positions)


def sequence(basis: Basis) -> Sequence:
    """Return the clusters of the deciding reading in the order in which they are drawn."""
    import numpy as np

    positions, cluster = basis.positions, basis.readings[0].cluster
    names: list[str]
    if cluster is None:
        names = [name for batch in basis.test_set.batches(["id"]) for name in batch.column(0).to_pylist()]
        codes = np.arange(len(names))
    else:
        codes, names = basis.test_set.codes(cluster)
    order = np.argsort(codes[positions], kind="stable")
    found, starts = np.unique(codes[positions][order], return_index=True)
    parts = np.split(positions[order], starts[1:])
    drawn = sorted(range(len(found)), key=lambda place: sample_seed(basis.plan.seed, "sequence", names[found[place]]))
    return Sequence(found[drawn], tuple(parts[place] for place in drawn))


def in_sequence(trial: Trial) -> Trial:
    """Return the trial with a plan that may stop at any cluster; only the deciding reading is judged.

    Raises
    ------
    NotTestable
        Where the deciding reading cannot be watched: a mean over groups, a census, a rank.
    """
    clause = replace(trial.plan.clause, readings=trial.plan.clause.readings[:1])
    alone = replace(trial, plan=replace(trial.plan, clause=clause), methods=trial.methods[:1])
    return replace(alone, plan=replace(alone.plan, sequential=_declare(alone)))


def score_in_sequence(trial: Trial, table: pa.Table) -> tuple[Trial, Scored, pa.Table]:
    """Count the clusters that were asked whole; return the trial of these alone, the rows, and their records.

    Parameters
    ----------
    trial : Trial
        With a sequential plan.
    table : Table
        The journal's records, by position.
    """
    import numpy as np
    import pyarrow as pa

    drawn, answered = sequence(trial), table["position"].to_numpy()
    count = drawn.complete(answered)
    part = replace(trial, positions=_first(drawn, count))
    kept = table.filter(pa.array(np.isin(answered, part.positions)))
    return part, _scored(part, drawn, count, from_journal(part, kept)), kept


def _first(drawn: Sequence, count: int) -> NDArray[np.int64]:
    """Return the rows of the first so many clusters, ascending."""
    import numpy as np

    return np.sort(np.concatenate([np.empty(0, np.int64), *drawn.positions[:count]]))


def _scored(part: Basis, drawn: Sequence, count: int, answered: Answered) -> Scored:
    found = score(part, answered)
    found.order = drawn.codes[:count]
    return found


class Watch:
    """Looks at the requirements after each cluster, and says when no further one need be asked.

    Parameters
    ----------
    trial : Trial
        With a sequential plan.
    records : Table
        Of an earlier run in this folder.
    """

    def __init__(self, trial: Trial, records: pa.Table) -> None:
        load = trial.method.recorded.load
        self._trial = trial
        self._sequence = sequence(trial)
        self._records = {
            row["position"]: Record(
                row["position"],
                None if row["fault"] is not None else load(row["output"]),
                row["seconds"],
                None if row["fault"] is None else Fault(row["fault"]),
            )
            for row in records.to_pylist()
        }
        self._complete = 0
        self._next_look = 1
        self._settled = False

    @property
    def settled(self) -> bool:
        """Whether every requirement is shown to hold, or one is shown to fail."""
        if not self._settled and self._due():
            part = replace(self._trial, positions=_first(self._sequence, self._complete))
            answered = of_records(self._trial.method, self._records)
            (judgement,) = judge(part, _scored(part, self._sequence, self._complete, answered))
            self._settled = judgement.verdict in (Verdict.CONFORMS, Verdict.DOES_NOT_CONFORM)
            self._next_look = max(self._complete + 1, self._complete + self._complete // LOOKS)
        return self._settled

    def _due(self) -> bool:
        while self._complete < len(self._sequence.positions):
            if any(position not in self._records for position in self._sequence.positions[self._complete].tolist()):
                break
            self._complete += 1
        return self._complete >= min(self._next_look, len(self._sequence.positions))

    def take(self, record: Record) -> None:
        """Take a record that has come in."""
        self._records[record.position] = record

    def batches(self, samples: Mapping[int, Sample]) -> Iterator[list[Placed]]:
        """Yield batches of open samples, none of them over two clusters, until all is settled."""
        size = self._trial.plan.batch
        for inside in self._sequence.positions:
            placed = [(position, samples[position]) for position in inside.tolist() if position in samples]
            if placed and self.settled:
                return
            for start in range(0, len(placed), size):
                yield placed[start : start + size]


def _declare(basis: Basis) -> tuple[Declared, ...]:
    """Return the most that a cluster can bring to each requirement, known from the reference answers alone."""
    reading, method = basis.readings[0], basis.methods[0]
    _check(reading)
    if basis.plan.decision.rule is not Rule.GUARDED:
        raise _cannot(reading, Words("its rule compares values, not bounds", "其规则比较估计值而非界限"))
    scored = score(basis, of_oracle(method))
    order = sequence(basis).codes
    found = []
    for requirement in reading.requirements:
        indicator = method.indicator(requirement.indicator)
        if indicator.family not in (Family.PROPORTION, Family.RATIO):
            raise _cannot(reading, Words(f"{indicator.name} is no rate", f"{indicator.name} 不是比率"))
        most = float(cluster_sums(indicator, scored.rows(indicator, reading.cluster), order)[1].max(initial=0.0))
        if most <= 0.0:
            raise _cannot(reading, Words(f"nothing counts for {indicator.name}", f"没有可计入 {indicator.name} 的样本"))
        if not 0.0 < edge(indicator, requirement.limit) < 1.0:
            raise _cannot(
                reading,
                Words(
                    f"{requirement.limit.text} leaves no room to bet",
                    f"{requirement.limit.text} 处于边界，无法序贯判定",
                ),
            )
        found.append(Declared(requirement.name, most))
    return tuple(found)


def _check(reading: Reading) -> None:
    if reading.mean_over is not None:
        raise _cannot(reading, Words("it judges a mean over groups", "其判定的是各组均值"))
    if any(requirement.kind is not Kind.SAMPLE for requirement in reading.requirements):
        raise _cannot(reading, Words("not all of its requirements are about a sample", "其要求并非全部针对抽样"))


def _cannot(reading: Reading, why: Words) -> NotTestable:
    return NotTestable(
        Words(
            f"the reading {reading.name} cannot be watched as it goes: {why.en}.",
            f"解读 {reading.name} 不能序贯检测：{why.zh}。",
        ),
        Words("Plan a fixed size: leave out --sequential.", "请采用固定样本量：去掉 --sequential。"),
    )
