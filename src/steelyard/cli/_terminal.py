"""The terminal: a console for what is said, and progress on standard error."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from steelyard.core.words import Words

if TYPE_CHECKING:
    from rich.console import Console

    from steelyard.bench.run import Progress
    from steelyard.library.sharing.fetching import Transfer

WIDTH = 100
"""Where the output is not a terminal."""
PLAIN_SECONDS = 5.0
SHOWN_SECONDS = 0.1
"""A bar need not move more often."""


def console() -> Console:
    """Return the console for standard output."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDTH, markup=False, highlight=False, emoji=False)


EVENT_SECONDS = 1.0


@contextlib.contextmanager
def progress_bar(*, events: bool = False) -> Iterator[Callable[[Progress], None]]:
    """Show counts on standard error: a bar on a terminal, a plain line now and then elsewhere, or events for programs.

    Parameters
    ----------
    events : bool
        A JSON object a line: ``done``, ``total``, ``faults``, ``per_second`` and ``seconds_left``; no verdict.
    """
    if events:
        yield _events()
    elif sys.stderr.isatty():
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
        TextColumn(str(Words("{task.fields[faults]} without an answer", "无回答 {task.fields[faults]}"))),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(str(Words("asking", "检测中")), total=None, faults=0)

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total, faults=progress.faults)

        yield show


def _events() -> Callable[[Progress], None]:
    start = shown = time.monotonic()
    first: int | None = None

    def show(progress: Progress) -> None:
        nonlocal shown, first
        now = time.monotonic()
        if first is None:
            first = progress.done - 1  # what an earlier run had done says nothing of this one's pace
        if progress.done < progress.total and now - shown < EVENT_SECONDS:
            return
        shown = now
        rate = (progress.done - first) / max(now - start, 1e-9)
        event = {
            **progress._asdict(),
            "per_second": round(rate, 3),
            "seconds_left": round((progress.total - progress.done) / rate, 1),
        }
        print(json.dumps(event), file=sys.stderr, flush=True)

    return show


def _plain() -> Callable[[Progress], None]:
    shown = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal shown
        if progress.done < progress.total and time.monotonic() - shown < PLAIN_SECONDS:
            return
        shown = time.monotonic()
        said = Words(
            f"{progress.done:,} of {progress.total:,} asked, {progress.faults:,} without an answer",
            f"已检测 {progress.done:,}/{progress.total:,}，无回答 {progress.faults:,}",
        )
        print(said, file=sys.stderr)

    return show


@contextlib.contextmanager
def transfer_bar(*, events: bool = False) -> Iterator[Callable[[Transfer], None]]:
    """Show how files come in on standard error: a bar on a terminal, a plain line now and then elsewhere, or events.

    Parameters
    ----------
    events : bool
        A JSON object a line: ``file``, ``source``, ``files``, ``of_files``, ``bytes`` and ``of_bytes``.
    """
    if not events and sys.stderr.isatty():
        with _transfer_bar() as show:
            yield show
        return
    shown = time.monotonic()

    def show_line(transfer: Transfer) -> None:
        nonlocal shown
        if time.monotonic() - shown < (EVENT_SECONDS if events else PLAIN_SECONDS) or not (events or transfer.source):
            return  # what was there already is no news
        shown = time.monotonic()
        print(json.dumps(transfer._asdict()) if events else _transferred(transfer), file=sys.stderr, flush=True)

    yield show_line


@contextlib.contextmanager
def _transfer_bar() -> Iterator[Callable[[Transfer], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(transfer: Transfer) -> None:
            said = f"{transfer.files}/{transfer.of_files} {transfer.file}"
            bar.update(task, completed=transfer.bytes, total=transfer.of_bytes, description=said)

        yield show


def _transferred(transfer: Transfer) -> Words:
    size = f"{transfer.bytes / 1e6:,.1f}" + ("" if transfer.of_bytes is None else f"/{transfer.of_bytes / 1e6:,.1f}")
    return Words(
        f"{transfer.files} of {transfer.of_files} files, {size} MB: {transfer.file} from {transfer.source}",
        f"{transfer.files}/{transfer.of_files} 个文件，{size} MB：{transfer.file}，来自 {transfer.source}",
    )
