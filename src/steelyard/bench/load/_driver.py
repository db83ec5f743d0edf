"""Asks a product what LoadGen issues: the inside of the process that ``_loadgen.py`` forks, which does nothing else.

All inputs are in their wire form before the first query. In single-stream and multi-stream LoadGen's own thread asks;
in server and offline it hands queries to threads, one for each session of the product.
"""

from __future__ import annotations

import ctypes
import gc
import itertools
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from steelyard.core.errors import SteelyardError
from steelyard.core.product import Ask, Reply, Session
from steelyard.core.sample import Fault
from steelyard.core.words import Words

PATIENCE = 8
"""After so many queries without any answer, a product that never answered is not asked the rest."""
GIVE_UP = 32
"""Nor is one that stopped answering for so many queries in a row."""
UNASKED_SECONDS = 0.01
"""So long a query takes that is not asked, for else LoadGen would issue millions of them while its time lasts."""
CHUNK = 256
"""So many samples of one query a session takes at a time, where several share them."""
SWITCH_SECONDS = 0.0002
"""So long a thread may keep another one waiting for the interpreter; Python's 5 ms would be seen in a latency."""
TELL_SECONDS = 1.0


@dataclass(frozen=True)
class Job:
    """One test of LoadGen's on some of the samples."""

    name: str
    scenario: str
    """LoadGen's: ``SingleStream``, ``MultiStream``, ``Server`` or ``Offline``."""
    places: tuple[int, ...]
    """Of the samples that it may ask."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """LoadGen's own names: ``min_query_count`` …"""
    accuracy: bool = False
    """Whether every sample is asked once, for its answer and not for its time."""


