"""What a stranger needs to compute a verdict again: the rows of every indicator, and what they belong to.

Arrays are counted through the samples of the split under test, in the order of the set, whether they were drawn or not:
which groups there are hangs on all of them.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from steelyard import fields
from steelyard.bench.scoring import Key, Scored
from steelyard.bench.trial import Basis
from steelyard.core.canonical import canonical
from steelyard.core.card import Card
from steelyard.core.merkle import WIDTH
from steelyard.core.method import Method
from steelyard.core.plan import Plan
from steelyard.core.sample import Rows
from steelyard.library.stored_set import StoredSet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INDEX = "evidence/index.json"
WITHHELD = "withheld/rows.npy"
"""Of a run on a sealed set: salted hashes, a hash for each sample of the split, in the place of its rows."""
HEAD = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(?P<dtype>\|[iu]1|<[iu][248]|<f8)', 'fortran_order': False, "
    rb"'shape': \((?P<shape>\d{1,15}, ?(?:\d{1,15})?)\), \} *\n",
    re.DOTALL,
)
"""NumPy reads a header as Python would, and stumbles over what is none: this is all that `saved` writes."""


class Codes(TypedDict):
    """A column of groups or units: ``evidence/codes/N.npy`` has a number for each row, and here is what they name."""

    column: str
    names: Sequence[str] | None
    """Null where the set's inputs are sealed: they would tell."""


class TableUses(TypedDict):
    """Who uses the rows in ``evidence/tables/N``."""

    cluster: str | None
    """Column of the units that they are resampled by; null: the samples themselves."""
    uses: Sequence[tuple[str, str]]
    """Reading and indicator, of all that are computed from them."""


class Index(TypedDict):
    """What ``evidence/index.json`` says of the arrays beside it."""

    codes: list[Codes]
    tables: list[TableUses]
    rounds: int
    """How often every sample was asked."""


@dataclass(frozen=True)
class Table:
    """Rows that indicators share."""

    cluster: str | None
    """Column of the units that they are resampled by; None: the samples themselves."""
    uses: Sequence[tuple[str, str]]
    """Reading and indicator, of all that are computed from them."""


def evidence(basis: Basis, scored: Scored) -> dict[str, bytes]:
    """Return the files that `recomputable` makes the same rows of."""
    import numpy as np

    split = basis.test_set.positions(basis.plan.split)
    names = sorted(scored.codes)
    files = {
        "evidence/rows.npy": saved(split),
        "evidence/tested.npy": saved(np.searchsorted(split, basis.positions)),
        "evidence/ids.json": canonical(ids_of(basis.test_set, split)),
    }
    files |= {f"evidence/codes/{place}.npy": saved(scored.codes[name][0][split]) for place, name in enumerate(names)}
    files |= tables_of(basis, scored)
    if scored.order is not None:
        clusters = basis.readings[0].cluster is not None
        files["evidence/order.npy"] = saved(scored.order if clusters else np.searchsorted(split, scored.order))
    index: Index = {
        "codes": [{"column": name, "names": scored.codes[name][1]} for name in names],
        "tables": [{"cluster": table.cluster, "uses": table.uses} for table, _ in _tables(basis)],
        "rounds": len(scored.rounds),
    }
    files[INDEX] = canonical(index)
    return files


def tables_of(basis: Basis, scored: Scored) -> dict[str, bytes]:
    """Return the files of the rows."""
    import numpy as np

    split = basis.test_set.positions(basis.plan.split)
    files = {}
    for place, (table, indicator) in enumerate(_tables(basis)):
        for number, each in enumerate(scored.rounds):
            rows = each.rows(indicator, table.cluster)
            units = rows.units if table.cluster is not None else np.searchsorted(split, rows.units)
            below = f"evidence/tables/{place}/{number}"
            files[f"{below}/values.npy"] = saved(rows.values)
            files[f"{below}/samples.npy"] = saved(np.searchsorted(split, rows.samples))
            files[f"{below}/units.npy"] = saved(units)
    return files


