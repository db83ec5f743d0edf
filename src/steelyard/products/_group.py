"""Control groups: where Linux lets us make one, it bounds a product's processes and memory, and names them all."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from steelyard.core.errors import BenchError
from steelyard.core.product import Limits
from steelyard.core.words import Words

ROOT = Path("/sys/fs/cgroup")
_numbers = itertools.count(1)


def make(limits: Limits, spare: int = 0) -> list[str]:
    """Make the groups of one product, as far as this machine allows, and return their folders.

    Parameters
    ----------
    limits : Limits
        Of which processes and memory are bounded here.
    spare : int
        Processes of ours beside the product's.
    """
    name = f"steelyard-{os.getpid()}-{next(_numbers)}"
    settings = {"pids": {"pids.max": "max" if limits.processes is None else str(limits.processes + spare)}}
    if limits.memory_bytes is not None:
        most = str(limits.memory_bytes)
        settings["memory"] = {
            "memory.limit_in_bytes": most,  # version 1 of control groups
            "memory.memsw.limit_in_bytes": most,
            "memory.max": most,  # version 2
            "memory.swap.max": "0",
            "memory.oom.group": "1",
        }
    made: list[str] = []
    for controller, values in settings.items():
        parent = home(controller)
        if parent is None:
            continue
        folder = parent / name
        try:
            folder.mkdir(exist_ok=True)  # in version 2 both controllers share one
            for file, value in values.items():
                if (folder / file).exists():
                    (folder / file).write_text(value)
        except OSError as error:  # it could be done a moment ago
            raise BenchError(
                Words(f"cannot limit the product by {folder}: {error}", f"无法通过 {folder} 限制产品：{error}"),
                Words("Repeat the command: it resumes.", "重复该命令即可继续。"),
            ) from error
        if str(folder) not in made:
            made.append(str(folder))
    return made


@functools.cache
def home(controller: str) -> Path | None:
    """Return the folder where groups of a controller can be made and entered, or None."""
    name = f"steelyard-{os.getpid()}-{next(_numbers)}"
    found = next((parent for parent, files in _parents(controller) if _can_enter(parent / name, files)), None)
    if found is not None:
        _sweep(found)
    return found


def _sweep(parent: Path) -> None:
    """Remove the empty groups of benches that were killed before they could."""
    for group in parent.glob("steelyard-*-*"):
        if not Path("/proc", group.name.split("-")[1]).exists():
            with contextlib.suppress(OSError):
                group.rmdir()


def _parents(controller: str) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield the folders to try, and the files that a group made there must have."""
    try:
        lines = Path("/proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, names, path = line.split(":", 2)
        if controller in names.split(","):
            file = {"pids": "pids.max", "memory": "memory.limit_in_bytes"}[controller]
            top = ROOT / names
            yield from ((folder, (file,)) for folder in (top / path.lstrip("/"), top))
        elif not names:
            top = ROOT if (ROOT / "cgroup.controllers").exists() else ROOT / "unified"
            own = top / path.lstrip("/")
            # A group that has processes cannot have limited children, so it is made beside the bench's own.
            yield from ((folder, ("pids.max", "memory.max")) for folder in (own.parent if own != top else own, own))


def _can_enter(folder: Path, files: tuple[str, ...]) -> bool:
    """Return whether a group can be made here and a process put into it."""
    try:
        folder.mkdir()
    except OSError:
        return False
    try:
        if not all((folder / file).exists() for file in files):
            return False
        with subprocess.Popen(["/bin/sh", "-c", "read _"], stdin=subprocess.PIPE) as trial:
            try:
                (folder / "cgroup.procs").write_text(str(trial.pid))
            except OSError:
                return False
            finally:
                trial.communicate()
        return True
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()
