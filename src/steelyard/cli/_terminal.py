"""The terminal: a console for what is said, and progress on standard error."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from steelyard.core.words import Words

if TYPE_CHECKING:
    from rich.console import Console

    from steelyard.bench.run import Progress

WIDTH = 100
"""Where the output is not a terminal."""
PLAIN_SECONDS = 5.0


def console() -> Console:
    """Return the console for standard output."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDTH, markup=False, highlight=False, emoji=False)


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Show counts: a bar on a terminal, a plain line now and then elsewhere."""
    if sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _plain()


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(str(Words("{task.fields[faults]} without an answer", "无答案 {task.fields[faults]}"))),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(str(Words("asking", "检测中")), total=None, faults=0)

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total, faults=progress.faults)

        yield show


def _plain() -> Callable[[Progress], None]:
    shown = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal shown
        if progress.done < progress.total and time.monotonic() - shown < PLAIN_SECONDS:
            return
        shown = time.monotonic()
        said = Words(
            f"{progress.done:,} of {progress.total:,} asked, {progress.faults:,} without an answer",
            f"已检测 {progress.done:,}/{progress.total:,}，无答案 {progress.faults:,}",
        )
        print(said, file=sys.stderr)

    return show
