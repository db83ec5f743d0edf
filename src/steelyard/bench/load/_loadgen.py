"""Drives a product with MLPerf LoadGen, in a process of its own that does nothing else.

LoadGen cannot be stopped, and whatever shares its process can distort what it measures; so each start of the product
is driven from a fork of the bench, which is killed where a run is broken off.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steelyard.bench.load._driver import TELL_SECONDS, Driver, Job
from steelyard.core import errors
from steelyard.core.errors import BenchError, SteelyardError
from steelyard.core.product import Ask, Session
from steelyard.core.sample import Fault
from steelyard.core.words import Words

GONE_SECONDS = 5.0
"""What a driver that was killed leaves behind is gone after so long, or is the bench's fault."""


@dataclass
class Driven:
    """What came of one start of the product, beside what LoadGen wrote into each job's folder."""

    faults: dict[str, list[tuple[int, Fault, Words | None]]] = field(default_factory=dict)
    """Of each job: number of the sample as it was issued, and what came instead of an answer."""
    waits: dict[str, list[float]] = field(default_factory=dict)
    """Of each job: seconds that queries waited for a session that was busy."""
    notes: tuple[Words, ...] = ()
    memory: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Of each job: seconds since it began, and bytes of memory of the product's processes."""


def drive(
    start: Callable[[], Session],
    asks: Sequence[Ask],
    jobs: Sequence[Job],
    folder: Path,
    *,
    workers: int = 1,
    warm_up: Sequence[int] = (),
    progress: Callable[[str, int, int], None] | None = None,
) -> Driven:
    """Start a product, let LoadGen do jobs on it one after another, and end it.

    Parameters
    ----------
    start : callable
        Starts the product, or connects to it; called ``workers`` times.
    asks : sequence of Ask
        All samples.
    jobs : sequence of Job
        LoadGen writes what it logs into ``folder / job.name``.
    folder : Path
        Of the logs.
    workers : int
        Sessions of the product at the same time.
    warm_up : sequence of int
        Places of samples that each session is asked first, without LoadGen.
    progress : callable, optional
        Called with the job's name, samples that were asked, and faults.

    Raises
    ------
    SteelyardError
        What the driver met, as it would be raised here.
    BenchError
        Where the driver died.
    """
    for job in jobs:
        (folder / job.name).mkdir(parents=True, exist_ok=True)
    near, far = os.pipe()
    alive, dead = os.pipe()
    # A Ctrl-C that the driver took before it can ignore it would make a second bench of it.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the fork uses none of the bench's threads
        driver = os.fork()
    if not driver:
        os.close(near)
        os.close(dead)
        Driver(start, asks, folder, workers, far, alive).run(jobs, warm_up)  # does not return
    os.close(far)
    os.close(alive)
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        return _watched(driver, near, progress)
    finally:
        left = list(_descendants(driver))
        os.close(dead)  # the driver's sign that the bench does not want it any more
        os.close(near)
        os.waitpid(driver, 0)
        _await_end(left)


def _watched(driver: int, near: int, progress: Callable[[str, int, int], None] | None) -> Driven:
    """Read what the driver says until it is done, and look at the product's memory now and then."""
    driven, rest, job, began = Driven(), b"", "", 0.0
    while True:
        data = os.read(near, 2**16) if select.select([near], [], [], TELL_SECONDS)[0] else None
        if data == b"":
            raise BenchError(
                Words("the process that drives LoadGen died.", "驱动 LoadGen 的进程意外退出。"),
                Words("Repeat the command with another --out.", "请换一个 --out 重复该命令。"),
            )
        *lines, rest = (rest + (data or b"")).split(b"\n")
        for said in map(json.loads, lines):
            if "job" in said:
                job, began = said["job"], time.monotonic()
            elif "done" in said and progress is not None:
                progress(job, said["done"], said["faults"])
            elif "over" in said:
                driven.faults[job] = [(seq, Fault(name), _words(detail)) for seq, name, detail in said["over"]]
                driven.waits[job] = said["waits"]
            elif "raised" in said:
                raise _raised(said)
            elif "ended" in said:
                driven.notes = tuple(Words(*each) for each in said["ended"])
                return driven
        if job and job not in driven.faults:
            held = sum(map(_resident, _descendants(driver)))
            driven.memory.setdefault(job, []).append((time.monotonic() - began, float(held)))


def _words(said: Sequence[str] | None) -> Words | None:
    return None if said is None else Words(*said)


def _raised(said: Mapping[str, Any]) -> SteelyardError:
    """Return the error that the driver met; one that takes other arguments is raised as its family."""
    kind = getattr(errors, said["raised"], BenchError)
    if not (isinstance(kind, type) and issubclass(kind, SteelyardError)) or kind is errors.UnknownName:
        kind = errors.CallError if kind is errors.UnknownName else BenchError
    made = kind(Words(*said["what"]), _words(said["remedy"]))
    assert isinstance(made, SteelyardError)
    return made


def _descendants(pid: int) -> Iterator[int]:
    """Yield the processes that a process started, and they; nothing where the system does not tell."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(each) for task in tasks for each in (task / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        yield child
        yield from _descendants(child)


def _resident(pid: int) -> int:
    """Return the bytes of memory that a process holds; none where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _await_end(processes: Sequence[int]) -> None:
    """Wait until processes are gone, whose supervisors end them now that the driver is."""
    deadline = time.monotonic() + GONE_SECONDS
    while any(_resident(each) for each in processes) and time.monotonic() < deadline:
        time.sleep(0.01)
