"""WMT22 general task, Chinese to English: source, two references and what systems answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.recipe import Contents

STEM = "generaltest2022.zh-en"
SYSTEMS = f"system-outputs/{STEM}.hyp."


def read(files: Mapping[str, Path]) -> Contents:
    """Return the segments, each with both references, and each system's translations by its name."""
    import pyarrow as pa

    source = _lines(files[f"sources/{STEM}.src.zh"])
    references = [_same(files, f"references/{STEM}.ref.{which}.en", len(source)) for which in "AB"]
    ids = pa.array([f"{number:04d}" for number in range(1, len(source) + 1)])
    systems = {
        name.removeprefix(SYSTEMS).removesuffix(".en"): _same(files, name, len(source))
        for name in sorted(files)
        if name.startswith(SYSTEMS)
    }
    return Contents(
        pa.table(
            {
                "id": ids,
                "input": pa.array(source),
                "reference": pa.array([list(pair) for pair in zip(*references, strict=True)], pa.list_(pa.string())),
            }
        ),
        {name: pa.table({"id": ids, "output": pa.array(lines)}) for name, lines in systems.items()},
    )


def _lines(path: Path) -> list[str]:
    # Only line feeds end a segment: splitlines would also cut at what stands inside one.
    return path.read_text("utf-8").removesuffix("\n").split("\n")


def _same(files: Mapping[str, Path], name: str, count: int) -> list[str]:
    lines = _lines(files[name])
    if len(lines) != count:
        raise SetError(Words(f"{name} has {len(lines)} lines, not {count}", f"{name} 有 {len(lines)} 行，应为 {count}"))
    return lines
