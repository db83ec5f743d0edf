"""An earlier run, opened from its folder: its plan, and what it rests on."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard import fields
from steelyard.bench.run import journal_of
from steelyard.bench.scoring import Scored, score_rounds
from steelyard.bench.sequence import score_in_sequence
from steelyard.bench.trial import Basis, drawn
from steelyard.core.errors import CallError, JournalError
from steelyard.core.plan import Plan
from steelyard.core.words import Words
from steelyard.library import store

if TYPE_CHECKING:
    import pyarrow as pa
    from pydantic import TypeAdapter


def reopen(folder: Path, test_set: str | None = None) -> Basis:
    """Return the plan of an earlier run with the set and the methods that it names.

    Parameters
    ----------
    folder : Path
        Of the run.
    test_set : str, optional
        Folder of its set, where that is not in the library.

    Raises
    ------
    CallError
        Where there is no run, or this version's set or method is another one.
    JournalError
        Where the plan has been changed.
    """
    plan = _plan(folder / "plan.json")
    opened = store.open_set(test_set or plan.test_set, sealed=True)
    if opened.card.digest != plan.test_set_digest:
        raise CallError(
            Words(
                f"{folder} was run on {plan.test_set} with another digest than {opened.card.label} has here.",
                f"{folder} 所用的 {plan.test_set} 与此处的 {opened.card.label} 摘要不同。",
            ),
            Words("Name its folder with --set.", "请用 --set 指明该数据集的目录。"),
        )
    methods = tuple(fields.find(reading.method or "", reading.options) for reading in plan.clause.readings)
    if methods[0].version != plan.method_version:
        raise CallError(
            Words(
                f"{folder} was run with {plan.method}/{plan.method_version}; here it is version {methods[0].version}.",
                f"{folder} 所用方法为 {plan.method}/{plan.method_version}；此处版本为 {methods[0].version}。",
            ),
            Words("Run it again with this version.", "请以此版本重新检测。"),
        )
    return Basis(plan, opened, methods, drawn(opened, plan.limit, plan.seed))


def scored(basis: Basis, folder: Path) -> Scored:
    """Count an earlier run's answers.

    Raises
    ------
    CallError
        Where the run is not complete, or is of a sequential plan, which stops at a size of its own.
    """
    if basis.plan.sequential is not None:
        raise CallError(
            Words(f"{folder} is of a sequential plan: it stopped early.", f"{folder} 为序贯方案：已提前停止。"),
            Words("Compare runs of a fixed size.", "请比较固定样本量的检测。"),
        )
    return scored_as_run(basis, folder)[1]


def scored_as_run(basis: Basis, folder: Path) -> tuple[Basis, Scored, pa.Table]:
    """Count an earlier run's answers; return what was judged, its rows, and its records.

    Of a sequential plan those clusters were judged that were asked until all was settled.

    Raises
    ------
    CallError
        Where the run is not complete.
    """
    records = journal_of(basis, folder).read()
    if basis.plan.sequential is not None:
        return score_in_sequence(basis, records)
    if records.num_rows != basis.plan.asked:
        raise CallError(
            Words(
                f"{folder} is not complete: {records.num_rows:,} of {basis.plan.asked:,} samples were asked.",
                f"{folder} 尚未完成：{basis.plan.asked:,} 个样本中已检测 {records.num_rows:,} 个。",
            ),
            Words("Repeat its command to finish it.", "请重复其命令以完成。"),
        )
    return basis, score_rounds(basis, records), records


def _plan(path: Path) -> Plan:
    import json

    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CallError(
            Words(f"{path.parent} holds no run: {error.strerror}.", f"{path.parent} 中没有检测：{error.strerror}。"),
            Words("Name the folder that --out named.", "请给出 --out 所指的目录。"),
        ) from None
    except ValueError as error:
        raise JournalError(Words(f"{path} is no plan: {error}", f"{path} 不是方案：{error}")) from None
    return plan_of(document, path)


@functools.cache
def _adapter() -> TypeAdapter[Plan]:
    """Return what reads plans; to make it takes longer than to read one."""
    from pydantic import TypeAdapter

    return TypeAdapter(Plan)


def plan_of(document: Any, path: Path) -> Plan:
    """Return the plan of a document as `Plan.document` makes it; ``path`` is named in the error.

    Raises
    ------
    JournalError
        Where it is none, or has been changed.
    """
    from pydantic import ValidationError

    try:
        plan = _adapter().validate_python(document["plan"])
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise JournalError(Words(f"{path} is no plan: {error}", f"{path} 不是方案：{error}")) from None
    if plan.digest != document.get("digest"):
        raise JournalError(
            Words(f"{path}: its digest does not fit; it has been changed.", f"{path}：摘要不符，内容已被更改。")
        )
    return plan
