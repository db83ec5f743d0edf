"""The order of a sequential plan's clusters, and when it may stop.

Clusters are drawn in the order of seeds of their own, which the plan locks. After each one every requirement is looked
at: as soon as all are shown to hold, or one is shown to fail, no further cluster is asked. The error rates hold however
often one looks (:mod:`steelyard.stats.intervals.betting`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from steelyard.bench import judging
from steelyard.bench.scoring import Answered, Scored, of_oracle, of_records, score
from steelyard.bench.trial import Basis, Trial
from steelyard.core.canonical import sample_seed
from steelyard.core.errors import NotTestable
from steelyard.core.method import Family
from steelyard.core.plan import Declared
from steelyard.core.sample import Fault, Record
from steelyard.core.specification import Kind, Reading, Rule
from steelyard.core.verdict import Verdict
from steelyard.core.words import Words
from steelyard.stats.sequential import cluster_sums, edge

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

Tried = TypeVar("Tried", bound=Basis)
LOOKS = 100
"""After each of the first clusters the requirements are looked at; later, after each further hundredth of them."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """The clusters of a trial, in the order in which they are drawn."""

    codes: NDArray[np.int64]
    """int64[k]: code of each cluster."""
    positions: tuple[NDArray[np.int64], ...]
    """Of each cluster: the rows of its samples, ascending."""


def sequence(basis: Basis) -> Clusters:
    """Return the clusters of the deciding reading in the order in which they are drawn."""
    cluster = basis.readings[0].cluster
    if cluster is not None:
        return drawn_clusters(basis, *basis.test_set.codes(cluster))
    names = [name for batch in basis.test_set.batches(["id"]) for name in batch.column(0).to_pylist()]
    return drawn_clusters(basis, None, names)


def drawn_clusters(basis: Basis, codes: NDArray[np.int64] | None, names: list[str]) -> Clusters:
    """Return clusters in the order in which they are drawn.

    Parameters
    ----------
    basis : Basis
        Whose samples and seed.
    codes : int64[n], optional
        Code of each row's cluster; None: each row is a cluster by itself.
    names : list of str
        Of the clusters, by their codes.
    """
    import numpy as np

    positions = basis.positions
    if codes is None:
        codes = np.arange(len(names))
    order = np.argsort(codes[positions], kind="stable")
    found, starts = np.unique(codes[positions][order], return_index=True)
    parts = np.split(positions[order], starts[1:])
    drawn = sorted(range(len(found)), key=lambda place: sample_seed(basis.plan.seed, "sequence", names[found[place]]))
    return Clusters(found[drawn], tuple(parts[place] for place in drawn))


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


def score_in_sequence(trial: Tried, table: pa.Table) -> tuple[Tried, Scored, pa.Table]:
    """Count the clusters up to the look that settled it; return the trial of these alone, the rows, and their records.

    Parameters
    ----------
    trial : Basis
        With a sequential plan.
    table : Table
        The journal's records, by position.
    """
    import numpy as np
    import pyarrow as pa

    part, scored = Watch(trial, table).evidence()
    kept = table.filter(pa.array(np.isin(table["position"].to_numpy(), part.positions)))
    return part, scored, kept


def next_look(last: int, clusters: int) -> int | None:
    """Return after how many clusters the requirements are looked at next; None after the last one.

    Examples
    --------
    >>> next_look(0, 1000), next_look(99, 1000), next_look(400, 1000), next_look(999, 1000), next_look(1000, 1000)
    (1, 100, 404, 1000, None)
    """
    return None if last >= clusters else min(last + max(1, last // LOOKS), clusters)


class Watch(Generic[Tried]):
    """Looks at the requirements after each cluster, and says when no further one need be asked.

    Parameters
    ----------
    trial : Basis
        With a sequential plan.
    records : Table
        Of an earlier run in this folder.
    """

    def __init__(self, trial: Tried, records: pa.Table) -> None:
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
        self._looked = 0
        self._settled_at: int | None = None

    @property
    def settled(self) -> bool:
        """Whether every requirement is shown to hold, or one is shown to fail."""
        self._count()
        while self._settled_at is None:
            look = next_look(self._looked, len(self._sequence.positions))
            if look is None or look > self._complete:
                break
            part, scored = self._first(look, of_records(self._trial.method, self._records))
            if judging.look(part, scored) in (Verdict.CONFORMS, Verdict.DOES_NOT_CONFORM):
                self._settled_at = look
            self._looked = look
        return self._settled_at is not None

    def _count(self) -> None:
        """Count the clusters that have been answered whole, from the first on."""
        while self._complete < len(self._sequence.positions):
            if any(position not in self._records for position in self._sequence.positions[self._complete].tolist()):
                return
            self._complete += 1

    def _first(self, count: int, answered: Answered) -> tuple[Tried, Scored]:
        """Return the trial of the first so many clusters, and their rows."""
        import numpy as np

        inside = np.concatenate([np.empty(0, np.int64), *self._sequence.positions[:count]])
        part = replace(self._trial, positions=np.sort(inside))
        found = score(part, answered)
        found.order = self._sequence.codes[:count]
        return part, found

    def evidence(self) -> tuple[Tried, Scored]:
        """Return the trial of the clusters up to the look that settled it, and their rows.

        What came in after that look (other workers were still at it) is no evidence: so the report hangs neither on how
        many worked at once nor on interruptions.
        """
        settled = self.settled
        count = self._settled_at if settled else self._complete
        assert count is not None
        return self._first(count, of_records(self._trial.method, self._records))

    def take(self, record: Record) -> None:
        """Take a record that has come in."""
        self._records[record.position] = record

    @property
    def clusters(self) -> tuple[NDArray[np.int64], ...]:
        """The rows of each cluster, ascending, in the order in which clusters are asked."""
        return self._sequence.positions


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
        if indicator.timed:
            raise _cannot(
                reading,
                Words(
                    f"{indicator.name} weighs time, of which nobody can say how much a cluster brings at most",
                    f"{indicator.name} 衡量用时，单个群的用时没有已知上限",
                ),
            )
        opportunities = cluster_sums(indicator, scored.rows(indicator, reading.cluster), order)[1]
        most = float(opportunities.max(initial=0.0))
        if indicator.family is Family.RATIO and (opportunities <= 0.0).any():
            raise _cannot(
                reading,
                Words(
                    f"of some clusters nothing counts for {indicator.name}, so that their errors could not be weighed",
                    f"部分群对 {indicator.name} 无可计数者，其错误无从衡量",
                ),
            )
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
