"""Reads particulars: from the YAML that a laboratory writes, and from the bundle that bears them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from steelyard.core.canonical import canonical, plain, sha256
from steelyard.core.errors import CallError, nearest
from steelyard.core.plan import Plan
from steelyard.core.words import Words
from steelyard.report.particulars import particulars as kinds
from steelyard.report.particulars.dates import contradictions
from steelyard.report.particulars.fields import FIELDS
from steelyard.report.particulars.particulars import ADAPTER, FORMAT, Particulars
from steelyard.specs.yaml_lines import Lines, Place, loaded

FIELDS_SHOWN = Words(
    "steelyard particulars prints all fields, each with what to write.",
    "steelyard particulars 可列出全部字段及填写说明。",
)
RECORDED = "C"
"""Assurance of recorded answers."""
PARTS = {
    "": Particulars,
    "laboratory": kinds.Laboratory,
    "accreditation": kinds.Accreditation,
    "customer": kinds.Customer,
    "item": kinds.Item,
    "dates": kinds.Dates,
    "sampling": kinds.Sampling,
    "external_providers": kinds.External,
    "opinions": kinds.Opinion,
    "amendment": kinds.Amendment,
    "use": kinds.Use,
    "authorised_by": kinds.Authoriser,
}
"""What stands below each key."""
SEVERAL = ("external_providers", "opinions", "authorised_by")
"""Keys that may hold a list; one alone needs none."""


def read_particulars(path: Path) -> Particulars:
    """Read what a laboratory wrote; its identification is empty where none was written.

    Raises
    ------
    CallError
        Where it cannot be read, with all that is missing, unknown or wrong, and what to write.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CallError(
            Words(f"cannot read {path}: {error.strerror}.", f"无法读取 {path}：{error.strerror}。"),
            Words(
                "steelyard particulars > particulars.yaml makes one to fill in.",
                "可用 steelyard particulars > particulars.yaml 生成待填写的文件。",
            ),
        ) from None
    written, lines = loaded(data, path, _unreadable)
    content = _filled(written)
    if not isinstance(content, dict | None):
        raise _unreadable(path, 1, Words("it is no list of keys and values", "不是键值列表"))
    content = content or {}
    for name in SEVERAL:
        if isinstance(content.get(name), dict):
            content[name] = [content[name]]
    try:
        return ADAPTER.validate_python(content)
    except ValidationError as error:
        faults = [fault for each in error.errors(include_url=False) for fault in _faults(each, lines)]
    said = list(dict.fromkeys(faults))
    raise CallError(
        Words(
            f"{path} cannot be used:\n" + "\n".join(f"  {each.en}" for each in said),
            f"{path} 无法使用：\n" + "\n".join(f"  {each.zh}" for each in said),
        ),
        FIELDS_SHOWN,
    )


def completed(
    particulars: Particulars,
    plan: str,
    report: bytes,
    created: str,
    *,
    recorded: bool = False,
    today: date | None = None,
) -> Particulars:
    """Return the particulars of a run's report, identified.

    Parameters
    ----------
    particulars : Particulars
        As they were read.
    plan, report, created : str, bytes, str
        Digest of the plan, ``report.json``, and when it was made.
    recorded, today : bool, date
        As `steelyard.report.particulars.dates.contradictions` takes them.

    Raises
    ------
    CallError
        Where they contradict themselves or the run.
    """
    if not particulars.identification:
        particulars = replace(particulars, identification=derived(plan, report, particulars))
    found = contradictions(particulars, created, recorded=recorded, today=today)
    if found:
        raise CallError(
            Words(
                "the particulars contradict the run: " + "; ".join(each.en for each in found) + ".",
                "报告信息与检测相矛盾：" + "；".join(each.zh for each in found) + "。",
            )
        )
    return particulars


def is_recorded(plan: Plan) -> bool:
    """Whether a run's answers were recorded before it, when and how the bench cannot know."""
    return plan.assurance == RECORDED


def derived(plan: str, report: bytes, particulars: Particulars) -> str:
    """Return an identification that no other report has: it follows from plan, report and particulars.

    Parameters
    ----------
    plan : str
        Digest of the plan.
    report : bytes
        ``report.json``: it bears its time, so that the same plan run twice makes two.
    particulars : Particulars
        An amended report of the same run has others.
    """
    return numbered(sha256(canonical([plan, sha256(report), plain(particulars)])))


def numbered(digest: str) -> str:
    """Return a report's number, from a digest: 48 bits of it.

    Examples
    --------
    >>> numbered("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
    'SY-4413-6FA3-55B3'
    """
    found = digest.removeprefix("sha256:").upper()
    return f"SY-{found[:4]}-{found[4:8]}-{found[8:12]}"


def particulars_of(said: Mapping[str, Any]) -> Particulars:
    """Return the particulars that a bundle's member says.

    Raises
    ------
    ValueError
        Where they are none, or others than `Particulars.document` writes.
    """
    if said.get("format") != FORMAT:
        raise ValueError(f"it is no {FORMAT}")
    found = ADAPTER.validate_python({name: value for name, value in said.items() if name != "format"})
    if canonical(said) != found.document() or not found.identification or not found.authorised_by:
        raise ValueError("it is written in another way, or a part of it is empty")
    return found


def _unreadable(path: Path, line: int, what: Words) -> CallError:
    return CallError(Words(f"{path}:{line}: {what.en}", f"{path}:{line}：{what.zh}"), FIELDS_SHOWN)


def _filled(value: Any) -> Any:
    """Return what was filled in: keys that were left empty say nothing."""
    if isinstance(value, dict):
        kept = {key: _filled(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None} or None
    if isinstance(value, list):
        return [item for item in map(_filled, value) if item is not None] or None
    return None if isinstance(value, str) and not value.strip() else value


def _faults(error: Mapping[str, Any], lines: Lines) -> Iterator[Words]:
    """Yield what is wrong, and what to write instead."""
    place: Place = tuple(error["loc"])
    if place[:2] not in lines:  # one alone needs no list: its index is not written
        place = tuple(part for part in place if not isinstance(part, int))
    name = _dotted(place)
    line = _line_of(place, lines)
    at = Words(f"line {line}: ", f"第 {line} 行：")
    kind = error["type"]
    if kind == "missing":
        for each in _mandatory(place):
            said = FIELDS[_part(each).__name__][str(each[-1])]
            source = Words(f" ({said.source})", f"（{said.source}）") if said.source else Words("", "")
            yield Words(
                f"{_dotted(each)} is missing: {said.write.en}{source.en}",
                f"缺少 {_dotted(each)}：{said.write.zh}{source.zh}",
            )
    elif kind == "unexpected_keyword_argument":
        near = nearest(str(place[-1]), FIELDS[_part(place).__name__])
        hint = Words("", "") if near is None else Words(f"; did you mean {near}?", f"；是否指 {near}？")
        yield Words(f"{at.en}{name} is unknown{hint.en}", f"{at.zh}未知的键 {name}{hint.zh}")
    else:
        what = _WRONG.get(kind, Words("is not what should stand here", "不是此处应有的内容"))
        yield Words(f"{at.en}{name} {what.en}", f"{at.zh}{name} {what.zh}")


_WRONG = {
    "text": Words(
        'must be text, in quotes where it is a number, or in both languages: {en: "…", zh: "…"}',
        '应为文本（数字须加引号），或中英文各一：{en: "…", zh: "…"}',
    ),
    "unreadable": Words(
        "is too long or holds characters that cannot be seen, such as tabs and zero-width spaces",
        "过长，或含有不可见字符（如制表符、零宽空格）",
    ),
    "lines": Words("must stand on one line", "应写在一行内"),
    "day": Words("must be a day, year-month-day: 2026-11-20", "应为日期（年-月-日）：2026-11-20"),
    "literal_error": Words("must be first, second or third", "应为 first、second 或 third"),
    "dataclass_type": Words("must hold keys and values", "应为键值列表"),
    "tuple_type": Words("must be a list", "应为列表"),
}


def _part(place: Place) -> type[Any]:
    """Return what the last key of a place belongs to."""
    return PARTS[str(place[0]) if len(place) > 1 else ""]


def _mandatory(place: Place) -> Sequence[Place]:
    """Return the places that must be filled in where all below a place is missing."""
    if len(place) > 1 or place[0] not in PARTS:
        return [place]
    return [(*place, each.name) for each in dataclasses.fields(PARTS[str(place[0])]) if _needed(each)]


def _needed(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING


def _dotted(place: Place) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def _line_of(place: Place, lines: Lines) -> int:
    """Return the line of a place, or of what it stands in."""
    while place not in lines:
        place = place[:-1]
    return lines[place]
