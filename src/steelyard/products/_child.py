"""A product's process, with the supervisor that limits it and ends all that it started."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from steelyard.core.errors import CallError, ProductError
from steelyard.core.product import Limits
from steelyard.core.words import Words
from steelyard.products import _group
from steelyard.products._supervisor import PATIENCE_SECONDS, end_all

SUPERVISOR = Path(__file__).with_name("_supervisor.py")


class Child:
    """A running product: three pipes, and how it ended. Making one does not wait until it runs: `await_start` does.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    environment : mapping of str to str
        The whole of it.
    limits : Limits
        Of which memory and processes are enforced here.
    spare : int
        Processes of ours beside the product's.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], limits: Limits, spare: int = 0) -> None:
        self.denied = self.left = 0
        """How often it was refused another process, and how many it left behind."""
        self.unwatched = False
        """Whether it killed its supervisor."""
        self._program = command[0]
        self._limits = limits
        self._awaited = False
        self._code: int | None = None
        self._starved = self._over = False
        self._isolated = spare > 0
        self._said = b""
        self._groups = _group.make(limits, spare)
        self._near, far = socket.socketpair()
        order = {"command": list(command), "groups": self._groups, "most": _resources(limits, spare)}
        try:
            with far:
                # A session of its own: Ctrl-C is for the bench, which then lets the product finish.
                self._popen = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(SUPERVISOR), str(far.fileno()), json.dumps(order)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=environment,
                    pass_fds=[far.fileno()],
                    start_new_session=True,
                )
        except BaseException:
            self._near.close()
            end_all([Path(group) for group in self._groups], None)
            raise
        assert self._popen.stdin and self._popen.stdout and self._popen.stderr
        self.stdin, self.stdout, self.stderr = self._popen.stdin, self._popen.stdout, self._popen.stderr

    def await_start(self) -> None:
        """Wait until the program runs.

        Raises
        ------
        ProductError
            Where it cannot be started.
        """
        why = self._started().get("failed", "")
        if why:
            raise ProductError(
                Words(f"cannot start {self._program}: {why}", f"无法启动 {self._program}：{why}"),
                Words("Check that the program exists and may be executed.", "请检查该程序是否存在、是否可执行。"),
            )

    def wait(self, seconds: float) -> None:
        """Wait a while for it to end by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(max(seconds, 0.0))
            self._read_end()

    def kill(self) -> None:
        """Kill it and all that it started, and close the pipes."""
        with contextlib.suppress(OSError):
            self._near.shutdown(socket.SHUT_WR)  # the supervisor's sign
        try:
            self._popen.wait(PATIENCE_SECONDS + 1.0)
            self._read_end()
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._popen.kill()
            self._popen.wait()
            self._near.close()
            for pipe in (self.stdin, self.stdout, self.stderr):
                with contextlib.suppress(OSError):
                    pipe.close()
            if any(Path(group).exists() for group in self._groups):  # the product has killed its supervisor
                end_all([Path(group) for group in self._groups], None)

    @property
    def how_it_ended(self) -> Words:
        """Exit code or signal, or that it still ran; and whether it was for want of memory."""
        code = self._code
        if code is None:
            return Words("it closed its output", "关闭了输出")
        if self._starved:
            most = f"{self._limits.memory_bytes:,}"
            return Words(f"it used more than the {most} bytes of memory granted", f"使用内存超过所限 {most} 字节")
        number = code - 128 if self._isolated else -code  # so bubblewrap passes a signal on
        if number <= 0:
            return Words(f"exit code {code}", f"退出码 {code}")
        name = {each.value: each.name for each in signal.Signals}.get(number, str(number))
        return Words(f"killed by {name}", f"被 {name} 终止")

    def _read_end(self) -> None:
        """Take the supervisor's last word; where the product killed it, there is none."""
        if self._over:
            return
        self._started()
        self._over, said = True, self._next()
        self.unwatched = not said
        self._code = said.get("code", self._popen.returncode)
        self.left, self.denied, self._starved = (said.get(key, 0) for key in ("left", "denied", "starved"))

    def _started(self) -> Any:
        """Return the supervisor's first word, the first time that it is asked for; then nothing."""
        if self._awaited:
            return {}
        said = self._next()
        self._awaited = True
        return said

    def _next(self) -> Any:
        """Return the supervisor's next line; nothing where it is no more."""
        while b"\n" not in self._said:
            try:
                data = self._near.recv(4096)
            except ConnectionResetError:
                data = b""
            if not data:
                return {}
            self._said += data
        line, _, self._said = self._said.partition(b"\n")
        return json.loads(line)


def check(limits: Limits) -> None:
    """Raise `CallError` where this machine cannot enforce limits, saying what would."""
    if limits.processes is not None and _group.home("pids") is None and (_is_root() or not _is_linux()):
        raise CallError(
            Words(
                "the number of processes cannot be limited here: there is no pids control group to write to, and root "
                "is under no other limit.",
                "此处无法限制进程数：没有可写的 pids 控制组，而 root 不受其他限制约束。",
            ),
            Words(
                "Run as an ordinary user, or where /sys/fs/cgroup can be written; or do not grant processes.",
                "请以普通用户运行，或在 /sys/fs/cgroup 可写之处运行；或不设 processes。",
            ),
        )
    if limits.memory_bytes is not None and _group.home("memory") is None and not _is_linux():
        raise CallError(
            Words("memory can be limited on Linux only.", "仅 Linux 可限制内存。"),
            Words("Do not grant memory_bytes.", "请勿设置 memory_bytes。"),
        )


def _resources(limits: Limits, spare: int) -> dict[str, int]:
    """Return resource limits: where there is no control group, they are what there is."""
    most = {"RLIMIT_CORE": 0}  # a crash leaves no file
    if limits.memory_bytes is not None and _group.home("memory") is None:
        most["RLIMIT_AS"] = limits.memory_bytes
    if limits.processes is not None and _group.home("pids") is None:
        # It counts all that the user runs.
        most["RLIMIT_NPROC"] = _tasks() + limits.processes + spare
    for name, wanted in most.items():
        hard = resource.getrlimit(getattr(resource, name))[1]
        most[name] = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    return most


def _tasks() -> int:
    """Return how many processes and threads this user has."""
    count = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if entry.stat().st_uid == os.getuid():
                count += len(list((entry / "task").iterdir()))
    return count


def _is_root() -> bool:
    return os.geteuid() == 0


def _is_linux() -> bool:
    return sys.platform == "linux"
