"""Omniglot: handwritten characters of several alphabets."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from steelyard.library.recipe import Contents

ARCHIVES = {"images_background_small1.zip": "small1", "images_background_small2.zip": "small2"}


def read(files: Mapping[str, Path]) -> Contents:
    """Return the characters as their files' bytes (PNG, one bit), with alphabet, character, writer and archive."""
    import pyarrow as pa

    rows = [
        (f"{part}/{path.parent.parent.name}/{path.parent.name}/{path.stem}", data, path, part)
        for name, part in ARCHIVES.items()
        for path, data in _pictures(files[name])
    ]
    ids, inputs, paths, parts = zip(*rows, strict=True)
    alphabets = [path.parent.parent.name for path in paths]
    characters = [f"{path.parent.parent.name}/{path.parent.name}" for path in paths]
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array(inputs, pa.binary()),
                "reference": pa.array(characters),
                "alphabet": pa.array(alphabets),
                "part": pa.array(parts),
                "character": pa.array(characters),
                # A writer's number tells writers of one alphabet apart, not of several.
                "writer": pa.array([f"{path.parent.parent.name}/{path.stem.rpartition('_')[2]}" for path in paths]),
            }
        )
    )


def _pictures(archive: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    with zipfile.ZipFile(archive) as opened:
        for name in sorted(name for name in opened.namelist() if name.endswith(".png")):
            yield PurePosixPath(name), opened.read(name)
