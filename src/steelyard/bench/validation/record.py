"""The record of a validation: written once, computed again by whoever doubts it, joined with those of other hosts."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from steelyard.bench.durable import write_durably
from steelyard.bench.validation.ground import Ground
from steelyard.bench.validation.trueness import EXACT, RATES
from steelyard.bench.validation.validation import Validation
from steelyard.core.canonical import digest, plain
from steelyard.core.errors import CallError
from steelyard.core.installed import version
from steelyard.core.words import Words
from steelyard.stats import STATISTICS

FORMAT = "steelyard/validation/1"
ROUNDING = 1e-9
"""Numbers of different machines that differ by less agree: their libraries may round the last bits otherwise."""
FIELDS: Mapping[str, type | tuple[type, ...]] = {
    "method": str,
    "method_version": str,
    "test_set": str,
    "test_set_digest": str,
    "split": str,
    "samples": int,
    "cluster": (str, type(None)),
    "seed": int,
    "plantings": int,
    "rates": list,
    "workers": int,
    "valid": bool,
    "results": dict,
    "results_digest": str,
    "versions": dict,
    "host": dict,
    "created": str,
}
"""What a record holds."""
PARTS = {"controls": "as_it_must", "trueness": "largest_difference", "repeatability": "same", "robustness": "same"}
"""Lists of the results that a method is valid by, and what of their rows tells it."""
SAME = ("method", "method_version", "test_set_digest", "split", "samples", "cluster", "seed", "plantings", "rates")
"""What records must share to be compared."""


@dataclass(frozen=True)
class Agreement:
    """What several records, or a record and its recomputation, say of each other."""

    names: tuple[str, ...]
    hosts: tuple[str, ...]
    equal: bool
    """Whether the digests of the results are."""
    largest_difference: float
    where: str | None
    """At which number."""
    not_valid: tuple[str, ...]
    """Names of those by whose results the method is not valid."""
    versions: Mapping[str, tuple[str, ...]]
    """Of Steelyard, its statistics, and the libraries, where they differ."""

    @property
    def agrees(self) -> bool:
        """Whether they are the same but for rounding."""
        return self.largest_difference <= ROUNDING

    @property
    def valid(self) -> bool:
        """Whether all of them are: records may agree in that a method is not."""
        return not self.not_valid


def record(ground: Ground, found: Validation, *, seed: int, plantings: int, workers: int) -> dict[str, Any]:
    """Return the record of a validation, as ``validation.json`` holds it."""
    results = _finite(plain(found))
    card = ground.opened.card
    return {
        "format": FORMAT,
        "method": ground.method.name,
        "method_version": ground.method.version,
        "test_set": card.label,
        "test_set_digest": card.digest,
        "split": "test",
        "samples": len(ground.ids),
        "cluster": ground.cluster,
        "seed": seed,
        "plantings": plantings,
        "rates": list(RATES),
        "workers": workers,
        "valid": found.valid,
        "results": results,
        "results_digest": digest(results),
        "versions": {
            "steelyard": version("steelyard"),
            "statistics": STATISTICS,
            "python": platform.python_version(),
            "numpy": version("numpy"),
            "scipy": version("scipy"),
        },
        "host": {
            "system": f"{platform.system()} {platform.machine()}",
            "processors": os.cpu_count() or 0,
        },
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def write(document: Mapping[str, Any], path: Path) -> None:
    """Write a record in one step.

    Raises
    ------
    CallError
        Where it cannot be written.
    """
    try:
        write_durably(path, (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode())
    except OSError as error:
        raise CallError(Words(f"cannot write {path}: {error.strerror}", f"无法写入 {path}：{error.strerror}")) from None


def read(path: Path) -> dict[str, Any]:
    """Read a record.

    Raises
    ------
    CallError
        Where there is none, or it is not one, or its results or what it says of them have been changed.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise CallError(
            Words(f"cannot read the record {path}: {error.strerror}.", f"无法读取记录 {path}：{error.strerror}。"),
            Words("Name a validation.json.", "请给出 validation.json。"),
        ) from None
    except RecursionError:
        raise _none(path, "nested too deeply") from None
    except ValueError as error:
        raise _none(path, str(error)) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _none(path, f"format {document.get('format') if isinstance(document, dict) else None!r}")
    why = _amiss(document)
    if why is not None:
        raise _none(path, why)
    try:
        whole = digest(document["results"]) == document["results_digest"]
        dict(_numbers(document["results"]))
    except (ValueError, RecursionError):
        whole = False
    if not whole:
        raise CallError(
            Words(
                f"{path}: its digest does not fit; the results have been changed.", f"{path}：摘要不符，结果已被更改。"
            ),
            Words("Take the record as it was written.", "请使用原记录。"),
        )
    if document["valid"] is not is_valid(document["results"]):
        said, found = document["valid"], not document["valid"]
        raise CallError(
            Words(
                f"{path}: it says valid: {said}, and its results say {found}; it has been changed.",
                f"{path}：记录称 valid 为 {said}，而其结果为 {found}，内容已被更改。",
            ),
            Words("Take the record as it was written.", "请使用原记录。"),
        )
    return document


