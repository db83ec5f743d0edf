"""The order of a sequential plan's clusters, and when it may stop.

Clusters are drawn in the order of seeds of their own, which the plan locks. After each one every requirement is looked
at: as soon as all are shown to hold, or one is shown to fail, no further cluster is asked. The error rates hold however
often one looks (:mod:`steelyard.stats.betting`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.bench.scoring import of_oracle, score
from steelyard.bench.trial import Basis
from steelyard.core.canonical import sample_seed
from steelyard.core.errors import NotTestable
from steelyard.core.method import Family
from steelyard.core.plan import Declared
from steelyard.core.specification import Kind, Reading
from steelyard.core.words import Words
from steelyard.stats.sequential import cluster_sums, edge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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


def declare(basis: Basis) -> tuple[Declared, ...]:
    """Return the most that a cluster can bring to each requirement, known from the reference answers alone.

    Raises
    ------
    NotTestable
        Where the deciding reading cannot be watched: a mean over groups, a census, a rank.
    """
    reading, method = basis.readings[0], basis.methods[0]
    _check(reading)
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