class Driver:
    """Sessions of the product, and the queries that LoadGen issues.

    Parameters
    ----------
    start : callable
        Starts the product, or connects to it.
    asks : sequence of Ask
        All samples.
    folder : Path
        Of the logs.
    workers : int
        Sessions of the product.
    far, alive : int
        Descriptors: where what happens is said, and whose end is the bench's.
    """

    def __init__(
        self, start: Callable[[], Session], asks: Sequence[Ask], folder: Path, workers: int, far: int, alive: int
    ) -> None:
        self._start = start
        self._asks = asks
        self._folder = folder
        self._workers = workers
        self._far = far
        self._alive = alive
        self._sessions: list[Session] = []
        self._lock = threading.Lock()
        self._answered = False
        self._in_a_row = 0
        self._rate = 0.0
        """Samples a second of the job before."""
        self._reset()

    def _reset(self) -> None:
        self._issued = itertools.count()
        self._done = 0
        self._faults: list[tuple[int, str, list[str] | None]] = []
        self._waits: list[float] = []
        self._told = time.monotonic()

    def run(self, jobs: Sequence[Job], warm_up: Sequence[int]) -> None:
        """Do the jobs, and leave without anything that the bench's own process would do at its end."""
        try:
            signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the bench, which then ends this
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # products inherit what is blocked
            threading.Thread(target=self._end_with_bench, daemon=True).start()
            sys.setswitchinterval(SWITCH_SECONDS)
            gc.disable()
            gc.freeze()
            self._sessions = [self._start() for _ in range(self._workers)]
            for session in self._sessions:
                list(session.ask([self._asks[place] for place in warm_up], _always))
            for job in jobs:
                self._reset()
                self._tell({"job": job.name})
                self._do(job)
                self._tell({"over": self._faults, "waits": self._waits})
            notes = []
            for session in self._sessions:
                session.close()
                notes += [[note.en, note.zh] for note in session.notes()]
            self._tell({"ended": notes})
        except BaseException as error:
            self._fail(error)
        finally:
            os._exit(0)

    def _end_with_bench(self) -> None:
        """Wait for the bench to end, or to want no more; then end too: supervisors end the product."""
        os.read(self._alive, 1)
        os._exit(1)

    def _tell(self, said: Mapping[str, Any]) -> None:
        data = orjson.dumps(said) + b"\n"
        while data:
            data = data[os.write(self._far, data) :]

    def _fail(self, error: BaseException) -> None:
        """Say what was met, end the product and this process: LoadGen cannot be told to stop."""
        if isinstance(error, SteelyardError):
            what, remedy = error.what, error.remedy
        else:
            what, remedy = Words(f"LoadGen's driver: {error!r}", f"LoadGen 驱动进程：{error!r}"), None
        said = {
            "raised": type(error).__name__,
            "what": [what.en, what.zh],
            "remedy": None if remedy is None else [remedy.en, remedy.zh],
        }
        try:
            for session in self._sessions:
                session.close()
        finally:
            self._tell(said)
            os._exit(1)

    def _do(self, job: Job) -> None:
        import mlperf_loadgen as loadgen

        self._complete, self._response = loadgen.QuerySamplesComplete, loadgen.QuerySampleResponse
        settings = loadgen.TestSettings()
        settings.scenario = getattr(loadgen.TestScenario, job.scenario)
        settings.mode = loadgen.TestMode.AccuracyOnly if job.accuracy else loadgen.TestMode.PerformanceOnly
        for name, value in job.settings.items():
            setattr(settings, name, value)
        if job.scenario == "Offline":  # LoadGen makes as many samples as fill the time at the rate that is expected
            settings.offline_expected_qps = max(settings.offline_expected_qps, self._rate)
        logs = loadgen.LogSettings()
        logs.log_output = loadgen.LogOutputSettings()
        logs.log_output.outdir = str(self._folder / job.name)
        logs.enable_trace = True  # it holds every query's latency
        at_once = job.scenario in ("SingleStream", "MultiStream")
        queue: deque[tuple[float, list[tuple[int, int, int]]]] = deque()
        wake = threading.Condition()
        threads = [] if at_once else [self._worker(session, queue, wake, job) for session in self._sessions]

        def issue(samples: Sequence[Any]) -> None:
            issued = [(next(self._issued), each.id, job.places[each.index]) for each in samples]
            if at_once:
                self._guarded(self._sessions[0], issued)
                return
            step = len(issued) if self._workers == 1 else CHUNK
            with wake:
                queue.extend((time.monotonic(), issued[at : at + step]) for at in range(0, len(issued), step))
                wake.notify_all()

        system = loadgen.ConstructSUT(issue, lambda: None)
        count = len(job.places)
        samples = loadgen.ConstructQSL(count, count, lambda _: None, lambda _: None)
        began = time.monotonic()
        # It would read settings from a file of this name in the working folder.
        loadgen.StartTestWithLogSettings(system, samples, settings, logs, os.devnull)
        with wake:
            queue.append((0.0, []))
            wake.notify_all()
        for thread in threads:
            thread.join()
        self._rate = self._done / (time.monotonic() - began)
        loadgen.DestroyQSL(samples)
        loadgen.DestroySUT(system)

    def _worker(self, session: Session, queue: deque[Any], wake: threading.Condition, job: Job) -> threading.Thread:
        """Start the thread that asks one session all that waits, until an empty query says that there is no more."""

        def work() -> None:
            while True:
                with wake:
                    wake.wait_for(lambda: queue)
                    taken = [queue.popleft()]
                    # What came while the only session was busy is asked together, as a run does.
                    while queue and queue[0][1] and self._workers == 1:
                        taken.append(queue.popleft())
                    if not taken[0][1]:
                        queue.append(taken[0])  # for the other threads
                        return
                now = time.monotonic()
                if job.scenario == "Server":
                    self._waits += [now - came for came, _ in taken]
                self._guarded(session, [each for _, issued in taken for each in issued])

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def _guarded(self, session: Session, issued: Sequence[tuple[int, int, int]]) -> None:
        try:
            self._ask(session, issued)
        except BaseException as error:  # it must not reach LoadGen, which would end this process without a word
            self._fail(error)

    def _ask(self, session: Session, issued: Sequence[tuple[int, int, int]]) -> None:
        """Ask, and tell LoadGen of each answer as it comes.

        What a crash or a time-out left open beside others is asked once more, singly, while its time goes on.
        """
        if self._in_a_row >= (GIVE_UP if self._answered else PATIENCE):
            time.sleep(UNASKED_SECONDS)
            for sequence, query, _ in issued:
                self._ended(sequence, query, Reply(None, 0.0, Fault.CRASH, _NOT_ASKED))
            return
        lost = []
        for place, reply in session.ask([self._asks[place] for _, _, place in issued], _always):
            sequence, query, _ = issued[place]
            if reply.lost and len(issued) > 1:
                lost.append(issued[place])
            else:
                self._ended(sequence, query, reply)
        for each in lost:
            self._ask(session, [each])

    def _ended(self, sequence: int, query: int, reply: Reply) -> None:
        """Tell LoadGen that a sample is done; it keeps some answers."""
        data = b"" if reply.fault is not None else orjson.dumps(reply.output)
        # The bytes live until this returns; LoadGen copies those that it keeps.
        held = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
        self._complete([self._response(query, held, len(data))])
        with self._lock:
            self._done += 1
            if reply.fault is None:
                self._answered, self._in_a_row = True, 0
            else:
                self._in_a_row += 1
                detail = None if reply.detail is None else [reply.detail.en, reply.detail.zh]
                self._faults.append((sequence, reply.fault.value, detail))
            if time.monotonic() - self._told > TELL_SECONDS:
                self._told = time.monotonic()
                self._tell({"done": self._done, "faults": len(self._faults)})


_NOT_ASKED = Words("not asked: it had stopped answering", "未提问：产品已不再回答")


def _always() -> bool:
    return True
