"""Parts of a set that can be proved to belong to it: whoever has the whole set's digest needs nothing else of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.errors import SetError
from steelyard.core.merkle import WIDTH, Inclusion, prove, root_from
from steelyard.core.words import Words
from steelyard.library._leaves import leaves
from steelyard.library.stored_set import StoredSet
from steelyard.library.writing import write_set

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

PROOF = "proof.json"


@dataclass(frozen=True)
class Membership:
    """What a subset says of the set that it was taken from."""

    label: str
    """Name and version of the whole set."""
    digest: str
    """Of the whole set."""
    inclusion: Inclusion


def write_subset(
    stored: StoredSet, rows: NDArray[np.int64], folder: Path, name: str, version: str | None = None
) -> StoredSet:
    """Write some rows of a set as a set of its own, with the proof that they belong to it.

    Parameters
    ----------
    stored : StoredSet
        The whole set.
    rows : int64[k]
        Which of its rows, ascending.
    folder : Path
        A folder that does not exist yet.
    name : str
        Of the subset.
    version : str, optional
        Of the subset; else the whole set's.

    Raises
    ------
    SetError
        Where the whole set is not what its card says, or no row is chosen.
    """
    import pyarrow as pa

    stored.verify()
    chosen = pa.Table.from_batches(list(_taken(stored, rows)))
    answers = {each: _answers_of(stored.answers(each), chosen["id"]) for each in stored.card.answers}
    proof = prove(b"".join(leaves(stored.batches())), [0, *(rows + 1).tolist()])  # leaf 0 is the columns'
    said = {
        "set": stored.card.label,
        "digest": stored.card.digest,
        "size": proof.size,
        "places": _runs(proof.places),
        "nodes": [node.hex() for node in proof.nodes],
    }
    card = replace(stored.card, name=name, version=version or stored.card.version)
    return write_set(folder, card, chosen, answers, {PROOF: f"{json.dumps(said)}\n".encode()})


def check_proof(stored: StoredSet) -> Membership | None:
    """Check that a set belongs to the one it says it was taken from; None where it says nothing of the kind.

    Raises
    ------
    SetError
        Where the proof cannot be read, or does not lead from the set's rows to the whole set's digest.
    """
    path = stored.folder / PROOF
    if not path.exists():
        return None
    try:
        said = json.loads(path.read_text("utf-8"))
        inclusion = Inclusion(
            int(said["size"]),
            _places(said["places"], stored.card.samples + 1),
            [bytes.fromhex(node) for node in said["nodes"]],
        )
        claimed = Membership(str(said["set"]), str(said["digest"]), inclusion)
        hashes = b"".join(leaves(stored.batches()))
        shown = [hashes[start : start + WIDTH] for start in range(0, len(hashes), WIDTH)]
        found = f"sha256:{root_from(inclusion, shown).hex()}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetError(
            Words(f"the proof {path} is of no use: {error}.", f"证明 {path} 无效：{error}。"),
            Words("Fetch the subset again.", "请重新获取该子集。"),
        ) from None
    if found != claimed.digest:
        raise SetError(
            Words(
                f"the set in {stored.folder} does not belong to {claimed.label}: its proof leads to {found}, "
                f"not {claimed.digest}.",
                f"{stored.folder} 中的数据集不属于 {claimed.label}：其证明得到 {found}，而非 {claimed.digest}。",
            ),
            Words("Its samples or its proof were changed: fetch both again.", "样本或证明已被改动：请重新获取。"),
        )
    return claimed


def _taken(stored: StoredSet, rows: NDArray[np.int64]) -> Iterator[pa.RecordBatch]:
    import numpy as np
    import pyarrow as pa

    start = 0
    for batch in stored.batches():
        first, last = np.searchsorted(rows, [start, start + batch.num_rows])
        yield batch.take(pa.array(rows[first:last] - start))
        start += batch.num_rows


def _answers_of(answers: pa.Table, ids: pa.ChunkedArray) -> pa.Table:
    import pyarrow.compute as pc

    return answers.filter(pc.is_in(answers["id"], ids.combine_chunks()))


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Return ascending places as first and last of each run: a split is often one."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][1] == place - 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    return runs


def _places(runs: Any, most: int) -> list[int]:
    """Return the places of runs, no more than there are leaves: a short file may claim very many."""
    places: list[int] = []
    for first, last in runs:
        if not 0 <= int(first) <= int(last) < int(first) + most - len(places):
            raise ValueError(f"places {first} … {last} are more than the set has rows, or none")
        places += range(int(first), int(last) + 1)
    return places
