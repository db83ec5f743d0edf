"""Performs a trial: locks the plan, asks what has not been answered yet, and writes the journal."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

from steelyard.bench.batches import Cutting, Round, asked_input, batches
from steelyard.bench.conversations import Conversations, Placed, seen_by
from steelyard.bench.durable import write_durably
from steelyard.bench.executor import Executor, Here, Task, Work
from steelyard.bench.journal import Journal
from steelyard.bench.sequence import Watch
from steelyard.bench.timing import check_alone
from steelyard.bench.trial import Basis, Trial
from steelyard.core.canonical import plain
from steelyard.core.errors import CallError, Interrupted
from steelyard.core.product import OPEN, Isolation, Session, Spoiled
from steelyard.core.sample import Record
from steelyard.core.words import Words
from steelyard.products._files import not_covered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


Notes = Callable[[], tuple[Words, ...]]
"""Waits until the product has ended, and returns what else was seen of it."""


class Progress(NamedTuple):
    """Counts only: a running verdict would invite to stop when it pleases."""

    done: int
    total: int
    faults: int


def journal_of(trial: Basis, out: Path) -> Journal:
    """Return the journal of a trial in its folder."""
    return Journal(out / "journal", trial.method.recorded, trial.plan.digest, trial.test_set.lock)


def perform(
    trial: Trial,
    out: Path,
    progress: Callable[[Progress], None] | None = None,
    executor: Executor | None = None,
    every: float = 0.0,
) -> Notes:
    """Ask the product every sample that has no record yet; return who waits for its end, and says what else was seen.

    A product that was asked everything is told to end and not waited for: answers can be scored meanwhile.

    Parameters
    ----------
    trial : Trial
        What is tested.
    out : Path
        Folder of ``plan.json`` and the journal; where it holds them already, the run resumes.
    progress : callable, optional
        Called with counts.
    executor : Executor, optional
        Who does the work; by default one product process.
    every : float
        So many seconds pass at least between two calls of ``progress``; by default it is called after each answer.

    Raises
    ------
    PlanMismatch
        Where the folder holds another plan.
    CallError
        Where time is judged, and several of the product were to be asked at once.
    Interrupted
        After Ctrl-C; what was answered is kept.
    """
    journal = journal_of(trial, out)
    stop = threading.Event()
    cutting = Cutting(trial.plan.batch, trial.plan.batch_bytes)
    open_ = _Opening(trial, out, stop, cutting)
    worker = executor or Here()
    check_alone(trial, shares=worker.shares)

    with _ctrl_c(stop), journal.writing() as writer:
        lock_plan(trial, out)
        done = journal.done()
        watch = None if trial.plan.sequential is None else Watch(trial, journal.read())
        if len(done) == trial.plan.asked or (watch is not None and watch.settled):
            return lambda: (_NOTHING_ASKED,)
        count, faults = len(done), 0
        told, due = count, 0.0
        try:
            for session in range(trial.plan.sessions):
                open_.wait()
                rounds = _rounds(trial, session, done)
                for record in worker.each(open_, batches(trial, rounds, cutting, stop, watch, shares=worker.shares)):
                    writer.append(record)
                    count += 1
                    faults += record.fault is not None
                    if watch is not None:
                        watch.take(record)
                    if progress is not None and (now := time.monotonic()) >= due:
                        progress(Progress(count, trial.plan.asked, faults))
                        told, due = count, now + every
            if progress is not None and told < count:
                progress(Progress(count, trial.plan.asked, faults))
            if count < trial.plan.asked and not (watch is not None and watch.settled):
                raise _stopped(count, trial, out)
        except BaseException as fault:
            open_.notes()
            if isinstance(fault, KeyboardInterrupt):
                raise _stopped(count, trial, out) from None
            raise
    return open_.notes


def ask_apart(
    trial: Trial, out: Path, asked: Iterable[Sequence[Placed]], executor: Executor | None = None
) -> list[Record]:
    """Ask the product of a trial samples that are no part of its plan; the journal holds nothing of it."""
    stop = threading.Event()
    open_ = _Opening(trial, out, stop, Cutting(trial.plan.batch, trial.plan.batch_bytes))
    with _ctrl_c(stop):
        try:
            records = list((executor or Here()).each(open_, asked))
        finally:
            open_.wait()
    if stop.is_set():
        raise _stopped(trial.plan.asked, trial, out)
    return records


_NOTHING_ASKED = Words(
    "nothing was asked: all answers are from an earlier run in this folder",
    "未提问：全部答案来自此目录中先前的运行",
)


class _Opening:
    """Starts the product of a trial, and waits for the end of what it started."""

    def __init__(self, trial: Trial, out: Path, stop: threading.Event, cutting: Cutting) -> None:
        self._trial = trial
        # Batches of a sequential plan are handed over one at a time.
        number = cutting.batch_of if trial.plan.sequential is None else _the_only_one
        self._batch_of = number if trial.product.shares_requests else None
        self._stop = stop
        self._endings: list[_Ending] = []
        self._elsewhere: list[Words] = []
        reading = trial.readings[0]
        assert reading.method is not None
        self.task = Task(
            product=trial.product,
            method=reading.method,
            options=reading.options,
            seen=seen_by(trial.product, trial.method, asked_input(trial)),
            limits=trial.plan.limits,
            isolation=_isolation(trial, out),
        )

    @contextlib.contextmanager
    def __call__(self) -> Iterator[Work]:
        """Start the product; with the context it is told to end."""
        task, method = self.task, self._trial.method
        session = task.product.start(task.seen, method.output, task.limits, task.isolation)
        try:
            talks = Conversations(method, task.seen, session, self.go_on, batch_of=self._batch_of)
            yield talks.converse
        finally:
            self._endings.append(_Ending(session))

    def go_on(self) -> bool:
        """Tell whether new conversations are to be begun."""
        return not self._stop.is_set()

    def note(self, notes: Iterable[Words]) -> None:
        """Keep what was seen of a product that ran elsewhere."""
        self._elsewhere += notes

    def wait(self) -> None:
        """Wait until all that were started have ended: sessions of one product never overlap."""
        for ending in self._endings:
            ending.wait()

    def notes(self) -> tuple[Words, ...]:
        """Wait until all have ended, and return what else was seen."""
        return (*(note for ending in self._endings for note in ending.notes()), *self._elsewhere)


def _the_only_one(place: int) -> int:  # noqa: ARG001
    return 0


class _Ending:
    """A product that is told to end, and given a while, in a thread of its own."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._close, name="ending")
        self._thread.start()

    def _close(self) -> None:
        try:
            self._session.close()
        except BaseException as fault:  # raised where notes are asked for
            self._fault = fault

    def wait(self) -> None:
        """Wait until it has ended: sessions of one product never overlap."""
        self._thread.join()
        if self._fault is not None:
            raise self._fault

    def notes(self) -> tuple[Words, ...]:
        """Return what was seen of it, also of what it did when its input had ended."""
        self.wait()
        return self._session.notes()


