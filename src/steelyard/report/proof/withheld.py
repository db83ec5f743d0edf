"""What a bundle of a run on a sealed set withholds, and how it becomes whole again once all of it is disclosed.

A row says how an answer differs from the reference: with the answer, which the product's makers have, it says the
reference. So no value of a row stands in such a bundle, however harmless its name: for each sample of the split there
is a salted hash of all its rows (`steelyard.report.proof.commitments`). Where inputs are sealed as well, so are ids,
groups and units; they stand in the same text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import canonical
from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.library.sealed.sealing import Sealing
from steelyard.library.stored_set import StoredSet
from steelyard.report.proof.evidence import INDEX, WITHHELD, loaded, saved

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IDS = "evidence/ids.json"
MOST_NAMES = 10_000_000
"""Groups and units have fewer: what is disclosed may not ask for all memory."""
TABLES, CODES = "evidence/tables/", "evidence/codes/"


@dataclass(frozen=True)
class SealedElsewhere(StoredSet):
    """The sealed set of a bundle: what its report says of it, and none of its rows."""

    inputs: bool
    """Whether its inputs are sealed as well."""

    @property
    def sealing(self) -> Sealing:
        """What may be known of it."""
        return Sealing(self.card.digest, self.inputs, canaries=0, choices=0, public=None, copies=())


def withheld_texts(files: Mapping[str, bytes], *, inputs: bool) -> list[bytes]:
    """Return for each sample of the split the text that is withheld: canonical JSON.

    Parameters
    ----------
    files : mapping of str to bytes
        As `steelyard.report.proof.evidence.evidence` makes them.
    inputs : bool
        Whether ids, groups and units are withheld too.

    Raises
    ------
    CallError
        Where a row holds what JSON cannot carry.
    """
    import numpy as np

    index, samples = json.loads(files[INDEX]), len(loaded(files["evidence/rows.npy"], 1))
    said: list[dict[str, Any]] = [{} for _ in range(samples)]
    if inputs:
        for each, name in zip(said, json.loads(files[IDS]), strict=True):
            each["id"] = name
            each["columns"] = {}
        for place, column in enumerate(index["codes"]):
            codes = loaded(files[f"{CODES}{place}.npy"], 1).tolist()
            for each, code in zip(said, codes, strict=True):
                each["columns"][column["column"]] = [code, column["names"][code]]
    for each in said:
        each["rows"] = []
    for place in range(len(index["tables"])):
        for number in range(index["rounds"]):
            below = f"{TABLES}{place}/{number}"
            values, of = loaded(files[f"{below}/values.npy"], 2, float_=True), loaded(files[f"{below}/samples.npy"], 1)
            order = np.argsort(of, kind="stable")
            ends = np.searchsorted(of[order], np.arange(samples + 1)).tolist()
            listed = values[order].tolist()
            for sample, each in enumerate(said):
                each["rows"].append(listed[ends[sample] : ends[sample + 1]])
    try:
        return [canonical(each) for each in said]
    except ValueError as error:
        raise CallError(
            Words(f"a row cannot be withheld: {error}.", f"有一行计数无法封存：{error}。"),
            Words("Bundle the run once its set is published.", "请待数据集公布后再打包。"),
        ) from None


def without_rows(files: Mapping[str, bytes], hashes: NDArray[np.uint8], *, inputs: bool) -> dict[str, bytes]:
    """Return the files with hashes in the place of what is withheld."""
    index = json.loads(files[INDEX])
    gone = [name for name in files if name.startswith(TABLES) or (inputs and name.startswith((CODES, IDS)))]
    kept = {name: data for name, data in files.items() if name not in gone}
    if inputs:
        index["codes"] = [{"column": each["column"], "names": None} for each in index["codes"]]
    return kept | {INDEX: canonical(index), WITHHELD: saved(hashes)}


def with_rows(members: Mapping[str, bytes], texts: Sequence[bytes]) -> dict[str, bytes]:
    """Return a bundle's members with what was withheld, from the texts of all samples.

    Raises
    ------
    ValueError, KeyError, TypeError
        Where the texts are not what `withheld_texts` makes, or do not fit each other.
    """
    import numpy as np

    index, said = json.loads(members[INDEX]), [json.loads(text) for text in texts]
    made = dict(members)
    if IDS not in members:
        made[IDS] = canonical([str(each["id"]) for each in said])
        for place, column in enumerate(index["codes"]):
            codes = np.array([each["columns"][column["column"]][0] for each in said], np.int64)
            if len(codes) and not 0 <= codes.min() <= codes.max() < MOST_NAMES:
                raise ValueError(f"codes of {column['column']} that lead nowhere")
            names = [""] * (int(codes.max(initial=-1)) + 1)
            for code, name in (each["columns"][column["column"]] for each in said):
                if names[code] not in ("", name):
                    raise ValueError(f"a code of {column['column']} has two names")
                names[code] = str(name)
            column["names"] = names
            made[f"{CODES}{place}.npy"] = saved(codes)
    by_column = {each["column"]: place for place, each in enumerate(index["codes"])}
    rounds = int(index["rounds"])
    for place, table in enumerate(index["tables"]):
        for number in range(rounds):
            rows = [each["rows"][place * rounds + number] for each in said]
            of = np.repeat(np.arange(len(said)), [len(each) for each in rows])
            values = np.array([row for each in rows for row in each], np.float64).reshape(len(of), -1)
            cluster = table["cluster"]
            units = of if cluster is None else loaded(made[f"{CODES}{by_column[cluster]}.npy"], 1)[of]
            below = f"{TABLES}{place}/{number}"
            made |= {f"{below}/values.npy": saved(values), f"{below}/samples.npy": saved(of)}
            made[f"{below}/units.npy"] = saved(units[:, None])
    made[INDEX] = canonical(index)
    return made
