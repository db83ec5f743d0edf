"""A product in its own process: a JSON object a line each way, kept running.

To the product ``{"id": 7, "input": …}``; from it ``{"id": 7, "output": …}`` or ``{"id": 7, "error": "why"}``. Ids are
counted anew in every process and say nothing of the sample. Nothing that a product sends is ever unpickled.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from steelyard.core.errors import ProductError
from steelyard.core.product import Ask, Limits, Reply
from steelyard.core.words import Words

WINDOW_SECONDS = 0.5
"""At most so much work is under way at once, so that Ctrl-C need not wait long and a crash loses little."""
FAREWELL_SECONDS = 2.0
"""A product that has been told to end may take so long."""
MOST_UNDER_WAY = 2**16
TAIL_BYTES = 4096
FRUITLESS = 4
"""A product that ends so many times, asked singly, without one answer is taken to be unable to start."""
CHUNK = 2**18
HIDDEN = ("STEELYARD_HOME", "STEELYARD_MIRROR")


class ProcessSession:
    """Keeps one product process running, and starts it anew when it crashes or hangs.

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
    """

    def __init__(
        self, command: Sequence[str], limits: Limits, environment: Mapping[str, str], greeting: Any = None
    ) -> None:
        self._command = list(command)
        self._limits = limits
        self._greeting = greeting
        # A product is not told where test sets lie.
        self._environment = {key: value for key, value in os.environ.items() if key not in HIDDEN}
        self._environment |= environment
        self._process: subprocess.Popen[bytes] | None = None
        self._selector = selectors.DefaultSelector()
        self._outbox = bytearray()
        self._inbox = bytearray()
        self._errors = bytearray()
        self._number = 0
        self._window = 1
        self._pace: float | None = None
        self._answered = 0
        self._fruitless = 0
        self._stray_lines = 0
        self._first_stray = ""
        self._starts = 0
        self._start()

    def ask(self, asks: Sequence[Ask], go_on: Callable[[], bool]) -> Iterator[tuple[int, Reply]]:
        """Ask, and yield index and reply as replies come in; see `steelyard.core.product.Session`."""
        queue = deque(enumerate(asks))
        waiting: dict[int, int] = {}  # number on the wire → index
        moved = time.monotonic()
        while True:
            while queue and len(waiting) < self._window and go_on():
                if self._process is None:
                    self._start()
                if not waiting:
                    moved = time.monotonic()
                index, ask = queue.popleft()
                self._number += 1
                waiting[self._number] = index
                self._outbox += _line({"id": self._number, "input": ask.input})
            if not waiting:
                return
            granted = self._limits.answer_seconds if self._answered else self._limits.start_seconds
            lines = self._exchange(moved + granted - time.monotonic())
            now = time.monotonic()
            replies = self._replies(lines or (), waiting, now - moved)
            if replies:
                moved = now
                yield from replies
            elif lines is None:
                yield from self._lose(waiting, "crash", self._end(), now - moved)
            elif now - moved >= granted:
                yield from self._lose(waiting, "timeout", self._end(f"no answer within {granted:g} s"), now - moved)
            elif len(self._inbox) > self._limits.line_bytes:
                detail = self._end(f"a line of more than {self._limits.line_bytes} bytes")
                yield from self._lose(waiting, "malformed", detail, now - moved)

    def notes(self) -> tuple[Words, ...]:
        """Return what else was seen: restarts, lines that answered nothing."""
        said = []
        if self._stray_lines:
            count, first = self._stray_lines, self._first_stray
            said.append(
                Words(
                    f"{count} lines on standard output answered nothing; the first: {first!r}. "
                    'Answer with {"id": the id asked, "output": …}; log to standard error.',
                    f"标准输出中有 {count} 行不是答案；首行：{first!r}。"
                    '请以 {"id": 所问编号, "output": …} 作答；日志请写到标准错误。',
                )
            )
        if self._starts > 1:
            said.append(Words(f"it had to be started {self._starts} times", f"共启动 {self._starts} 次"))
        return tuple(said)

    def close(self) -> None:
        """End the product: by closing its input, then, after a while, with its whole process group."""
        if self._process is not None:
            self._end(patient=True)
        self._selector.close()

    def _start(self) -> None:
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is for the bench, which then lets the product finish
            )
        except OSError as error:
            raise ProductError(
                Words(
                    f"cannot start {self._command[0]}: {error.strerror}",
                    f"无法启动 {self._command[0]}：{error.strerror}",
                ),
                Words("Check that the program exists and may be executed.", "请检查该程序是否存在、是否可执行。"),
            ) from None
        self._starts += 1
        assert self._process.stdin and self._process.stdout and self._process.stderr
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            os.set_blocking(pipe.fileno(), False)
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._selector.register(self._process.stderr, selectors.EVENT_READ)
        self._window, self._pace = 1, None
        if self._greeting is not None:
            self._greet()

    def _greet(self) -> None:
        """Wait for our host to say that it has loaded the product."""
        self._outbox += _line(self._greeting)
        deadline = time.monotonic() + self._limits.start_seconds
        said: Any = None
        while said is None:
            lines = self._exchange(deadline - time.monotonic())
            if lines is None or (not lines and time.monotonic() >= deadline):
                detail = self._end(None if lines is None else f"not ready within {self._limits.start_seconds:g} s")
                said = {"failed": detail}
            elif lines:
                said = json.loads(lines[0])
        if "failed" in said:
            if self._process is not None:
                self._end()
            raise ProductError(
                Words(f"the product does not start: {said['failed']}", f"产品无法启动：{said['failed']}"),
                Words("Mend it, then repeat the command.", "请修复后重复该命令。"),
            )

    def _exchange(self, seconds: float) -> list[bytes] | None:
        """Write what can be written and return the lines that came within ``seconds``; None at the end of output."""
        process = self._process
        assert process is not None
        assert process.stdin and process.stdout and process.stderr
        registered = process.stdin in self._selector.get_map()
        if bool(self._outbox) != registered:
            if self._outbox:
                self._selector.register(process.stdin, selectors.EVENT_WRITE)
            else:
                self._selector.unregister(process.stdin)
        ended = False
        for key, _ in self._selector.select(max(seconds, 0.0)):
            if key.fileobj is process.stdin:
                self._write(process.stdin.fileno())
            elif key.fileobj is process.stderr:
                data = os.read(key.fd, CHUNK)
                self._errors = (self._errors + data)[-TAIL_BYTES:]
                if not data:
                    self._selector.unregister(process.stderr)
            else:
                data = os.read(key.fd, CHUNK)
                ended = not data
                self._inbox += data
        if b"\n" not in self._inbox:
            return None if ended else []
        *lines, rest = bytes(self._inbox).split(b"\n")
        self._inbox = bytearray(rest)
        return lines

    def _write(self, stdin: int) -> None:
        try:
            written = os.write(stdin, memoryview(self._outbox)[:CHUNK])
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
        for line in lines:
            reply = self._reply(line, waiting, share)
            if reply is not None:
                found.append(reply)
                continue
            self._first_stray = self._first_stray or line[:120].decode("utf-8", "replace")
            self._stray_lines += 1
        if found:
            self._answered += len(found)
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
            if not line.lstrip().startswith(b"{"):
                return None
            try:
                said = json.loads(line)  # it knows NaN and Infinity, so that the fault can be named
            except (ValueError, RecursionError) as error:
                # It meant to answer: the oldest ask is charged, since answers come in order from all but a few.
                number = next(iter(waiting), None)
                if number is None:
                    return None
                return waiting.pop(number), Reply(None, seconds, "malformed", f"not JSON: {error}")
        number = said.get("id") if isinstance(said, dict) else None
        if not isinstance(number, int) or number not in waiting:
            return None
        index = waiting.pop(number)
        if "output" in said:
            return index, Reply(said["output"], seconds)
        if "error" in said:
            return index, Reply(None, seconds, "refused", str(said["error"])[:1000])
        return index, Reply(None, seconds, "malformed", 'the answer has neither "output" nor "error"')

    def _lose(self, waiting: dict[int, int], error: str, detail: str, seconds: float) -> Iterator[tuple[int, Reply]]:
        if not self._answered and len(waiting) == 1:
            self._fruitless += 1
            if self._fruitless >= FRUITLESS:
                raise ProductError(
                    Words(f"the product never answered: {detail}", f"产品从未回答：{detail}"),
                    Words(
                        'Try it by hand: echo \'{"id": 1, "input": …}\' | your command',
                        '请手工试运行：echo \'{"id": 1, "input": …}\' | 您的命令',
                    ),
                )
        lost = list(waiting.values())
        waiting.clear()
        for index in lost:
            yield index, Reply(None, seconds, error, detail, lost=True)

    def _end(self, detail: str | None = None, *, patient: bool = False) -> str:
        """End the process and its group; return ``detail``, or how it ended, with the last it said."""
        process = self._process
        assert process is not None
        assert process.stdin and process.stdout and process.stderr
        with contextlib.suppress(OSError):
            process.stdin.close()
        if patient or detail is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(FAREWELL_SECONDS)
        how = f"exit code {process.returncode}" if process.returncode is not None else "it closed its output"
        if process.returncode is not None and process.returncode < 0:
            how = f"killed by {signal.Signals(-process.returncode).name}"
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with contextlib.suppress(OSError, ValueError):
            self._errors = (self._errors + (os.read(process.stderr.fileno(), CHUNK) or b""))[-TAIL_BYTES:]
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(pipe)
            pipe.close()
        said = self._errors.decode("utf-8", "replace").strip().splitlines()
        self._process = None
        self._outbox.clear()
        self._inbox.clear()
        self._errors.clear()
        last = f"; it said: {said[-1][:500]}" if said else ""
        return f"{detail or how}{last}"


def _line(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
