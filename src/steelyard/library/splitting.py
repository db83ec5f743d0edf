"""Cuts a set into training, validation and test so that nobody stands in two of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.card import Card
from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.library.stored_set import StoredSet
from steelyard.library.writing import write_set

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Split:
    """How a set is to be cut."""

    name: str
    """Of the new set."""
    version: str
    shares: Mapping[str, float]
    """Of the samples that each part shall have."""
    by: Sequence[str] | None = None
    """Columns whose values stand in one part only; None: all units that the card names."""
    stratify: Sequence[str] = ()
    """Columns that are spread evenly."""
    seed: int = 0

    def words(self, by: Sequence[str], whole: Card) -> Words:
        """Return the rule for the new set's card."""
        shares = ", ".join(f"{name} {share:.4g}" for name, share in self.shares.items())
        units, strata = ", ".join(by), ", ".join(self.stratify)
        en = [shares, f"no {units} in two parts" if by else "each sample by itself"]
        zh = [shares, f"同一 {units} 只在一个部分" if by else "逐个样本"]
        if strata:
            en.append(f"stratified by {strata}")
            zh.append(f"按 {strata} 分层")
        en.append(f"seed {self.seed}; from {whole.label} {whole.digest}")
        zh.append(f"种子 {self.seed}；取自 {whole.label} {whole.digest}")
        return Words("; ".join(en), "；".join(zh))


TOLERATED = 0.5
"""How far a part may miss its share, as a part of that share, before the units are said to be too coarse for it."""


def connected(units: Sequence[NDArray[np.int64]], rows: int) -> NDArray[np.int64]:
    """Return the bundle of each row, int64[rows]: rows that share a unit of any column stand in one bundle.

    Parameters
    ----------
    units : sequence of int64[rows]
        Codes of each column of units (speaker, device); none: each row is a bundle of its own.
    rows : int
        How many there are.

    Examples
    --------
    >>> import numpy as np
    >>> connected([np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2])], 4).tolist()  # row 1 ties 0 and 2
    [0, 0, 0, 1]
    """
    import numpy as np

    if not units:
        return np.arange(rows)
    if len(units) == 1:
        return np.asarray(np.unique(units[0], return_inverse=True)[1], np.int64)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # Rows and the values of each column are vertices; a row is tied to the values that it has.
    start, tails = rows, []
    for codes in units:
        tails.append(codes + start)
        start += int(codes.max(initial=-1)) + 1
    heads = np.tile(np.arange(rows), len(units))
    ties = coo_array((np.ones(len(heads), np.int8), (heads, np.concatenate(tails))), shape=(start, start))
    bundles = connected_components(ties, directed=False)[1][:rows]
    return np.unique(bundles, return_inverse=True)[1].astype(np.int64)


def split(
    bundles: NDArray[np.int64], strata: NDArray[np.int64], names: Sequence[str], shares: Mapping[str, float], seed: int
) -> NDArray[np.int64]:
    """Return the part of each row, int64[n]: whole bundles, each stratum as near to the shares as bundles allow.

    Bundles are taken from the largest to the smallest, in the order of SHA-256 of seed and name among equals, and each
    goes where it leaves the rows of each part and stratum nearest to what they should be (as scikit-learn's
    ``StratifiedGroupKFold`` does for equal parts). It hangs on nothing but the arguments.

    Parameters
    ----------
    bundles : int64[n]
        Codes 0 … b − 1.
    strata : int64[n]
        Codes of what is to be spread evenly: class, disease, scene.
    names : sequence of str
        A name for each bundle that does not hang on the order of rows: its least unit, or its least id.
    shares : mapping of str to float
        Of the rows that each part shall have; they add up to 1.
    seed : int
        Of the order among equals.

    Raises
    ------
    CallError
        Where shares do not add up to 1, or a part misses its share by more than half of it: the bundles are too large.

    Examples
    --------
    >>> import numpy as np
    >>> people = np.repeat(np.arange(10), 3)
    >>> parts = split(people, np.zeros(30, np.int64), [f"p{n}" for n in range(10)], {"training": 0.7, "test": 0.3}, 1)
    >>> np.bincount(parts).tolist()
    [21, 9]
    """
    import numpy as np

    wanted = np.array(list(shares.values()))
    if len(wanted) < 2 or not (wanted.min() > 0 and abs(wanted.sum() - 1) <= 1e-9):
        raise CallError(
            Words(f"the shares are {dict(shares)}.", f"各部分占比为 {dict(shares)}。"),
            Words(
                "Give two parts or more whose shares add up to 1, for example training=0.8,test=0.2.",
                "请给出至少两部分且占比之和为 1，例如 training=0.8,test=0.2。",
            ),
        )
    counts = np.zeros((len(names), int(strata.max(initial=0)) + 1))
    np.add.at(counts, (bundles, strata), 1)
    sizes = counts.sum(axis=1)
    drawn = [hashlib.sha256(f"{seed}|{name}".encode()).digest() for name in names]
    keys = [(-size, name) for size, name in zip(sizes.tolist(), drawn, strict=True)]
    order = sorted(range(len(names)), key=keys.__getitem__)
    part_of = _assign(counts, order, wanted)
    parts = part_of[bundles]
    reached = np.bincount(parts, minlength=len(wanted)) / len(parts)
    worst = int(np.argmax(np.abs(reached - wanted) / wanted))
    if abs(reached[worst] - wanted[worst]) > TOLERATED * wanted[worst]:
        name = list(shares)[worst]
        raise CallError(
            Words(
                f"{name} would hold {reached[worst]:.1%} of the samples instead of {wanted[worst]:.1%}: "
                f"there are {len(names)} bundles, and the largest holds {sizes.max() / sizes.sum():.1%}.",
                f"{name} 将含 {reached[worst]:.1%} 的样本，而非 {wanted[worst]:.1%}："
                f"共 {len(names)} 个不可分单元，最大者占 {sizes.max() / sizes.sum():.1%}。",
            ),
            Words("Ask for other shares, or for fewer parts.", "请改用其他占比，或减少部分数。"),
        )
    return parts


