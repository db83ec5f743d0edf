"""A run enters a log before its first sample; the log says which attempt it is, and may say its seed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from steelyard.bench.durable import write_durably
from steelyard.bench.journal import LOCKED, OPEN
from steelyard.bench.relocking import relocked
from steelyard.bench.trial import Trial, decision_of
from steelyard.core.canonical import canonical
from steelyard.core.errors import CallError
from steelyard.core.plan import Entered
from steelyard.core.words import Words
from steelyard.registry.attempts import attempt_after, names_product
from steelyard.registry.entries import read_file, run_entry, run_named
from steelyard.registry.heads import Head, read_head
from steelyard.registry.kinds import run_of
from steelyard.registry.log import Log
from steelyard.report.proof.bundle import LOG_HEAD, RUN, RunNumber
from steelyard.report.proof.keys import PrivateKey, private_key


class _GrownMeanwhileError(Exception):
    """Another entry came between the head and this one."""


def enter_run(
    trial: Trial, out: Path, folder: Path, key: str | None, *, attempt: int | None = None, seeded: bool = False
) -> Trial:
    """Enter a run with its plan into a log before its first sample; one that is resumed stands there already.

    Each run draws a number of its own, which its folder and its bundle bear: a plan that is run twice stands in the log
    twice. The head that the log had just before is kept beside it.

    Parameters
    ----------
    trial : Trial
        Of which nothing has been asked, unless it is resumed.
    out : Path
        The run's folder.
    folder : Path
        The log's.
    key : str, optional
        Name of its keeper's key.
    attempt : int, optional
        Which attempt it should be; None: whatever the log counts.
    seeded : bool
        Whether the seed follows from the log.

    Returns
    -------
    Trial
        Whose plan is locked as it was entered.

    Raises
    ------
    CallError
        Where no key is named, the run has begun without the log, the log counts another attempt, or the answers of a
        run that began are gone.
    """
    if key is None:
        raise CallError(
            Words("a log grows by signed heads: name its keeper's key.", "日志以签名树头增长：请指明保管者密钥。"),
            Words(
                "Add --log-key NAME; steelyard keys new NAME makes one.",
                "请加 --log-key 名称；可用 steelyard keys new 生成。",
            ),
        )
    secret, log = private_key(key), Log(folder)
    run = _number(out)
    known = log.entries()
    for place, entry in enumerate(known):
        if entry["kind"] == "plan" and entry["run"] == run:
            _check_answers_kept(entry, known, out)
            return _resumed(trial, out, entry, place, attempt, seeded)
    if any((out / "journal").glob("*")):
        raise CallError(
            Words(f"{out} has begun without the log.", f"{out} 已在未登记日志的情况下开始。"),
            Words(
                "A run enters before its first sample: choose another --out.",
                "检测须在首个样本之前登记：请另选 --out。",
            ),
        )
    while True:
        head = log.last_head(secret)
        try:
            return _entered(trial, out, log, head, secret, attempt, seeded)
        except _GrownMeanwhileError:  # what follows from the head follows from a later one
            continue


def _number(out: Path) -> str | None:
    path = out / RUN
    return run_named(path.read_bytes(), path) if path.is_file() else None


def _has_answers(out: Path) -> bool:
    return any(path.suffix in (OPEN, LOCKED) for path in (out / "journal").glob("*"))


def _check_answers_kept(entry: Mapping[str, Any], known: Sequence[Mapping[str, Any]], out: Path) -> None:
    """Raise `CallError` where a run has begun and its answers are gone: asked anew it would be a further attempt."""
    reported = any(each["kind"] == "report" and run_of(each) == run_of(entry) for each in known)
    if (reported or (out / "plan.json").is_file()) and not _has_answers(out):
        raise CallError(
            Words(
                f"the run in {out} entered the log and began, and its answers are not there.",
                f"{out} 中的检测已登记并已开始，但其答案不在目录中。",
            ),
            Words(
                "Asked anew it is a further attempt, which enters by itself: choose another --out.",
                "重新提问即为又一次检测，须另行登记：请另选 --out。",
            ),
        )


def _entered(
    trial: Trial, out: Path, log: Log, head: Head, secret: PrivateKey, attempt: int | None, seeded: bool
) -> Trial:
    before = log.entries()[: head.size]
    counted = attempt_after(before, run_entry(trial.plan, ""))
    _check_attempt(attempt, counted)
    locked = relocked(trial, Entered(head.size, head.root, seeded), counted)
    run = _number(out) or os.urandom(16).hex()
    out.mkdir(parents=True, exist_ok=True)
    write_durably(out / LOG_HEAD, head.envelope)
    number: RunNumber = {"run": run}
    write_durably(out / RUN, canonical(number))

    def make(_: Sequence[Mapping[str, Any]], root: str) -> dict[str, Any]:
        if root != head.root:
            raise _GrownMeanwhileError
        return run_entry(locked.plan, run)

    log.append_made(make, secret)
    return locked


def _resumed(trial: Trial, out: Path, entry: Mapping[str, Any], place: int, attempt: int | None, seeded: bool) -> Trial:
    """Return a trial as it entered the log earlier."""
    if not names_product(entry):  # it began before logs counted attempts
        decision = decision_of(trial.specification.decision, trial.product, attempt)
        return replace(trial, plan=replace(trial.plan, attempt=attempt, decision=decision))
    _check_attempt(attempt, int(entry["attempt"]))
    head = read_head(read_file(out / LOG_HEAD), out / LOG_HEAD)
    locked = relocked(trial, Entered(head.size, head.root, seeded), int(entry["attempt"]))
    if (head.size, locked.plan.digest) != (place, entry["plan"]) and not (out / "plan.json").is_file():
        raise CallError(
            Words(f"{out} entered the log with another plan.", f"{out} 登记日志时所用的是另一方案。"),
            Words("Repeat the first command, or choose another --out.", "请重复最初的命令，或另选 --out。"),
        )
    return locked  # where plan.json locks another one, that is said with what differs


def _check_attempt(said: int | None, counted: int) -> None:
    if said not in (None, counted):
        raise CallError(
            Words(
                f"--attempt {said}: by the log it is attempt {counted}.",
                f"--attempt {said}：按日志应为第 {counted} 次检测。",
            ),
            Words("Leave it out: the log counts.", "请去掉该选项：由日志计数。"),
        )
