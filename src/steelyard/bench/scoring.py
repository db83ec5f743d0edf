"""Records become rows, a few thousand at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.bench.trial import Basis
from steelyard.core.method import Indicator, Method
from steelyard.core.sample import Fault, Records, Rows, Sample, Samples

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """Some of a trial's samples, in columns."""

    place: slice
    """Where they stand among the trial's samples."""
    positions: NDArray[np.int64]
    ids: list[str]
    references: list[Any]

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
    ) -> None:
        self._rows = rows
        self._positions = positions
        self.codes = codes
        """Of each column that a reading names: code of each row of the set, and names of the codes."""

    def members(self, column: str) -> int:
        """Return how many groups or units a column names among the samples that were drawn."""
        import numpy as np

        return len(np.unique(self.codes[column][0][self._positions]))

    def rows(self, indicator: Indicator, cluster: str | None) -> Rows:
        """Return the rows of an indicator with the units of a cluster."""
        return self._rows[id(indicator.rows), cluster]


def from_journal(trial: Basis, table: pa.Table) -> Answered:
    """Return what was answered, from the journal's records by position."""
    load, no_answer = trial.method.recorded.load, trial.method.no_answer

    def answered(part: Part) -> Records:
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


def of_oracle(method: Method) -> Answered:
    """Return what a product without any error would answer."""

    def answered(part: Part) -> Records:
        import numpy as np

        count = len(part.ids)
        outputs = [method.oracle(part.sample(number)) for number in range(count)]
        return Records(outputs, np.zeros(count), [None] * count)

    return answered


def score(trial: Basis, answered: Answered) -> Scored:
    """Count rows for every indicator that the trial's readings require; memory holds the rows, not the answers."""
    import numpy as np

    codes = {name: trial.test_set.codes(name) for name in _columns(trial)}
    wanted: dict[Key, Callable[[Samples, Records], Rows]] = {}
    for reading, method in zip(trial.readings, trial.methods, strict=True):
        for requirement in reading.requirements:
            function = method.indicator(requirement.indicator).rows
            wanted[id(function), reading.cluster] = function
    parts: dict[Key, list[Rows]] = {key: [] for key in wanted}
    for part in _parts(trial):
        records, positions = answered(part), part.positions
        for key, function in wanted.items():
            cluster = key[1]
            units = positions if cluster is None else codes[cluster][0][positions]
            parts[key].append(function(Samples(part.references, positions, units[:, None]), records))
    joined = {
        key: Rows(
            values=np.concatenate([rows.values for rows in some]),
            samples=np.concatenate([rows.samples for rows in some]),
            units=np.concatenate([rows.units for rows in some]),
        )
        for key, some in parts.items()
    }
    return Scored(joined, codes, trial.positions)


def _columns(trial: Basis) -> set[str]:
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
            taken = rows.take(inside - start).to_pydict()
            yield Part(slice(done, done + len(inside)), inside, taken["id"], taken["reference"])
            done += len(inside)
        start += len(rows)