def recomputable(files: Mapping[str, bytes], plan: Plan, card: Card) -> tuple[Basis, Scored]:
    """Return what `steelyard.bench.judging.judge` needs, from the files of `evidence`; rows that are withheld are none.

    Raises
    ------
    ValueError, KeyError, TypeError
        Where they are not what `evidence` makes, or do not fit each other.
    """
    import numpy as np

    index = json.loads(files[INDEX])
    if int(index["rounds"]) != plan.rounds:
        raise ValueError(f"there are {index['rounds']} rounds, not {plan.rounds}")
    methods = tuple(fields.find(reading.method or "", reading.options) for reading in plan.clause.readings)
    if plan.method != methods[0].name:
        raise ValueError(f"the plan names {plan.method}, and its first reading is by {methods[0].name}")
    rows, tested = loaded(files["evidence/rows.npy"], 1), loaded(files["evidence/tested.npy"], 1)
    _ascending(rows, card.samples)
    _ascending(tested, len(rows))
    codes = {}
    hidden = WITHHELD in files and not any(name.startswith("evidence/tables/") for name in files)
    for place, each in enumerate(index["codes"]):
        if hidden and each["names"] is None:
            continue
        array = loaded(files[f"evidence/codes/{place}.npy"], 1)
        _within(array, len(each["names"]), len(rows))
        codes[str(each["column"])] = (array, [str(name) for name in each["names"]])
    basis = Basis(plan, StoredSet(card, Path("bundle")), methods, tested)
    _are_the_plans(index["tables"], basis)
    rounds = []
    for number in range(plan.rounds):
        made = {} if hidden else dict(_read_tables(files, index["tables"], number, methods, plan, codes, len(rows)))
        rounds.append(Scored(made, codes, tested, np.arange(len(rows))))
    whole = Scored.of_rounds(rounds)
    if plan.sequential is not None:
        whole.order = loaded(files["evidence/order.npy"], 1)
    return basis, whole


def _are_the_plans(said: Sequence[Mapping[str, Any]], basis: Basis) -> None:
    """Raise `ValueError` unless tables are those that the plan makes: of two with one use, either could be read."""
    named = [(each["cluster"], [tuple(use) for use in each["uses"]]) for each in said]
    if named != [(table.cluster, list(table.uses)) for table, _ in _tables(basis)]:
        raise ValueError(f"{INDEX} names other tables than the plan makes")


def _tables(basis: Basis) -> Iterator[tuple[Table, Any]]:
    """Yield each table once, with an indicator that has its rows."""
    found: dict[Key, tuple[str | None, list[tuple[str, str]], Any]] = {}
    for reading, method in zip(basis.readings, basis.methods, strict=True):
        for requirement in reading.requirements:
            indicator = method.indicator(requirement.indicator)
            _, uses, _ = found.setdefault((id(indicator.rows), reading.cluster), (reading.cluster, [], indicator))
            uses.append((reading.name, indicator.name))
    for cluster, uses, indicator in found.values():
        yield Table(cluster, sorted(set(uses))), indicator


def _read_tables(
    files: Mapping[str, bytes],
    tables: Sequence[Mapping[str, Any]],
    number: int,
    methods: Sequence[Method],
    plan: Plan,
    codes: Mapping[str, tuple[NDArray[np.int64], list[str]]],
    samples: int,
) -> Iterator[tuple[Key, Rows]]:
    """Yield the rows of one round, each for all functions that are said to use them."""
    readings = {reading.name: (reading, method) for reading, method in zip(plan.clause.readings, methods, strict=True)}
    for place, table in enumerate(tables):
        below = f"evidence/tables/{place}/{number}"
        values = loaded(files[f"{below}/values.npy"], 2, float_=True)
        of = loaded(files[f"{below}/samples.npy"], 1)
        units = loaded(files[f"{below}/units.npy"], 2)
        if not len(values) == len(of) == len(units):
            raise ValueError(f"{below}: its arrays are of different lengths")
        cluster = table["cluster"]
        _within(of, samples)
        _within(units, samples if cluster is None else len(codes[cluster][1]))
        for name, indicator in table["uses"]:
            reading, method = readings[name]
            found = method.indicator(indicator)
            if reading.cluster != cluster or len(found.columns) != values.shape[1]:
                raise ValueError(f"{below} is not of {name}'s {indicator}")
            yield (id(found.rows), cluster), Rows(values, of, units)


