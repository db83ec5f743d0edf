"""Draws a fresh version of a set from a pool: no sample, and nobody that a sample stems from, is used twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.canonical import sample_seed
from steelyard.core.errors import CallError, UnknownName
from steelyard.core.words import Words
from steelyard.library.splitting import connected
from steelyard.library.stored_set import TEST, StoredSet
from steelyard.library.writing import write_set

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Rotation:
    """What is to be drawn."""

    name: str
    version: str
    size: int
    """Samples, at least: units are drawn whole."""
    seed: int = 0
    by: Sequence[str] | None = None
    """Columns of units that no two versions share; None: all that the card names."""


@dataclass(frozen=True)
class Rotated:
    """What was drawn, and what is left."""

    drawn: StoredSet
    used: int
    """Samples of the pool that earlier versions used up: their own, and others of the same units."""
    left: int
    """Samples that later versions can be drawn from."""


def next_version(name: str, earlier: Sequence[StoredSet]) -> str:
    """Return the version after the greatest of this name; versions that are no numbers count for none."""
    numbers = [each.card.version for each in earlier if each.card.name == name]
    return str(max((int(version) for version in numbers if version.isdecimal()), default=0) + 1)


def rotate(pool: StoredSet, folder: Path, asked: Rotation, earlier: Sequence[StoredSet]) -> Rotated:
    """Draw a version from what earlier ones have left of a pool, and write it.

    Whole bundles of units are taken, in the order of SHA-256 of seed, name, version and their least id, until there are
    enough samples.

    Parameters
    ----------
    pool : StoredSet
        Where samples are drawn from: its split ``test``.
    folder : Path
        A folder that does not exist yet.
    asked : Rotation
        What is to be drawn.
    earlier : sequence of StoredSet
        Versions whose samples and units are used up.

    Raises
    ------
    CallError
        Where too few samples are left, or the version was drawn already.
    UnknownName
        Where an earlier version does not say which units its samples are of.
    """
    import numpy as np
    import pyarrow as pa

    if asked.size < 1:
        raise CallError(Words(f"--size {asked.size}: at least one is needed.", f"--size {asked.size}：至少为 1。"))
    if any((each.card.name, each.card.version) == (asked.name, asked.version) for each in earlier):
        raise CallError(
            Words(f"{asked.name}@{asked.version} was drawn already.", f"{asked.name}@{asked.version} 已抽取过。"),
            Words("A version never changes: raise it.", "版本不可更改：请提升版本号。"),
        )
    by = list(pool.card.units) if asked.by is None else list(asked.by)
    ids = [name for batch in pool.batches(["id"]) for name in batch.column(0).to_pylist()]
    bundles = connected([pool.codes(column)[0] for column in by], len(ids))
    tested = np.zeros(len(ids), bool)
    tested[pool.positions(TEST)] = True
    spent = _spent(pool, by, ids, bundles, earlier)
    open_rows = tested & ~spent[bundles]
    if int(open_rows.sum()) < asked.size:
        raise CallError(
            Words(
                f"{int(open_rows.sum()):,} samples of {pool.card.label} are left, not {asked.size:,}: "
                f"{int((tested & spent[bundles]).sum()):,} are used up.",
                f"{pool.card.label} 剩余 {int(open_rows.sum()):,} 个样本，不足 {asked.size:,} 个："
                f"已用去 {int((tested & spent[bundles]).sum()):,} 个。",
            ),
            Words("Ask for fewer, or add to the pool.", "请减少数量，或扩充样本池。"),
        )
    chosen = _drawn(ids, bundles, open_rows, asked)
    rows = pa.Table.from_batches(list(pool.batches())).take(np.flatnonzero(chosen))
    if "split" in rows.column_names:
        rows = rows.drop_columns("split")
    rule = _rule(pool, asked, by, earlier)
    card = replace(
        pool.card, name=asked.name, version=asked.version, split_rule=rule, answers={}, answers_digest={}, splits={}
    )
    written = write_set(folder, card, rows)
    return Rotated(written, int((tested & spent[bundles]).sum()), int((open_rows & ~chosen).sum()))


def _spent(
    pool: StoredSet, by: Sequence[str], ids: Sequence[str], bundles: NDArray[np.int64], earlier: Sequence[StoredSet]
) -> NDArray[np.bool_]:
    """Return which bundles earlier versions used, bool[bundles]."""
    import numpy as np

    spent = np.zeros(int(bundles.max(initial=-1)) + 1, bool)
    seen = {name for each in earlier for batch in each.batches(["id"]) for name in batch.column(0).to_pylist()}
    # What was taken out of a sealed version to be a canary was handed on all the same.
    seen |= {name for each in earlier for batch in each.canaries(["id"]) for name in batch.column(0).to_pylist()}
    spent[bundles[[name in seen for name in ids]]] = True
    for column in by:
        codes, values = pool.codes(column)
        known = {value for each in earlier for value in _units(each, column)}
        used = np.array([value in known for value in values], bool)
        spent[bundles[used[codes]]] = True
    return spent


def _units(opened: StoredSet, column: str) -> set[str]:
    if column not in (*opened.card.groups, *opened.card.units):
        kind = Words(f"unit in the earlier {opened.card.label}", f"先前版本 {opened.card.label} 的抽样单元")
        raise UnknownName(kind, column, [*opened.card.groups, *opened.card.units])
    batches = [*opened.batches([column]), *opened.canaries([column])]
    return {value for batch in batches for value in batch.column(0).to_pylist()}


def _drawn(
    ids: Sequence[str], bundles: NDArray[np.int64], open_rows: NDArray[np.bool_], asked: Rotation
) -> NDArray[np.bool_]:
    """Return which rows are drawn, bool[n]."""
    import numpy as np

    least: dict[int, str] = {}
    for row in np.flatnonzero(open_rows).tolist():
        bundle = int(bundles[row])
        least[bundle] = min(ids[row], least.get(bundle, ids[row]))
    purpose = f"rotate {asked.name}@{asked.version}"
    order = sorted(least, key=lambda bundle: (sample_seed(asked.seed, purpose, least[bundle]), least[bundle]))
    sizes = np.bincount(bundles[open_rows], minlength=int(bundles.max()) + 1)
    enough = int(np.searchsorted(np.cumsum(sizes[order]), asked.size)) + 1
    taken = np.zeros(len(sizes), bool)
    taken[order[:enough]] = True
    return np.asarray(open_rows & taken[bundles])


def _rule(pool: StoredSet, asked: Rotation, by: Sequence[str], earlier: Sequence[StoredSet]) -> Words:
    used = ", ".join(each.card.label for each in earlier)
    units = ", ".join(by)
    return Words(
        f"{asked.size} samples or more drawn from {pool.card.label} {pool.card.digest}, seed {asked.seed}"
        + (f", {units} whole" if by else "")
        + (f"; none of {used}" if used else ""),
        f"自 {pool.card.label} {pool.card.digest} 抽取不少于 {asked.size} 个样本，种子 {asked.seed}"
        + (f"，{units} 整体抽取" if by else "")
        + (f"；与 {used} 无重叠" if used else ""),
    )
