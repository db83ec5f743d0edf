"""Croissant's transforms of a column: those that cut text. No other runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.core.errors import SetError
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa

KNOWN = ("regex", "separator")


def transformed(column: pa.ChunkedArray, field: Any, path: Path) -> pa.ChunkedArray:
    """Return a column after its field's transforms.

    Raises
    ------
    SetError
        Where one is of another kind, cannot be read, or does not fit a value.
    """
    source = field.source
    if not source:
        return column
    if source.extract.json_path:
        raise _refused(field, path, "jsonPath")
    for transform in source.transforms:
        names = ("regex", "separator", "json_path", "format", "replace", "read_lines", "un_archive", "sampling_rate")
        kinds = [name for name in names if getattr(transform, name)]
        kinds += list(transform.extra_properties)
        if len(kinds) != 1 or kinds[0] not in KNOWN:
            raise _refused(field, path, ", ".join(kinds) or "—")
        column = _cut(column, kinds[0], getattr(transform, kinds[0]), field, path)
    return column


def _refused(field: Any, path: Path, kind: str) -> SetError:
    return SetError(
        Words(
            f"{path}: field {field.id} is made by a transform of a kind that is not applied here: {kind[:200]}.",
            f"{path}：字段 {field.id} 使用了此处不支持的变换：{kind[:200]}。",
        ),
        Words(
            f"Only {' and '.join(KNOWN)} are. Write the values into a column of their own.",
            f"仅支持 {' 与 '.join(KNOWN)}。请将结果写成单独的一列。",
        ),
    )


def _cut(column: pa.ChunkedArray, kind: str, pattern: str, field: Any, path: Path) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        text = column.cast(pa.string())
        if kind == "separator":
            return pc.split_pattern(text, pattern)
        whole = f"(?s)^(?:{pattern}).*$"
        fits = pc.match_substring_regex(text, whole)
        place = pc.index(fits, False).as_py()
        if place >= 0:
            raise ValueError(f"row {place}, {text[place].as_py()[:100]!r}, does not fit {pattern!r}")
        cut = None
        for group in range(1, 10):  # the first that took part
            try:
                found = pc.replace_substring_regex(text, whole, f"\\{group}")
            except pa.ArrowException:
                break
            cut = found if cut is None else pc.if_else(pc.equal(cut, ""), found, cut)
        return text if cut is None else cut
    except (pa.ArrowException, ValueError) as error:
        raise SetError(
            Words(f"{path}: field {field.id}: {error}", f"{path}：字段 {field.id}：{error}"),
            Words("The patterns are RE2's.", "正则表达式采用 RE2 语法。"),
        ) from None
