"""Records become rows, a few thousand at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from steelyard.bench.sums import Costs, Summed, costs_of, present
from steelyard.bench.timing import durations
from steelyard.bench.trial import Basis
from steelyard.core.method import Indicator, Method
from steelyard.core.sample import Fault, Record, Records, Rows, Sample, Samples, Timing

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Part:
    """Some of a trial's samples, in columns."""

    place: slice
    """Where they stand among the trial's samples."""
    positions: NDArray[np.int64]
    named: pa.Array
    references: list[Any]

    @cached_property
    def ids(self) -> list[str]:
        """Names of the samples; few ever ask."""
        return self.named.to_pylist()  # type: ignore[no-any-return]

    def sample(self, number: int) -> Sample:
        """Return one of them, as methods' ``no_answer`` and ``oracle`` see it."""
        return Sample(self.ids[number], None, self.references[number], {}, {})


Answered = Callable[[Part], Records]
"""What was answered to a part of the samples."""
Key = tuple[int, str | None]
"""Which rows: of which function, under which cluster."""


class Scored:
    """The rows of a trial, and the codes of its groups and units."""

    def __init__(
        self,
        rows: Mapping[Key, Rows],
        codes: Mapping[str, tuple[NDArray[np.int64], list[str]]],
        positions: NDArray[np.int64],
        expected: NDArray[np.int64],
        costs: Mapping[tuple[Key, str], Costs] | None = None,
    ) -> None:
        self._rows = rows
        self._costs = costs or {}
        self._positions = positions
        self._expected = expected
        self.order: NDArray[np.int64] | None = None
        """Of a sequential plan: codes of the clusters that were asked, in the order in which they were drawn."""
        self.rounds: tuple[Scored, ...] = (self,)
        """Each repeat of each session by itself."""
        self.codes = codes
        """Of each column that a reading names: code of each row of the set, and names of the codes."""

    @classmethod
    def of_rounds(cls, rounds: Sequence[Scored]) -> Scored:
        """Return the rows of several rounds of the same samples together, and of each round by itself."""
        import numpy as np

        first = rounds[0]
        if len(rounds) == 1:
            return first
        joined = {
            key: Rows(*(np.concatenate([getattr(each._rows[key], part) for each in rounds]) for part in Rows.__slots__))
            for key in first._rows
        }
        made = cls(joined, first.codes, first._positions, first._expected)
        made.rounds = tuple(rounds)
        return made

    def members(self, column: str) -> int:
        """Return how many groups or units a column names among the samples that were drawn."""
        return len(present(self.codes[column], self._positions))

    def crossed(self, columns: Sequence[str], name: str) -> Scored:
        """Return the same rows with one more column: the cells that several columns make of what was drawn."""
        import numpy as np

        both = np.stack([self.codes[column][0] for column in columns])
        cells = np.unique(both, axis=1, return_inverse=True)[1].reshape(-1)
        names = [f"cell {number}" for number in range(int(cells.max(initial=-1)) + 1)]
        return Scored(self._rows, {**self.codes, name: (cells, names)}, self._positions, self._positions)

    def expected_members(self, column: str) -> int:
        """Return how many groups a column names in the whole split."""
        return len(present(self.codes[column], self._expected))

    def rows(self, indicator: Indicator, cluster: str | None) -> Rows:
        """Return the rows of an indicator with the units of a cluster."""
        return self._rows[id(indicator.rows), cluster]

    def costs(self, indicator: Indicator, cluster: str | None) -> Costs:
        """Return which samples of a single round cost an indicator of counts something, and how much."""
        kept = self._costs.get(((id(indicator.rows), cluster), indicator.name))
        return kept or costs_of(indicator, self.rows(indicator, cluster))

    def split(self, rows: Rows, column: str) -> dict[str, Rows]:
        """Return the rows of each group by its name, of every group that the split has.

        A group none of whose samples were drawn, or asked yet, has no rows: it is not forgotten.
        """
        import numpy as np

        codes, names = self.codes[column]
        group = codes[rows.samples]
        order = np.argsort(group, kind="stable")
        members = present(self.codes[column], self._expected)
        starts = np.searchsorted(group[order], members, "left")
        ends = np.searchsorted(group[order], members, "right")
        return {
            names[code]: _taken(rows, order[start:end]) for code, start, end in zip(members, starts, ends, strict=True)
        }