def ids_of(opened: StoredSet, split: NDArray[np.int64]) -> list[str]:
    """Return the ids of the split's samples."""
    import numpy as np

    found: list[str] = []
    start = 0
    for batch in opened.batches(["id"]):
        inside = split[np.searchsorted(split, start) : np.searchsorted(split, start + len(batch))] - start
        found += batch.column(0).take(inside).to_pylist()
        start += len(batch)
    return found


def saved(array: NDArray[Any]) -> bytes:
    """Return an array as NumPy's file format 1.0 has it: integers in the fewest of 1, 2, 4, 8 bytes that hold them."""
    import numpy as np

    if array.dtype.kind in "iu" and array.dtype != np.uint8:
        array = array.astype(
            np.result_type(np.min_scalar_type(array.max(initial=0)), np.min_scalar_type(array.min(initial=0)))
        )
    file = io.BytesIO()
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    np.lib.format.write_array(file, little, (1, 0), allow_pickle=False)
    return file.getvalue()


def loaded(data: bytes, dimensions: int, *, float_: bool = False) -> NDArray[Any]:
    """Return an array that `saved` wrote: int64, or float64 without NaN.

    Raises
    ------
    ValueError
        Where it is another file, or of another shape or kind.
    """
    import numpy as np

    return _as_saved(data, dimensions, float_=float_).astype(np.float64 if float_ else np.int64)


def hashes_in(data: bytes) -> NDArray[np.uint8]:
    """Return hashes of 32 bytes that `saved` wrote, uint8[n, 32]; `ValueError` where they are none."""
    import numpy as np

    found = _as_saved(data, 2, float_=False)
    if found.dtype != np.uint8 or found.shape[1] != WIDTH:
        raise ValueError(f"numbers of kind {found.dtype} and shape {found.shape}, and no hashes")
    return found


def _as_saved(data: bytes, dimensions: int, *, float_: bool) -> NDArray[Any]:
    """Return an array in the kind that it was saved in."""
    import numpy as np

    head = HEAD.match(data)
    if head is None:
        raise ValueError("no array of format 1.0 as it is written here")
    shape = tuple(int(each) for each in head["shape"].decode().split(",") if each.strip())
    dtype = np.dtype(head["dtype"].decode())
    if len(shape) != dimensions or dtype.kind not in ("f" if float_ else "iu"):
        raise ValueError(f"an array of {len(shape)} dimensions and kind {dtype}")
    if math.prod(shape) * dtype.itemsize != len(data) - head.end():  # before any memory is taken
        raise ValueError(f"{len(data) - head.end()} bytes are no array of shape {shape}")
    array = np.frombuffer(data, dtype, offset=head.end()).reshape(shape)
    if float_ and np.isnan(array).any():
        raise ValueError("an array with NaN")
    if saved(array) != data:
        raise ValueError("an array that is written in another way")
    return array


def _within(array: NDArray[np.int64], below: int, length: int | None = None) -> None:
    if len(array) and not 0 <= array.min() <= array.max() < below:
        raise ValueError(f"numbers outside of 0 … {below - 1}")
    if length is not None and len(array) != length:
        raise ValueError(f"{len(array)} numbers where there should be {length}")


def _ascending(array: NDArray[np.int64], below: int) -> None:
    import numpy as np

    _within(array, below)
    if (np.diff(array) <= 0).any():
        raise ValueError("numbers that do not ascend")
