"""WMT22 general task, Chinese to English: source, two references and what systems answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.recipe import Contents

STEM = "generaltest2022.zh-en"


def read(files: Mapping[str, Path]) -> Contents:
    """Return the segments, each with both references, and each system's translations by its name."""
    import pyarrow as pa

    source = _lines(files[f"{STEM}.src.zh"])
    references = [_same(files[f"{STEM}.ref.{which}.en"], len(source)) for which in "AB"]
    ids = pa.array([f"{number:04d}" for number in range(1, len(source) + 1)])
    systems = {
        name.removeprefix(f"{STEM}.hyp.").removesuffix(".en"): path
        for name, path in sorted(files.items())
        if name.startswith(f"{STEM}.hyp.")
    }
    return Contents(
        pa.table(
            {
                "id": ids,
                "input": pa.array(source),
                "reference": pa.array([list(pair) for pair in zip(*references, strict=True)], pa.list_(pa.string())),
            }
        ),
        {name: pa.table({"id": ids, "output": pa.array(_same(path, len(source)))}) for name, path in systems.items()},
    )


def _lines(path: Path) -> list[str]:
    # Only line feeds end a segment: splitlines would also cut at what stands inside one.
    return path.read_text("utf-8").removesuffix("\n").split("\n")


def _same(path: Path, count: int) -> list[str]:
    lines = _lines(path)
    if len(lines) != count:
        raise SetError(Words(f"{path} has {len(lines)} lines, not {count}", f"{path} 有 {len(lines)} 行，应为 {count}"))
    return lines
