"""A product in its own process: a JSON object a line each way, kept running.

To the product ``{"id": 7, "input": …}``; from it ``{"id": 7, "output": …}`` or ``{"id": 7, "error": "why"}``. Ids are
counted anew in every process and say nothing of the sample. Nothing that a product sends is ever unpickled.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from steelyard.core.errors import ProductError, SetError
from steelyard.core.product import OPEN, Ask, Isolation, Limits, Reply
from steelyard.core.sample import Fault
from steelyard.core.words import Words
from steelyard.library.home import SECRETS
from steelyard.products._child import Child
from steelyard.products._faults import MOST_DETAIL, clean, does_not_start, lose, malformed
from steelyard.products._sandbox import PROCESSES, enclosed
from steelyard.products._seen import ANYWHERE, Episodes, Seen

WINDOW_SECONDS = 0.5
"""At most so much work is under way at once, so that Ctrl-C need not wait long and a crash loses little."""
FAREWELL_SECONDS = 2.0
"""A product that has been told to end may take so long."""
MOST_UNDER_WAY = 128
"""Asks that a product holds at the same time: two batches of the usual size, so that it answers one while the bench
looks at the answers to the other and sends the next."""
LEAST_START_SECONDS = 10.0
"""A start may take so long however quick the first one was: the machine may be busy."""
TAIL_BYTES = 4096
CHUNK = 2**18
HIDDEN = ("STEELYARD_HOME", "STEELYARD_MIRROR", *SECRETS)


class ProcessSession:
    """Keeps one product process running, and starts it anew when it crashes or hangs.

    Making one starts the process and does not wait for it: whether it runs is known when it is first asked.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    limits : Limits
        What the product is granted.
    environment : mapping of str to str
        Added to the environment.
    greeting : object, optional
        Sent as the first line to a host of ours, which answers ``{"ready": true}`` or ``{"failed": "why"}``.
    isolation : Isolation
        What it is kept from.
    readable : iterable of Path
        Files and folders that it sees even in isolation.
    """

    def __init__(
        self,
        command: Sequence[str],
        limits: Limits,
        environment: Mapping[str, str],
        greeting: Any = None,
        isolation: Isolation = OPEN,
        readable: Iterable[Path] = (),
    ) -> None:
        self._command = enclosed(command, readable, isolation)
        self._spare = 0 if isolation == OPEN else PROCESSES
        self._limits = limits
        self._greeting = greeting
        # A product is not told where test sets lie.
        self._environment = {key: value for key, value in os.environ.items() if key not in HIDDEN}
        self._environment |= environment
        self._process: Child | None = None
        self._selector = selectors.DefaultSelector()
        self._outbox = bytearray()
        self._inbox = bytearray()
        self._errors = bytearray()
        self._number = 0
        self._window = 1
        self._pace: float | None = None
        self._answered = 0
        self._loading: float | None = None
        """Seconds that the slowest start took so far, to its first answer."""
        self._bytes = 0
        self._episodes = Episodes()
        self._seen = Seen()
        try:
            self._start()
        except BaseException:  # it does not start, or Ctrl-C while it loads: nothing may be left
            self._kill()
            self._selector.close()
            raise

    def ask(self, asks: Sequence[Ask], go_on: Callable[[], bool]) -> Iterator[tuple[int, Reply]]:
        """Ask, and yield index and reply as replies come in; see `steelyard.core.product.Session`."""
        queue = deque(enumerate(asks))
        waiting: dict[int, int] = {}  # number on the wire → index
        replies: list[tuple[int, Reply]] = []
        moved = time.monotonic()
        while True:
            gone = False
            # By halves: else a few at a time would go to and fro.
            for _ in range(self._window - len(waiting) if 2 * len(waiting) <= self._window else 0):
                if not queue or not go_on():
                    break
                if self._process is None:
                    self._start()
                if not self._ready:
                    self._await_ready()
                if not waiting:
                    moved = time.monotonic()
                index, ask = queue.popleft()
                if ask.act and (reply := self._episodes.gone(ask)) is not None:
                    replies.append((index, reply))
                    gone = True
                    continue
                self._number += 1
                waiting[self._number] = index
                self._outbox += _line({"id": self._number, "input": ask.input})
            if self._outbox:
                self._write()  # so that it has work while its last answers are looked at
            yield from replies
            if not waiting:
                if queue and gone:  # what was not sent made room
                    replies = []
                    continue
                return
            granted = self._granted()
            lines, ended = self._exchange(moved + granted - time.monotonic())
            now = time.monotonic()
            replies = self._replies(lines, waiting, now - moved)
            moved = now if replies else moved
            if asks[0].act:
                self._seen.unclosed += self._episodes.follow(asks, replies)
            if ended:
                yield from replies  # now: to start it anew takes a while
                replies = []
                answered, detail = self._answered, self._end()
                if len(waiting) == 1 and answered and asks[next(iter(waiting.values()))].act in ANYWHERE:
                    # It may have ended over the answer before: only a process that was asked nothing else can tell.
                    queue.appendleft((next(iter(waiting.values())), asks[next(iter(waiting.values()))]))
                    waiting.clear()
                else:
                    yield from lose(waiting, Fault.CRASH, detail, now - moved)
            elif now - moved >= granted:
                detail = self._end(Words(f"no answer within {granted:g} s", f"{granted:g} 秒内无回答"))
                yield from lose(waiting, Fault.TIMEOUT, detail, now - moved)
            elif len(self._inbox) > (most := self._limits.line_bytes):
                detail = self._end(Words(f"a line of more than {most} bytes", f"一行超过 {most} 字节"))
                yield from lose(waiting, Fault.MALFORMED, detail, now - moved)
            elif self._bytes > (most := self._limits.output_bytes):
                en, zh = f"more than {most} bytes of output without an answer", f"输出超过 {most} 字节而无回答"
                yield from lose(waiting, Fault.MALFORMED, self._end(Words(en, zh)), now - moved)

    def notes(self) -> tuple[Words, ...]:
        """Return what else was seen: restarts, lines that answered nothing, what was left behind."""
        return tuple(self._seen.notes(self._limits.processes))

    def _granted(self) -> float:
        """Return the seconds to the next answer: more for a start, but once it is known what a start takes, not all."""
        if self._answered:
            return self._limits.answer_seconds
        if self._loading is None:
            return self._limits.start_seconds
        learned = self._limits.answer_seconds + 3.0 * self._loading
        return min(self._limits.start_seconds, max(learned, LEAST_START_SECONDS))

    def close(self) -> None:
        """End the product: by closing its input, then, after a while, with all that it started."""
        if not self._number:  # nothing was asked: it has nothing to finish
            self._kill()
        elif self._process is not None:
            self._end(patient=True)
        self._selector.close()

    def _start(self) -> None:
        """Start the process; a host of ours can then load the product while the bench does other things."""
        self._process = Child(self._command, self._environment, self._limits, self._spare)
        self._seen.starts += 1
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            os.set_blocking(pipe.fileno(), False)
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._selector.register(self._process.stderr, selectors.EVENT_READ)
        self._window, self._pace, self._answered, self._bytes = 1, None, 0, 0
        self._started = time.monotonic()
        self._ready = False
        if self._greeting is not None:
            self._outbox += _line(self._greeting)
            self._write()

    def _await_ready(self) -> None:
        """Wait until the program runs, and until our host says that it has loaded the product."""
        assert self._process is not None
        try:
            self._process.await_start()
        except ProductError:
            self._kill()
            raise
        if self._greeting is not None:
            self._greet()
        self._ready = True

    def _greet(self) -> None:
        seconds = self._limits.start_seconds
        deadline = time.monotonic() + seconds
        lines: list[bytes] = []
        while not lines:
            lines, ended = self._exchange(deadline - time.monotonic())
            late = time.monotonic() >= deadline
            if not lines and (ended or late):
                detail = self._end(
                    Words(f"not ready within {seconds:g} s", f"{seconds:g} 秒内未就绪") if late else None
                )
                raise does_not_start(detail)
        said = json.loads(lines[0])
        if "failed" in said:
            self._end()
            raise does_not_start(Words(said["failed"], said["failed"]))

    def _exchange(self, seconds: float) -> tuple[list[bytes], bool]:
        """Write what can be written; return the lines that came within ``seconds``, and whether its output ended."""
        process = self._process
        assert process is not None
        if not process.stdin.closed and bool(self._outbox) != (process.stdin in self._selector.get_map()):
            if self._outbox:
                self._selector.register(process.stdin, selectors.EVENT_WRITE)
            else:
                self._selector.unregister(process.stdin)
        ended = False
        for key, _ in self._selector.select(max(seconds, 0.0)):
            if key.fileobj is process.stdin:
                self._write()
            elif key.fileobj is process.stderr:
                data = os.read(key.fd, CHUNK)
                self._bytes += len(data)
                self._errors = (self._errors + data)[-TAIL_BYTES:]
                if not data:
                    self._selector.unregister(process.stderr)
            else:
                data = os.read(key.fd, CHUNK)
                ended = not data
                self._bytes += len(data)
                self._inbox += data
        if ended and self._inbox:
            self._inbox += b"\n"  # a last line need not end
        if b"\n" not in self._inbox:
            return [], ended
        *lines, rest = bytes(self._inbox).split(b"\n")
        self._inbox = bytearray(rest)
        return lines, ended

    def _write(self) -> None:
        """Write as much as it takes now."""
        assert self._process is not None
        try:
            written = os.write(self._process.stdin.fileno(), memoryview(self._outbox)[:CHUNK])
        except BlockingIOError:
            return
        except BrokenPipeError:  # the end of its output will say the rest
            self._outbox.clear()
            return
        del self._outbox[:written]

    def _replies(self, lines: Sequence[bytes], waiting: dict[int, int], seconds: float) -> list[tuple[int, Reply]]:
        """Return the replies in lines that came together; they share the time that passed."""
        found = []
        share = seconds / max(len(lines), 1)
        repeated = self._seen.repeated
        for line in lines:
            reply = self._reply(line, waiting, share)
            if reply is not None:
                found.append(reply)
            elif self._seen.repeated == repeated:
                self._seen.stray(line)
            else:
                repeated = self._seen.repeated
        if found:
            if not self._answered:
                self._loading = max(self._loading or 0.0, time.monotonic() - self._started)
            self._answered += len(found)
            self._bytes = 0
            # Let so many asks be under way as the product answers in ``WINDOW_SECONDS``.
            pace = seconds / len(found)
            self._pace = pace if self._pace is None else 0.5 * (self._pace + pace)
            self._window = max(1, min(int(WINDOW_SECONDS / max(self._pace, 1e-9)), MOST_UNDER_WAY))
        return found

    def _reply(self, line: bytes, waiting: dict[int, int], seconds: float) -> tuple[int, Reply] | None:
        """Return index and reply of a line; None for a line that answers nothing."""
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            if not line.lstrip().startswith(b"{") or b'"id"' not in line:
                return None
            try:
                said = json.loads(line)  # it knows NaN and Infinity, so that the fault can be named
            except (ValueError, RecursionError) as error:
                # It meant to answer: the oldest ask is charged, since answers come in order from all but a few.
                number = next(iter(waiting), None)
                if number is None:
                    return None
                return waiting.pop(number), malformed(seconds, f"not JSON: {error}", f"不是 JSON：{error}")
        if not isinstance(said, dict) or "id" not in said:
            return None
        number = said["id"]
        if isinstance(number, str) and number.isdecimal() and int(number) in waiting:
            en, zh = "the id came back as text; send back the number", "编号以文本返回；请原样返回数字"
            return waiting.pop(int(number)), malformed(seconds, en, zh)
        if type(number) is not int or number not in waiting:  # True is an int, and no id
            self._seen.repeated += isinstance(number, int) and 0 < number <= self._number
            return None
        index = waiting.pop(number)
        if "output" in said:
            # In half the time that its own constructor takes: one is made for each answer.
            return index, tuple.__new__(Reply, (said["output"], seconds, None, None, False))
        if "error" in said:
            text = clean(str(said["error"]))
            return index, Reply(None, seconds, Fault.REFUSED, Words(text, text))
        if "unreadable" in said and self._greeting is not None:
            raise SetError(
                Words(
                    f"an input of the set cannot be read: {said['unreadable']}",
                    f"无法读取数据集的输入：{said['unreadable']}",
                )
            )
        return index, malformed(seconds, 'it has neither "output" nor "error"', '既无 "output" 也无 "error"')

    def _end(self, why: Words | None = None, *, patient: bool = False) -> Words:
        """End the process and its children; return why, or how it ended, with the last that it said."""
        process = self._process
        assert process is not None
        try:
            with contextlib.suppress(KeyError):
                self._selector.unregister(process.stdin)
            self._outbox.clear()
            with contextlib.suppress(OSError):
                process.stdin.close()
            if patient:
                self._hear_out()
            if patient or why is None:
                process.wait(FAREWELL_SECONDS)
            how = why or process.how_it_ended
            with contextlib.suppress(OSError):
                self._errors = (self._errors + (os.read(process.stderr.fileno(), CHUNK) or b""))[-TAIL_BYTES:]
        finally:
            self._kill()
        said = self._errors.decode("utf-8", "replace").strip().splitlines()
        self._errors.clear()
        if not said:
            return how
        last = said[-1][:MOST_DETAIL]
        return Words(f"{how.en}; it said: {last}", f"{how.zh}；其输出：{last}")

    def _hear_out(self) -> None:
        """Let it end by itself once its input has ended, and count what it still says."""
        deadline = time.monotonic() + FAREWELL_SECONDS
        ended = False
        while not ended and (left := deadline - time.monotonic()) > 0 and len(self._inbox) <= self._limits.line_bytes:
            lines, ended = self._exchange(left)
            self._seen.late_lines += sum(bool(line.strip()) for line in lines)

    def _kill(self) -> None:
        """Kill the process and its children, and forget it."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(pipe)
        process.kill()
        self._seen.denied += process.denied
        self._seen.left += process.left
        self._seen.unwatched += process.unwatched
        self._outbox.clear()
        self._inbox.clear()
        self._episodes.clear()


def _line(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
