"""A report read back from ``report.json``: what was found, on what, by which plan."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard.bench.repeatability import Repeatability
from steelyard.core.canonical import sha256
from steelyard.core.card import Card
from steelyard.core.errors import CallError
from steelyard.core.plan import Plan
from steelyard.core.verdict import Finding, Judgement
from steelyard.core.words import Words

NAME = "report.json"


@dataclass(frozen=True)
class Reread:
    """What of a report is needed to compute with its numbers."""

    where: str
    """The file, wherever it was named from."""
    plan: Plan
    card: Card
    judgements: tuple[Judgement, ...]
    repeatability: tuple[Repeatability, ...]
    verdict: str
    created: str
    environment: dict[str, str]
    digest: str
    """SHA-256 of the file's bytes."""
    journal: frozenset[str] = frozenset()
    """Names of the parts of the journal beside it, each the digest of a part; empty: there is none beside it."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the deciding reading."""
        return self.judgements[0].findings


def same_run(one: Reread, other: Reread) -> bool:
    """Tell whether two reports are of one run: the same file, a copy of it, or a bundle of it.

    A report says its time to the second, so that two short runs may write the same bytes: then their journals, which
    hold how long each answer took, tell them apart. Where one has no journal beside it, nothing does.
    """
    if one.where == other.where:
        return True
    apart = bool(one.journal and other.journal) and one.journal != other.journal
    return one.digest == other.digest and not apart


def reread(path: Path) -> Reread:
    """Read a report.

    Parameters
    ----------
    path : Path
        Folder of a run, its ``report.json``, or a bundle of it, which is read and not verified.

    Raises
    ------
    CallError
        Where there is none, or it is not a report.
    """
    file = path / NAME if path.is_dir() else path
    try:
        data = _bundled(file) if file.suffix == ".zip" else file.read_bytes()
    except OSError as error:
        raise CallError(
            Words(f"cannot read the report {file}: {error.strerror}.", f"无法读取报告 {file}：{error.strerror}。"),
            Words(f"Name the folder of a finished run, or its {NAME}.", f"请给出已完成检测的目录，或其 {NAME}。"),
        ) from None
    try:
        document = json.loads(data)
        found = _read(document, str(file.resolve()), sha256(data), _journal(file))
    except (ValueError, KeyError, TypeError, RecursionError) as error:  # pydantic's errors are ValueErrors
        said = _said(error)
        raise CallError(
            Words(f"{file} is not a report of this format: {said}.", f"{file} 不是此格式的报告：{said}。"),
            Words("Name the folder of a finished run.", "请给出已完成检测的目录。"),
        ) from None
    if found.plan.digest != document.get("plan_digest"):
        raise CallError(
            Words(
                f"{file}: the plan in it is not the one whose digest it names; it has been changed.",
                f"{file}：其中的方案与所载摘要不符，内容已被更改。",
            ),
            Words("Take the report as the run wrote it.", "请使用检测写出的原报告。"),
        )
    if not found.judgements:
        raise CallError(Words(f"{file} holds no judgement.", f"{file} 不含判定。"))
    return found


def _said(error: Exception) -> str:
    """Return what an error says, in a line."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _journal(file: Path) -> frozenset[str]:
    """Return the names of the journal's parts beside a run's own report."""
    if file.name != NAME:
        return frozenset()
    try:
        return frozenset(each.name for each in (file.parent / "journal").glob("*.arrow"))
    except OSError:
        return frozenset()


def _bundled(file: Path) -> bytes:
    """Return the report in a bundle."""
    from steelyard.report.proof.container import unpacked

    members = unpacked(file)
    if NAME not in members:
        raise CallError(
            Words(f"{file} holds no report.", f"{file} 不含报告。"),
            Words("steelyard bundle RUN makes a bundle of a run.", "steelyard bundle RUN 可将检测制成报告包。"),
        )
    return members[NAME]


def _read(document: Any, where: str, digest: str, journal: frozenset[str]) -> Reread:
    from pydantic import TypeAdapter

    def read(kind: Any, name: str) -> Any:
        return TypeAdapter(kind).validate_python(document[name])

    return Reread(
        where=where,
        plan=read(Plan, "plan"),
        card=read(Card, "card"),
        judgements=read(tuple[Judgement, ...], "judgements"),
        repeatability=read(tuple[Repeatability, ...], "repeatability"),
        verdict=read(str, "verdict"),
        created=read(str, "created"),
        environment=read(dict[str, str], "environment"),
        digest=digest,
        journal=journal,
    )