def spoiled(out: Path, notes: tuple[Words, ...]) -> tuple[Words, ...]:
    """Return the notes with those that spoiled the evidence in earlier sessions of this folder, and keep the new ones.

    To resume, or to repeat the command, does not make bad evidence good.
    """
    path = out / "spoiled.json"
    kept = [Spoiled(**each) for each in json.loads(path.read_text("utf-8"))] if path.exists() else []
    new = [note for note in notes if isinstance(note, Spoiled) and note not in kept]
    if new:
        write_durably(path, json.dumps(plain([*kept, *new]), ensure_ascii=False, indent=2).encode())
    return (*kept, *(note for note in notes if note not in kept))


def _isolation(trial: Trial, out: Path) -> Isolation:
    """Return what the product must not see: the sets, this run, and earlier ones, whose reports may show answers."""
    if trial.plan.isolation == OPEN.name:
        return OPEN
    earlier = (plan.parent for plan in out.resolve().parent.glob("*/plan.json"))
    model, hidden = trial.product.model, trial.test_set.hidden(out, *earlier)
    if model is None:
        return Isolation(trial.plan.isolation, hidden)
    return Isolation(trial.plan.isolation, (*hidden, *map(str, not_covered(model))), (str(model),))


def _stopped(count: int, trial: Trial, out: Path) -> Interrupted:
    return Interrupted(
        Words(
            f"stopped after {count:,} of {trial.plan.asked:,} samples; their answers are in {out}.",
            f"已在 {count:,}/{trial.plan.asked:,} 个样本后停止；答案保存在 {out}。",
        ),
        Words(f"Repeat the command with --out {out} to go on.", f"以 --out {out} 重复该命令即可继续。"),
    )


def lock_plan(trial: Trial, out: Path) -> None:
    """Write ``plan.json`` before the first sample, or check that the one that is there is the same."""
    path = out / "plan.json"
    try:
        if path.exists():
            try:
                written = json.loads(path.read_text("utf-8"))
            except ValueError:
                written = None
            trial.plan.check_same(written, str(path))
            return
        document = json.dumps(trial.plan.document(), ensure_ascii=False, indent=2)
        write_durably(path, f"{document}\n".encode())
    except OSError as error:
        raise CallError(
            Words(f"cannot write to {out}: {error.strerror}", f"无法写入 {out}：{error.strerror}"),
            Words("Choose another folder with --out.", "请用 --out 另选目录。"),
        ) from None


def _rounds(trial: Trial, session: int, done: NDArray[np.int64]) -> list[Round]:
    """Return, for each repeat of a session, where its records start in the journal, and the rows still to be asked."""
    import numpy as np

    rows, repeats = trial.test_set.card.samples, trial.plan.repeats
    found = []
    for number in range(session * repeats, (session + 1) * repeats):
        start = number * rows
        inside = done[np.searchsorted(done, start) : np.searchsorted(done, start + rows)] - start
        open_rows = np.setdiff1d(trial.positions, inside, assume_unique=True) if len(inside) else trial.positions
        if len(open_rows):
            found.append((start, open_rows))
    return found


@contextlib.contextmanager
def _ctrl_c(stop: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C (or SIGTERM) finish what is under way; the second one breaks it off."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        said = Words(
            "Finishing what is under way; press Ctrl-C again to break it off.",
            "正在完成进行中的样本；再按一次 Ctrl-C 立即中止。",
        )
        os.write(2, f"\n{said}\n".encode())

    # Who ignores one, as a shell does for jobs in the background, goes on ignoring it.
    heeded = [each for each in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) is not signal.SIG_IGN]
    earlier = {number: signal.signal(number, on_signal) for number in heeded}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
