"""The ORL faces: forty people, ten photographs each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

PEOPLE, PHOTOGRAPHS = 40, 10


def read(files: Mapping[str, Path]) -> Contents:
    """Return the photographs as their files' bytes (PGM), and whom each shows.

    Each person's files bear the same names, in a folder of their own.
    """
    import pyarrow as pa

    names = [(f"s{person}", number) for person in range(1, PEOPLE + 1) for number in range(1, PHOTOGRAPHS + 1)]
    return Contents(
        pa.table(
            {
                "id": pa.array([f"{person}/{number}" for person, number in names]),
                "input": pa.array([files[f"{person}/{n}.pgm"].read_bytes() for person, n in names], pa.binary()),
                "reference": pa.array([person for person, _ in names]),
                "person": pa.array([person for person, _ in names]),
            }
        )
    )
