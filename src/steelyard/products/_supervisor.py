"""Watches over one product, and ends all that it started: ``python -I -S _supervisor.py DESCRIPTOR ORDER``.

It stands between bench and product because what it does, it does to itself and its children alone: it adopts the
orphans of the product (and nobody else's), and sets limits before the product starts. Bench and product speak over
pipes of their own; it reads none of them. On the socket DESCRIPTOR it says that the product has started, or why not,
and how it ended; when the bench lets go of the other end, or dies, everything is killed. Nothing of ours is imported
here, so that it starts in 30 ms.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

PR_SET_CHILD_SUBREAPER = 36
PATIENCE_SECONDS = 5.0
"""What cannot be killed in this time (it hangs in the kernel, or is another user's) is left."""
GRACE_SECONDS = 0.2
"""After the product ended, its helpers may take so long to notice."""


def main() -> None:
    """Start the product as ordered, wait for its end or the bench's, and leave nothing behind."""
    control, order = int(sys.argv[1]), json.loads(sys.argv[2])
    os.set_inheritable(control, False)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    inward, outward = os.pipe()
    for end in (inward, outward):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(outward, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # it wakes us, that is all
    groups = [Path(group) for group in order["groups"]]
    product, why = _start(order, groups)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # they are the product's
        os.dup2(nothing, standard)
    with contextlib.suppress(OSError):
        os.write(control, json.dumps({"failed": why}).encode() + b"\n")
    code = None
    while code is None and control not in select.select([control, inward], [], [])[0]:
        with contextlib.suppress(BlockingIOError):
            os.read(inward, 4096)
        code = _reap(product)
    left = 0 if code is None else _left_behind(groups)
    said = {"code": code, "left": left, "denied": _event(groups, "pids.events", "max"), "starved": _starved(groups)}
    end_all(groups, os.getpid())
    with contextlib.suppress(OSError):
        os.write(control, json.dumps(said).encode() + b"\n")


def _start(order: dict[str, Any], groups: Sequence[Path]) -> tuple[int, str | None]:
    """Start the product; return its process, and why it could not be started, or None."""
    read, write = os.pipe()  # closed unread by a program that starts
    product = os.fork()
    if product == 0:
        _become(order, groups, write)
    os.close(write)
    why = os.read(read, 4096).decode("utf-8", "replace")
    os.close(read)
    return product, why or None


def _become(order: dict[str, Any], groups: Sequence[Path], failed: int) -> NoReturn:
    """Become the product, inside its limits."""
    try:
        os.setsid()
        for group in groups:
            (group / "cgroup.procs").write_text("0")
        with contextlib.suppress(OSError):
            # Should the machine run out of memory, the product goes first, not the bench.
            Path("/proc/self/oom_score_adj").write_text("1000")
        for name, most in order["most"].items():
            resource.setrlimit(getattr(resource, name), (most, most))
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python
            signal.signal(ignored, signal.SIG_DFL)
        os.execvp(order["command"][0], order["command"])  # noqa: S606 - no shell is wanted
    except OSError as error:
        os.write(failed, (error.strerror or str(error)).encode())
    except BaseException as error:
        os.write(failed, str(error).encode())
    os._exit(127)


def end_all(groups: Sequence[Path], root: int | None) -> None:
    """Kill every process in the groups and below ``root``, and remove the groups."""
    for group in groups:
        with contextlib.suppress(OSError):
            if (group / "pids.max").exists():
                (group / "pids.max").write_text("0")  # nobody new
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        stopped: set[int] = set()
        while (fresh := set(_alive(groups, root)) - stopped) and time.monotonic() < deadline:
            for process in fresh:  # what is stopped starts no other
                _send(process, signal.SIGSTOP)
            stopped |= fresh
        for process in stopped:
            _send(process, signal.SIGKILL)
        _reap(None)
        if not stopped:
            break
        time.sleep(0.002)
    for group in groups:
        _remove(group, deadline)


def _left_behind(groups: Sequence[Path]) -> int:
    """Count what the product left behind, and did not end by itself in a while."""
    deadline = time.monotonic() + GRACE_SECONDS
    while (count := sum(1 for _ in _alive(groups, os.getpid()))) and time.monotonic() < deadline:
        time.sleep(0.01)
        _reap(None)
    return count


def _alive(groups: Sequence[Path], root: int | None) -> Iterator[int]:
    """Yield the processes in the groups and below ``root`` that are not dead yet."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            state, parent = entry.read_text("utf-8", "replace").rpartition(")")[2].split()[:2]
            if state not in "ZX":
                parents[int(entry.parent.name)] = int(parent)
    inside = {root} if root is not None else set()
    for group in groups:
        with contextlib.suppress(OSError):
            inside |= {int(line) for line in (group / "cgroup.procs").read_text().split()}
    found = inside - {root}
    while inside:
        inside = {process for process, parent in parents.items() if parent in inside} - found - {root}
        found |= inside
    yield from (process for process in found if process in parents and process != os.getpid())


def _send(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, number)


def _reap(product: int | None) -> int | None:
    """Bury the dead; return how the product ended, or None where it is not among them."""
    code = None
    with contextlib.suppress(ChildProcessError):
        while (dead := os.waitpid(-1, os.WNOHANG))[0]:
            if dead[0] == product:
                code = os.waitstatus_to_exitcode(dead[1])
    return code


def _remove(group: Path, deadline: float) -> None:
    while True:
        try:
            group.rmdir()
        except OSError as error:
            if error.errno == errno.EBUSY and time.monotonic() < deadline:
                time.sleep(0.002)
                continue
        return


def _event(groups: Sequence[Path], file: str, name: str) -> int:
    """Return how often the kernel counted an event in the groups."""
    for group in groups:
        with contextlib.suppress(OSError, ValueError):
            return int(dict(line.split() for line in (group / file).read_text().splitlines())[name])
    return 0


def _starved(groups: Sequence[Path]) -> int:
    """Return how many processes were killed for want of memory."""
    return _event(groups, "memory.events", "oom_kill") or _event(groups, "memory.oom_control", "oom_kill")


if __name__ == "__main__":
    main()