def is_valid(results: Mapping[str, Any]) -> bool:
    """Return whether a method is valid by what a record holds, as ``Validation.valid`` says it of what was found."""
    return (
        all(each["as_it_must"] for each in results["controls"])
        and all(
            each["largest_difference"] is not None and each["largest_difference"] <= EXACT
            for each in results["trueness"]
        )
        and all(
            each["same"] and each["largest_difference"] == 0.0
            for each in (*results["repeatability"], *results["robustness"])
        )
    )


def _amiss(document: Mapping[str, Any]) -> str | None:
    """Return what of a record is missing or of another type; None: nothing."""
    missing = [name for name in FIELDS if name not in document]
    if missing:
        return f"without {', '.join(missing)}"
    for name, kind in FIELDS.items():
        if not _is(document[name], kind):
            return f"{name} is of type {type(document[name]).__name__}"
    if not all(_is(each, str) for each in document["versions"].values()):
        return "versions are no words"
    for part, telling in PARTS.items():
        rows = document["results"].get(part)
        if not isinstance(rows, list):
            return f"results without {part}"
        for row in rows:
            wanted = (int, float, type(None)) if telling == "largest_difference" else bool
            if not isinstance(row, dict) or telling not in row or not _is(row[telling], wanted):
                return f"{part} without {telling}"
            if telling == "same" and not _is(row.get("largest_difference"), (int, float, type(None))):
                return f"{part} without largest_difference"
    return None if document["results"]["controls"] else "no controls"


def _is(value: Any, kind: type | tuple[type, ...]) -> bool:
    """Tell whether a value is of a type; true and false are no numbers."""
    return isinstance(value, kind) and (not isinstance(value, bool) or kind is bool)


def _none(path: Path, why: str) -> CallError:
    return CallError(
        Words(f"{path} is no record of a validation: {why}.", f"{path} 不是验证记录：{why}。"),
        Words("Name a validation.json.", "请给出 validation.json。"),
    )


def check_apart(documents: Sequence[Mapping[str, Any]], paths: Sequence[Path]) -> None:
    """Raise `CallError` where two records are one: agreement with itself shows nothing."""
    for place, path in enumerate(paths):
        for before in range(place):
            alike = all(
                documents[before][key] == documents[place][key] for key in ("host", "created", "results_digest")
            )
            if alike or path.resolve() == paths[before].resolve():
                raise CallError(
                    Words(
                        f"{path}: this record was given twice, the first time as {paths[before]}.",
                        f"{path}：同一记录重复给出，前一次为 {paths[before]}。",
                    ),
                    Words("Name the record of another host.", "请给出另一台主机的记录。"),
                )


def compare(documents: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Agreement:
    """Return whether records agree, or by how much they differ at most.

    Raises
    ------
    CallError
        Where they are not of the same method, set and settings, with what differs.
    """
    if len(documents) < 2:
        raise CallError(
            Words("two records are needed to compare any.", "至少需要两份记录才能比较。"),
            Words("--join one.json --join other.json", "--join 甲.json --join 乙.json"),
        )
    first = documents[0]
    for document, name in zip(documents[1:], names[1:], strict=True):
        differing = [key for key in SAME if document[key] != first[key]]
        if differing:
            said = ", ".join(f"{key} ({first[key]} / {document[key]})" for key in differing)
            raise CallError(
                Words(f"{names[0]} and {name} cannot be compared: {said}.", f"{names[0]} 与 {name} 无法比较：{said}。"),
                Words("Validate with the same settings on both hosts.", "请在两台主机上以相同设置验证。"),
            )
    largest, where = 0.0, None
    numbers = [dict(_numbers(document["results"])) for document in documents]
    for other in numbers[1:]:
        for place in numbers[0].keys() | other.keys():
            one, two = numbers[0].get(place), other.get(place)
            if one == two:
                continue
            apart = math.inf if not _both_numbers(one, two) else abs(one - two)  # type: ignore[operator]
            if apart > largest:
                largest, where = apart, place
    versions = {
        name: tuple(str(document["versions"].get(name)) for document in documents)
        for name in first["versions"]
        if len({str(document["versions"].get(name)) for document in documents}) > 1
    }
    return Agreement(
        names=tuple(names),
        hosts=tuple(
            f"{document['host'].get('system')}, {document['host'].get('processors')} processors"
            for document in documents
        ),
        equal=len({document["results_digest"] for document in documents}) == 1,
        largest_difference=largest,
        where=where,
        not_valid=tuple(
            name for name, document in zip(names, documents, strict=True) if not is_valid(document["results"])
        ),
        versions=versions,
    )


def _both_numbers(one: Any, two: Any) -> bool:
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in (one, two))


def _numbers(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every leaf with its place; rows are named by what they are about."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            name = item.get("indicator", item.get("product", number)) if isinstance(item, Mapping) else number
            rated = isinstance(item, Mapping) and _is(item.get("rate"), (int, float))
            rate = f" at {item['rate']:g}" if rated else ""
            yield from _numbers(item, f"{place}[{name}{rate}]")
    else:
        yield place, value


def _finite(value: Any) -> Any:
    """Return plain JSON in which what is infinite is null: no canonical form has a sign for it."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
