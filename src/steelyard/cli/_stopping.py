"""Ctrl-C: whenever it comes, a command says so in one line and exits with 130."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from steelyard.core.words import Words

EXIT_CODE = 128 + signal.SIGINT
"""130, as shells have it."""
PATIENCE_SECONDS = 30
"""What was interrupted has so long to be put away: Python's locks of half-done imports can wait for ever."""


class CtrlC:
    """Answers Ctrl-C (SIGINT) from a command's first line to Python's last.

    The first one raises `KeyboardInterrupt`, so that what is under way is put away. Another one, or one that comes when
    the command is over and Python waits for threads and exit functions, ends the process at once: that is as safe as
    ``kill -9``, for a journal holds what was answered, and supervisors end the products. While a run asks, it answers
    by itself (`steelyard.bench.run`).

    Attributes
    ----------
    pressed : bool
        Whether it came.
    over : bool
        Whether nobody is left to take a `KeyboardInterrupt`.
    """

    def __init__(self) -> None:
        self.pressed = self.over = False

    def answer(self) -> None:
        """Begin to answer, unless the caller ignores it (a shell does for jobs in the background) or has its own way.

        Whoever starts the command with SIGINT blocked loses none that comes while Python starts: it is let through
        here.
        """
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            return
        # Registered first, it is called last: Python then only takes itself apart, which a signal would make look like
        # a death by it.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
        atexit.register(signal.alarm, 0)
        signal.signal(signal.SIGINT, self._on_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if not (self.pressed or self.over):
            self.pressed = True
            signal.signal(signal.SIGALRM, self._on_signal)
            signal.alarm(PATIENCE_SECONDS)  # the next one, should nobody press it
            raise KeyboardInterrupt
        shown = "\x1b[?25h" if os.isatty(2) else ""  # a bar hides the cursor
        with contextlib.suppress(OSError):
            os.write(2, f"{shown}\nsteelyard: {_stopped(self.pressed)}\n".encode())
        os._exit(EXIT_CODE)


def _stopped(again: bool = False) -> Words:
    from steelyard.core.words import Words

    if again:
        return Words("broken off.", "已立即中断。")
    return Words(
        "stopped; nothing that was kept is lost. Repeat the command.", "已停止；已保存的内容均未丢失。请重复该命令。"
    )


def exit_code(ended: BaseException, ctrl_c: CtrlC) -> int | None:
    """Say how a command ended, and return the exit code; None for what is Python's to show."""
    from steelyard.core.errors import SteelyardError

    # ``python -m`` ends itself by SIGINT, whatever the exit code, once a `KeyboardInterrupt` has left any text that is
    # executed (``dataclass`` and ``namedtuple`` do so), caught or not; executing a further one undoes it
    # (``run_eval_code_obj`` in CPython's pythonrun.c).
    exec("")  # noqa: S102
    if isinstance(ended, SteelyardError):
        _say(ended)
        return EXIT_CODE if ctrl_c.pressed else ended.exit_code
    if isinstance(ended, SystemExit) and ended.code != EXIT_CODE:  # it was done, or is a wrong call
        return None
    # What was interrupted may well have failed in some other way: an import that was half done.
    if isinstance(ended, KeyboardInterrupt | SystemExit) or ctrl_c.pressed:
        _say(_stopped())
        return EXIT_CODE
    return None


def _say(what: object) -> None:
    with contextlib.suppress(OSError):
        print(f"steelyard: {what}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def resumable(out: Path) -> Iterator[None]:
    """Say of Ctrl-C where the answers are, and how to go on, also while they are judged and written up."""
    from steelyard.core.errors import Interrupted
    from steelyard.core.words import Words

    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            Words(f"stopped; what was answered is kept in {out}.", f"已停止；已有答案保存在 {out}。"),
            Words(f"Repeat the command with --out {out} to go on.", f"以 --out {out} 重复该命令即可继续。"),
        ) from None
