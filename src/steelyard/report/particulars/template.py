"""The particulars to fill in: every field, with what to write, in the user's language."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from steelyard.core.words import Words
from steelyard.report.particulars.fields import FIELDS, Said
from steelyard.report.particulars.read import PARTS, SEVERAL

HEAD = Words(
    "What a laboratory says beside the numbers (ISO/IEC 17025:2017, 7.8.2.1). Fill in what is required; what is left\n"
    "empty is not said. A text may be given in both languages: {en: Laboratory, zh: 实验室}. Then:\n"
    "steelyard bundle RUN --particulars particulars.yaml --key NAME",
    "报告中数值以外的信息（ISO/IEC 17025:2017，7.8.2.1）。请填写必填项；留空即不作说明。\n"
    "文本可中英文各给一份：{en: Laboratory, zh: 实验室}。填写后：\n"
    "steelyard bundle 检测目录 --particulars particulars.yaml --key 密钥名称",
)
REQUIRED = Words("Required", "必填")
OPTIONAL = Words("Optional", "选填")
THEN = Words("Then required", "填写本节时必填")
LIST = Words("a list", "列表")
UNCOMMENT = Words(", remove the # for each", "，每项去掉 #")


def blank() -> str:
    """Return YAML with every field, empty, each below what to write.

    Examples
    --------
    >>> "laboratory:" in blank().splitlines()
    True
    """
    lines = [f"# {line}" for line in str(HEAD).splitlines()]
    kind = PARTS[""]
    for field in dataclasses.fields(kind):
        said = FIELDS[kind.__name__][field.name]
        part = PARTS.get(field.name)
        lines += ["", f"# {_comment(said, field)}"]
        lines.append(f"{field.name}:")
        if part is None:
            continue
        if field.name in SEVERAL:
            lines[-2] += f"{Words('; ', '；')}{LIST}{'' if _needed(field) else UNCOMMENT}"
        lines += _below(part, several=field.name in SEVERAL, needed=_needed(field))
    return "\n".join(lines) + "\n"


def _below(part: type[Any], *, several: bool, needed: bool) -> Iterator[str]:
    """Yield the lines of what stands below a key."""
    for number, field in enumerate(dataclasses.fields(part)):
        comment = _comment(FIELDS[part.__name__][field.name], field, REQUIRED if needed else THEN, inside=True)
        begin = ("  - " if number == 0 else "    ") if several else "  "
        # What is optional and a list is left out whole: YAML has no empty entry.
        yield f"{'#' if several and not needed else ''}{begin}{field.name}:  # {comment}"


def _comment(said: Said, field: dataclasses.Field[Any], required: Words = REQUIRED, *, inside: bool = False) -> str:
    """Return whether a field is required, what to write, and which clause asks for it."""
    source = f" [{said.clause if inside else said.source}]" if said.clause else ""
    return f"{required if _needed(field) else OPTIONAL}{Words(': ', '：')}{said.write}{source}"


def _needed(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING
