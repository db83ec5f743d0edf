"""Reads a specification, and checks it at the edge: every error names file and line."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ValidationError

from steelyard import fields
from steelyard.core.canonical import sha256
from steelyard.core.errors import CallError, SpecificationError, SteelyardError, UnknownName, nearest
from steelyard.core.method import Direction, Method
from steelyard.core.specification import (
    Clause,
    Coverage,
    Decision,
    Kind,
    Limit,
    Reading,
    Requirement,
    Specification,
)
from steelyard.core.words import Words
from steelyard.specs._written import (
    Both,
    WrittenClause,
    WrittenCoverage,
    WrittenDecision,
    WrittenLimit,
    WrittenReading,
    WrittenSpecification,
)
from steelyard.specs.yaml_lines import Lines, Place, loaded

FOLDER = Path(__file__).parent
ENDINGS = (".yaml", ".yml")
_LIMIT = re.compile(
    r"(?P<indicator>[a-z][a-z0-9_]*)\s*(?P<operator><=|>=|<|>)\s*"
    r"(?P<value>[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)\s*(?P<unit>\S.*)?",
)


def names() -> list[str]:
    """Return the names of the specifications that Steelyard ships."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read(name: str) -> Specification:
    """Read a specification by name, or a YAML file by path.

    Raises
    ------
    UnknownName
        Where there is neither, with the nearest name.
    SpecificationError
        Where it cannot be read, with file and line; or there is a file or a folder that no specification is called as.

    Examples
    --------
    >>> read("miit-2017-315").clause("medical").where
    '二(四)'
    """
    path = FOLDER / f"{name}.yaml"
    if not path.is_file() and "@" in name:
        # As plans and reports name it: with the edition, which may be the one that stands under the bare name.
        plain = FOLDER / f"{name.partition('@')[0]}.yaml"
        if plain.is_file() and name == _address(specification := _read(plain)):
            return specification
    if not path.is_file():
        path = Path(name)
        if path.suffix not in ENDINGS or not path.is_file():
            raise _no_specification(name, path)
    return _read(path)


def _no_specification(name: str, path: Path) -> CallError:
    if path.name and path.is_dir():
        return SpecificationError(
            Words(f"{name} is a folder, and no specification.", f"{name} 是目录，不是规范。"),
            Words("Name a file in it that ends in .yaml or .yml.", "请指明其中以 .yaml 或 .yml 结尾的文件。"),
        )
    if path.is_file():
        new = path.with_suffix(ENDINGS[0])
        return SpecificationError(
            Words(
                f"{name} is not read: a specification's file ends in .yaml or .yml.",
                f"未读取 {name}：规范文件应以 .yaml 或 .yml 结尾。",
            ),
            Words(f"If it is one, call it {new}.", f"如确为规范，请改名为 {new}。"),
        )
    return UnknownName(Words("specification", "规范"), name, names())


def _address(specification: Specification) -> str:
    return f"{specification.name}@{specification.edition}"


def _read(path: Path) -> Specification:
    return parse(path.read_bytes(), path)


def parse(data: bytes, path: Path) -> Specification:
    """Return the specification that a file holds; ``path`` is named in errors.

    Raises
    ------
    SpecificationError
        Where it cannot be read, with file and line.
    """
    content, lines = loaded(data, path, _error)
    try:
        written = WrittenSpecification.model_validate(content)
    except ValidationError as error:
        raise _of_pydantic(path, lines, error) from None
    return _specification(path, data, lines, written)


def _error(path: Path, line: int, what: Words, remedy: Words | None = None) -> SpecificationError:
    return SpecificationError(Words(f"{path}:{line}: {what.en}", f"{path}:{line}：{what.zh}"), remedy)


def _of_pydantic(path: Path, lines: Lines, error: ValidationError) -> SpecificationError:
    first = error.errors(include_url=False)[0]
    # Pydantic names its own steps on the way; only what is written counts.
    place: Place = ()
    for part in first["loc"]:
        if (*place, part) in lines:
            place = (*place, part)
    line = lines[place]
    where = ".".join(map(str, place)) or "the file"
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        near = nearest(key, _keys(place[:-1]))
        hint = Words("", "") if near is None else Words(f"; did you mean {near!r}?", f"；是否指 {near!r}？")
        return _error(path, line, Words(f"unknown key {where!r}{hint.en}", f"未知的键 {where!r}{hint.zh}"))
    if first["type"] == "missing":
        key = str(first["loc"][-1])
        return _error(path, line, Words(f"{where} lacks the key {key!r}", f"{where} 缺少键 {key!r}"))
    return _error(path, line, Words(f"{where}: {first['msg']}", f"{where}：{first['msg']}"))


def _keys(place: Place) -> list[str]:
    """Return the keys that may stand at a place."""
    models: dict[int, type[BaseModel]] = {
        0: WrittenSpecification,
        2: WrittenClause,
        4: WrittenReading,
        5: WrittenCoverage,
        6: WrittenLimit,
    }
    if place == ("decision",):
        return list(WrittenDecision.model_fields)
    model = models.get(len(place), Both)
    return [field.alias or name for name, field in model.model_fields.items()]


def _specification(path: Path, data: bytes, lines: Lines, written: WrittenSpecification) -> Specification:
    clauses = []
    for name, clause in written.clauses.items():
        place: Place = ("clauses", name)
        readings = tuple(
            _reading(path, lines, (*place, "readings", key), key, reading) for key, reading in clause.readings.items()
        )
        clauses.append(
            Clause(
                name=name,
                where=clause.where,
                words=clause.words,
                meaning=_words(clause.meaning),
                axis=clause.axis,
                binding=clause.binding,
                silent_on=tuple(map(_words, clause.silent_on)),
                readings=readings,
                remark=_words(clause.remark) if clause.remark else None,
                line=lines[place],
            )
        )
    return Specification(
        name=written.specification,
        edition=written.edition,
        document=written.document,
        title=_words(written.title),
        source=written.source,
        decision=Decision(written.decision.rule, written.decision.confidence),
        clauses=tuple(clauses),
        digest=sha256(data),
        path=str(path),
    )


def _reading(
    path: Path,
    lines: Lines,
    place: Place,
    name: str,
    written: WrittenReading,
) -> Reading:
    line = lines[place]
    if written.mean_over and written.cover:
        raise _error(path, line, Words("mean_over already says what is covered", "mean_over 已含覆盖要求"))
    method = _method(path, lines, place, written)
    requirements = tuple(
        _requirement(path, lines[(*place, "require", key)], key, limit, method)
        for key, limit in written.require.items()
    )
    if written.method is None and any(requirement.kind is not Kind.STATISTIC for requirement in requirements):
        raise _error(
            path,
            line,
            Words(f"reading {name!r} requires something and names no method", f"解读 {name!r} 有要求而无检测方法"),
            Words("Only requirements of the kind statistic need none.", "只有 statistic 类要求不需要检测方法。"),
        )
    return Reading(
        name=name,
        because=_words(written.because),
        method=written.method,
        options=written.options,
        requirements=requirements,
        primary=written.primary,
        cluster=written.cluster,
        every=written.every,
        mean_over=Coverage(**written.mean_over.model_dump()) if written.mean_over else None,
        cover=Coverage(**written.cover.model_dump()) if written.cover else None,
        under=written.under,
        claim=_words(written.claim) if written.claim else None,
        line=line,
    )


def _method(path: Path, lines: Lines, place: Place, written: WrittenReading) -> Method | None:
    """Return the reading's method; None where it does not exist (yet), which ``run`` refuses with that sentence."""
    if written.method is None or written.method not in fields.names():
        return None
    try:
        return fields.find(written.method, written.options)
    except UnknownName as error:
        line = lines.get((*place, "with"), lines[place])
        raise _error(path, line, error.what, error.remedy) from None


def _requirement(path: Path, line: int, name: str, written: WrittenLimit, method: Method | None) -> Requirement:
    match = _LIMIT.fullmatch(written.limit.strip())
    if match is None:
        raise _error(
            path,
            line,
            Words(f"cannot read {written.limit!r} as a limit", f"无法理解限值 {written.limit!r}"),
            Words(
                'Write "indicator < number unit", with <, <=, > or >=: "false_negative_rate < 1 %".',
                "请写作“指标 < 数值 单位”，可用 <、<=、>、>=：如 false_negative_rate < 1 %。",
            ),
        )
    value, unit = float(match["value"]), match["unit"] or "1"
    operator = {"<=": "≤", ">=": "≥"}.get(match["operator"], match["operator"])
    shown = f"{operator} {match['value']}{'' if unit == '1' else ' ' + unit}"
    if unit == "%":
        value, unit = float(Decimal(match["value"]) / 100), "1"
    limit = Limit(match["operator"], value, unit, shown)
    if method is not None:
        _fits(path, line, limit, written.kind, match["indicator"], method)
    return Requirement(name, match["indicator"], limit, written.kind)


def _fits(path: Path, line: int, limit: Limit, kind: Kind, name: str, method: Method) -> None:
    """Raise `SpecificationError` unless the indicator exists, with this unit and range."""
    try:
        indicator = method.indicator(name)
    except SteelyardError as error:
        raise _error(path, line, error.what, error.remedy) from None
    if indicator.unit != limit.unit:
        unit = "%" if indicator.unit == "1" else indicator.unit
        raise _error(
            path,
            line,
            Words(
                f"{name} is given in {unit}, the limit in {limit.unit}",
                f"{name} 的单位是 {unit}，限值的单位是 {limit.unit}",
            ),
        )
    lower_is_better = indicator.direction is Direction.LOWER
    if limit.upper != lower_is_better:
        raise _error(
            path,
            line,
            Words(
                f"{name} is better when it is {indicator.direction.value}; {limit.text} asks for the opposite",
                f"{name} 以{'低' if lower_is_better else '高'}为优；{limit.text} 的要求相反",
            ),
        )
    if kind is Kind.ZERO_TOLERANCE and lower_is_better == indicator.fold.complement:
        raise _error(
            path,
            line,
            Words(
                f"{name} counts no violations: it cannot be zero_tolerance",
                f"{name} 不计违反次数，不能用 zero_tolerance",
            ),
        )
    low, high = (f"{end:g}".replace("inf", "∞") for end in indicator.range)
    if not indicator.range[0] <= limit.value <= indicator.range[1]:
        raise _error(
            path,
            line,
            Words(
                f"{name} lies between {low} and {high}; {limit.text} is outside",
                f"{name} 在 {low} 与 {high} 之间；{limit.text} 超出此范围",
            ),
        )


def _words(both: Both) -> Words:
    return Words(both.en, both.zh)