def _taken(rows: Rows, places: NDArray[np.int64]) -> Rows:
    return replace(rows, values=rows.values[places], samples=rows.samples[places], units=rows.units[places])


def from_journal(trial: Basis, table: pa.Table, let_go: Callable[[], None] | None = None) -> Answered:
    """Return what was answered, from the journal's records by position.

    ``let_go`` is called now and then: what was read is not needed any more.
    """
    load, no_answer = trial.method.recorded.load, trial.method.no_answer

    def answered(part: Part) -> Records:
        if let_go is not None:
            let_go()
        some = table.slice(part.place.start, part.place.stop - part.place.start)
        faults: list[Fault | None] = [None] * len(some)
        outputs = list(map(load, some["output"].to_pylist())) if some["output"].null_count == 0 else None
        if outputs is None:
            faults = [None if name is None else Fault(name) for name in some["fault"].to_pylist()]
            outputs = [
                load(stored) if fault is None else None
                for stored, fault in zip(some["output"].to_pylist(), faults, strict=True)
            ]
            for number, fault in enumerate(faults):
                if fault is not None and no_answer is not None:
                    outputs[number] = no_answer(part.sample(number))
        return Records(outputs, some["seconds"].to_numpy(), faults)

    return answered


def of_records(method: Method, records: Mapping[int, Record]) -> Answered:
    """Return what was answered, from records by the rows of their samples."""

    def answered(part: Part) -> Records:
        import numpy as np

        some = [records[position] for position in part.positions.tolist()]
        outputs = [record.output for record in some]
        for number, record in enumerate(some):
            if record.fault is not None:
                outputs[number] = None if method.no_answer is None else method.no_answer(part.sample(number))
        return Records(outputs, np.array([record.seconds for record in some]), [record.fault for record in some])

    return answered


def of_oracle(method: Method) -> Answered:
    """Return what a product without any error would answer."""

    def answered(part: Part) -> Records:
        import numpy as np

        count = len(part.positions)
        outputs = [method.oracle(part.sample(number)) for number in range(count)]
        return Records(outputs, np.zeros(count), [None] * count)

    return answered


def score(trial: Basis, answered: Answered, *, summed: bool = False) -> Scored:
    """Count rows for every indicator that the trial's readings require; memory holds the rows, not the answers.

    Parameters
    ----------
    trial : Basis
        Whose samples and readings.
    answered : callable
        What was answered to them.
    summed : bool
        Whether rows of the same cluster and groups may be added up, where their indicators are sums over sums: it is
        all that bounds and reports need, and memory then does not grow with the samples.
    """
    codes = {name: trial.test_set.codes(name) for name in named_columns(trial)}
    wanted: dict[Key, list[Indicator]] = {}
    for reading, method in zip(trial.readings, trial.methods, strict=True):
        for requirement in reading.requirements:
            indicator = method.indicator(requirement.indicator)
            wanted.setdefault((id(indicator.rows), reading.cluster), []).append(indicator)
    positions = trial.positions
    whole = len(positions) == trial.test_set.card.samples

    def units(cluster: str | None) -> NDArray[np.int64]:
        if cluster is None:
            return positions
        return codes[cluster][0] if whole else codes[cluster][0][positions]

    gathered: dict[Key, _Gathered | Summed] = {
        key: (Summed.of(indicators, key[1], codes) if summed else None) or _Gathered(positions, units(key[1]))
        for key, indicators in wanted.items()
    }
    lasting, granted = durations(trial), trial.plan.limits.answer_seconds
    for part in _parts(trial):
        records = answered(part)
        timing = None if lasting is None else Timing(lasting[part.positions], granted)
        for key, (indicator, *_) in wanted.items():
            of_each = part.positions if key[1] is None else codes[key[1]][0][part.positions]
            samples = Samples(part.references, part.positions, of_each[:, None], timing)
            if not gathered[key].add(part.place, samples, indicator.rows(samples, records)):
                return score(trial, answered)
    return Scored(
        {key: each.rows() for key, each in gathered.items()},
        codes,
        positions,
        trial.test_set.positions(trial.plan.split),
        {(key, name): costs for key, each in gathered.items() for name, costs in each.costs().items()},
    )


