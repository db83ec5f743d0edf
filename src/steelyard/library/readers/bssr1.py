"""NIST BSSR1: every person compared with every other by real matchers, as scores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.recipe import Contents

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MATCHERS = ("face-C", "face-G", "finger-left")


def read(files: Mapping[str, Path]) -> Contents:
    """Return all comparisons, genuine or impostor, and the score of each matcher as its recorded answer.

    A score of −1 of ``face-C`` is one failed template, as recorded.
    """
    import numpy as np
    import pyarrow as pa

    tables = {name: _matrix(files, f"{name}.csv") for name in MATCHERS}
    people = tables[MATCHERS[0]][0]
    for name, (others, _) in tables.items():
        if others != people:
            raise SetError(Words(f"{name}.csv speaks of other people", f"{name}.csv 中的人员与其他文件不同"))
    count = len(people)
    probe, gallery = np.repeat(np.arange(count), count), np.tile(np.arange(count), count)
    ids = pa.array([f"{row:03d}-{column:03d}" for row, column in zip(probe, gallery, strict=True)])
    names = pa.array(people)
    return Contents(
        pa.table(
            {
                "id": ids,
                "reference": pa.array(["impostor", "genuine"]).take(pa.array((probe == gallery).astype(np.int8))),
                "probe": names.take(pa.array(probe)),
                "gallery": names.take(pa.array(gallery)),
            }
        ),
        {name: pa.table({"id": ids, "output": pa.array(scores.ravel())}) for name, (_, scores) in tables.items()},
    )


def _matrix(files: Mapping[str, Path], name: str) -> tuple[list[str], NDArray[np.float64]]:
    """Return the people and float64[n, n]; rows and columns are the same people in the same order."""
    import numpy as np

    with files[name].open(encoding="utf-8") as file:
        people = next(file).strip().split(",")[1:]
        rows = [line.strip().split(",") for line in file]
    if [row[0] for row in rows] != people:
        raise SetError(Words(f"{name}: rows and columns differ", f"{name}：行与列的人员不一致"))
    return people, np.array([row[1:] for row in rows], dtype=np.float64)