def _assign(counts: NDArray[np.float64], order: Sequence[int], wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the part of each bundle: where the squared lack of rows, in shares of each stratum, falls the most."""
    import numpy as np

    total = counts.sum(axis=0)
    relative = counts / np.where(total > 0, total, 1)
    lack = np.outer(wanted, total > 0).astype(np.float64)  # of each part and stratum, in shares of the stratum
    parts = np.zeros(len(counts), np.int64)
    several = int((counts.sum(axis=1) > 1).sum())
    for bundle in order[:several]:
        row = relative[bundle]
        # |lack − row|² − |lack|² for each part, weighed so that a small part counts as much as a large one.
        gain = ((lack - row) ** 2 - lack**2).sum(axis=1) / wanted
        parts[bundle] = int(np.argmin(gain))
        lack[parts[bundle]] -= row
    single = np.array(order[several:], np.int64)
    strata = counts[single].argmax(axis=1)
    over = np.zeros(len(wanted))
    for stratum in range(len(total)):
        members = single[strata == stratum]
        lacking = np.maximum(lack[:, stratum], 0)
        due = len(members) * (lacking / lacking.sum() if lacking.any() else wanted)
        given = _apportioned(due, over, len(members))
        over += due - given
        parts[members] = np.repeat(np.arange(len(wanted)), given)
    return parts


def _apportioned(due: NDArray[np.float64], over: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Return how many of ``count`` each part gets: what is due rounded down, the rest to those that are owed most.

    What rounding left over in other strata counts among what is owed, so that small strata do not starve a small part.
    """
    import numpy as np

    whole: NDArray[np.int64] = np.floor(due).astype(np.int64)
    whole[np.argsort(whole - due - over, kind="stable")[: count - int(whole.sum())]] += 1
    return whole


def write_split(stored: StoredSet, folder: Path, asked: Split) -> StoredSet:
    """Write a set anew with a column ``split``, and with the rule in its card.

    Raises
    ------
    CallError
        As `split`.
    UnknownName
        Where there is no such column.
    SetError
        Where the set is not what its card says.
    """
    import numpy as np
    import pyarrow as pa

    stored.verify()
    by = list(stored.card.units) if asked.by is None else list(asked.by)
    coded = [stored.codes(column) for column in by]
    ids = pa.chunked_array([batch.column(0) for batch in stored.batches(["id"])]).to_pylist()
    bundles = connected([codes for codes, _ in coded], len(ids))
    strata = np.zeros(len(ids), np.int64)
    for column in asked.stratify:
        strata = np.unique(strata * len(ids) + _classes(stored, column), return_inverse=True)[1].astype(np.int64)
    names = _names(bundles, [(column, codes, values) for column, (codes, values) in zip(by, coded, strict=True)], ids)
    parts = split(bundles, strata, names, asked.shares, asked.seed)
    samples = pa.Table.from_batches(list(stored.batches()))
    if "split" in samples.column_names:
        samples = samples.drop_columns("split")
    samples = samples.append_column("split", pa.array(np.array(list(asked.shares))[parts]))
    answers = {name: stored.answers(name) for name in stored.card.answers}
    card = replace(stored.card, name=asked.name, version=asked.version, split_rule=asked.words(by, stored.card))
    return write_set(folder, card, samples, answers)


def _classes(stored: StoredSet, column: str) -> NDArray[np.int64]:
    """Return codes of a column that samples are stratified by: a group, a unit, or references of a few kinds."""
    import numpy as np

    if column != "reference":
        return stored.codes(column)[0]
    values = [value for batch in stored.batches(["reference"]) for value in batch.column(0).to_pylist()]
    _, codes = np.unique(np.array([str(value) for value in values]), return_inverse=True)
    return codes.astype(np.int64)


def _names(
    bundles: NDArray[np.int64], units: Sequence[tuple[str, NDArray[np.int64], list[str]]], ids: Sequence[str]
) -> list[str]:
    """Return a name for each bundle that does not hang on the order of rows."""
    import numpy as np

    if not units:
        return list(ids)
    column, codes, values = units[0]
    least = np.full(int(bundles.max(initial=-1)) + 1, len(values))
    np.minimum.at(least, bundles, codes)  # codes are in the order of their values
    return [f"{column}={values[code]}" for code in least]
