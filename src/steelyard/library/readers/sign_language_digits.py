"""Photographs of hands that show a digit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from steelyard.library.recipe import Contents

GAP = 10
"""Further apart than this, files of the camera are not of one sequence."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the photographs as their files' bytes, with the sequence that each was taken in.

    A student showed the digits one after another. Who it was is not named, so a sequence is what the camera's numbers
    tell: it ends where the digit falls, or where more than `GAP` files are missing.
    """
    import pyarrow as pa

    paths = sorted(
        (path for path in map(PurePosixPath, files) if path.suffix == ".JPG"),
        key=lambda path: (_number(path), path.parent.name),
    )
    digits = [path.parent.name for path in paths]
    return Contents(
        pa.table(
            {
                "id": pa.array([f"{digit}/{path.stem}" for digit, path in zip(digits, paths, strict=True)]),
                "input": pa.array([files[str(path)].read_bytes() for path in paths], pa.binary()),
                "reference": pa.array(digits),
                "sequence": pa.array(_sequences(paths)),
            }
        )
    )


def _number(path: PurePosixPath) -> int:
    return int(path.stem.removeprefix("IMG_"))


def _sequences(paths: list[PurePosixPath]) -> list[str]:
    found: list[str] = []
    before: PurePosixPath | None = None
    for path in paths:
        follows = (
            before is not None and path.parent.name > before.parent.name and _number(path) - _number(before) <= GAP
        )
        found.append(found[-1] if follows else f"from-{path.stem}")
        before = path
    return found