def score_rounds(
    trial: Basis, table: pa.Table, *, summed: bool = False, let_go: Callable[[], None] | None = None
) -> Scored:
    """Count the rows of a complete journal: of all repeats and sessions together, and of each by itself."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()  # what asking took before
    count = len(trial.positions)
    if trial.plan.rounds == 1:
        return score(trial, from_journal(trial, table, let_go), summed=summed)
    rounds = [
        score(trial, from_journal(trial, table.slice(number * count, count), let_go), summed=summed)
        for number in range(trial.plan.rounds)
    ]
    return Scored.of_rounds(rounds)


class _Gathered:
    """The rows of one function, gathered part by part.

    Mostly there is a row for each sample: then values alone are kept, each at its place from the start, for to join a
    million rows at the end would take their memory twice.
    """

    def __init__(self, positions: NDArray[np.int64], units: NDArray[np.int64]) -> None:
        self.units = units[:, None]
        """int64[n, 1]: of all samples."""
        self._positions = positions
        self._values: NDArray[np.float64] | None = None
        self._filled = 0
        self._parts: list[Rows] = []

    def add(self, place: slice, samples: Samples, rows: Rows) -> bool:
        """Take the rows of the samples at ``place``; parts come in order."""
        import numpy as np

        if rows.samples is samples.positions and rows.units is samples.units and self._filled == place.start:
            if self._values is None:
                self._values = np.empty((len(self._positions), rows.values.shape[1]))
            self._values[place] = rows.values
            self._filled = place.stop
        else:
            self._parts.append(rows)
        return True

    def costs(self) -> dict[str, Costs]:
        """Return nothing: the rows tell it."""
        return {}

    def rows(self) -> Rows:
        """Return all of them."""
        import numpy as np

        some = self._parts if self._values is None else [self._one_each(self._values), *self._parts]
        if len(some) == 1:
            return some[0]
        return Rows(
            values=np.concatenate([rows.values for rows in some]),
            samples=np.concatenate([rows.samples for rows in some]),
            units=np.concatenate([rows.units for rows in some]),
        )

    def _one_each(self, values: NDArray[np.float64]) -> Rows:
        return Rows(values[: self._filled], self._positions[: self._filled], self.units[: self._filled])


def named_columns(trial: Basis) -> set[str]:
    """Return the groups and units that the readings name, and the groups that are reported."""
    named: set[str | None] = set(trial.test_set.card.groups)
    for reading in trial.readings:
        named |= {reading.cluster, reading.every}
        if reading.coverage is not None:
            named |= {reading.coverage.group, *reading.coverage.each}
    return {name for name in named if name is not None}


def _parts(trial: Basis) -> Iterator[Part]:
    """Yield the trial's samples, without inputs, a few thousand at a time."""
    import numpy as np

    positions, start, done = trial.positions, 0, 0
    for rows in trial.test_set.batches(["id", "reference"]):
        inside = positions[np.searchsorted(positions, start) : np.searchsorted(positions, start + len(rows))]
        if len(inside):
            taken = rows if len(inside) == len(rows) else rows.take(inside - start)
            yield Part(slice(done, done + len(inside)), inside, taken["id"], taken["reference"].to_pylist())
            done += len(inside)
        start += len(rows)
