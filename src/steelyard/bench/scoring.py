"""Records become rows, a few thousand at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from steelyard.bench.trial import Trial
from steelyard.core.method import Indicator, Method
from steelyard.core.sample import Fault, Records, Rows, Sample, Samples

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

Answered = Callable[["slice", list[Sample]], tuple[list[Any], "NDArray[np.float64]", list[Fault | None]]]
"""Outputs, seconds and faults of a slice of the trial's samples."""
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


def from_journal(trial: Trial, table: pa.Table) -> Answered:
    """Return what was answered, from the journal's records by position."""
    load, no_answer = trial.method.recorded.load, trial.method.no_answer

    def answered(part: slice, samples: list[Sample]) -> tuple[list[Any], NDArray[np.float64], list[Fault | None]]:
        records = table.slice(part.start, part.stop - part.start)
        faults = [None if name is None else Fault(name) for name in records["fault"].to_pylist()]
        outputs = []
        for stored, fault, sample in zip(records["output"].to_pylist(), faults, samples, strict=True):
            if fault is None:
                outputs.append(load(stored))
            else:
                outputs.append(None if no_answer is None else no_answer(sample))
        return outputs, records["seconds"].to_numpy(), faults

    return answered


def of_oracle(method: Method) -> Answered:
    """Return what a product without any error would answer."""

    def answered(part: slice, samples: list[Sample]) -> tuple[list[Any], NDArray[np.float64], list[Fault | None]]:  # noqa: ARG001
        import numpy as np

        return [method.oracle(sample) for sample in samples], np.zeros(len(samples)), [None] * len(samples)

    return answered


def score(trial: Trial, answered: Answered) -> Scored:
    """Count rows for every indicator that the trial's readings require; memory holds the rows, not the answers."""
    import numpy as np

    codes = {name: trial.test_set.codes(name) for name in _columns(trial)}
    wanted: dict[Key, Callable[[Samples, Records], Rows]] = {}
    for reading, method in zip(trial.readings, trial.methods, strict=True):
        for requirement in reading.requirements:
            function = method.indicator(requirement.indicator).rows
            wanted[id(function), reading.cluster] = function
    parts: dict[Key, list[Rows]] = {key: [] for key in wanted}
    for part, positions, samples in _parts(trial):
        outputs, seconds, faults = answered(part, samples)
        records = Records(outputs, seconds, faults)
        references = [sample.reference for sample in samples]
        for key, function in wanted.items():
            cluster = key[1]
            units = positions if cluster is None else codes[cluster][0][positions]
            parts[key].append(function(Samples(references, positions, units[:, None]), records))
    joined = {
        key: Rows(
            values=np.concatenate([rows.values for rows in some]),
            samples=np.concatenate([rows.samples for rows in some]),
            units=np.concatenate([rows.units for rows in some]),
        )
        for key, some in parts.items()
    }
    return Scored(joined, codes, trial.positions)


def _columns(trial: Trial) -> set[str]:
    """Return the groups and units that the readings name, and the groups that are reported."""
    named: set[str | None] = set(trial.test_set.card.groups)
    for reading in trial.readings:
        named |= {reading.cluster, reading.every}
        if reading.coverage is not None:
            named |= {reading.coverage.group, *reading.coverage.each}
    return {name for name in named if name is not None}


def _parts(trial: Trial) -> Iterator[tuple[slice, NDArray[np.int64], list[Sample]]]:
    """Yield the trial's samples, without inputs, a few thousand at a time, with their place among them."""
    import numpy as np

    positions, start, done = trial.positions, 0, 0
    for rows in trial.test_set.batches(["id", "reference"]):
        inside = positions[np.searchsorted(positions, start) : np.searchsorted(positions, start + len(rows))]
        if len(inside):
            taken = rows.take(inside - start).to_pydict()
            samples = [
                Sample(name, None, reference, {}, {})
                for name, reference in zip(taken["id"], taken["reference"], strict=True)
            ]
            yield slice(done, done + len(inside)), inside, samples
            done += len(inside)
        start += len(rows)
