"""Overhead per sample: what a bench costs around a product that does nothing, and around one that takes 5 ms."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from measuring import Measured, command, in_turn, ratio, table
from texts import write_texts

COPY, SLOW = "python:products.py:copy", "python:products.py:copy_in_5_ms"
STEELYARD, ALONE, AGAIN = "Steelyard", "Steelyard without pandas", "the same, in a process that runs already"
INSPECT, BARE = "inspect_ai", "bare loop"
ROUNDS = {10**3: 3, 10**4: 3, 10**5: 5, 10**6: 3}
WITH_INSPECT = (10**3, 10**4)
SLOW_SAMPLES, SLOW_ROUNDS, SLOW_WORKERS = 20_000, 3, 4

TEXT = """
A product that copies a text of 12 characters, in a process of its own; a batch is 64. Seconds are those of the whole
run, from the start of the interpreter to its end: `steelyard run … --json` checks the set, locks the plan, asks, keeps
a journal, counts characters, finds bounds over 500 writers, and writes the report. The **bare loop** speaks the same
lines with the same product process, 64 at a time, and compares the answers; nothing else. **inspect_ai** has the
easier task: its solver and its scorer are its own, do nothing but copy and compare, and run in its own process; 64
samples at once, nothing displayed, its log as by default. The peak is the bench's own process (VmHWM), without the
product's. pyarrow imports pandas wherever it finds it, as it does here among the peers' packages; Steelyard
needs none and brings none, so the row **without pandas** is what it takes where it is installed by itself; most of
it, at 10,000 samples, is Python loading NumPy, SciPy, pyarrow and Steelyard. **In a process that runs already**, a
notebook or a suite of tests, `steelyard.run` is called a second time: that call is timed, the product's start in it.

    cd benchmarks
    PYTHONPATH=plugin python contestants/steelyard_run.py python:products.py:copy TEXTS
    PYTHONPATH=plugin:without_pandas python contestants/steelyard_run.py python:products.py:copy TEXTS
    PYTHONPATH=plugin:without_pandas python contestants/steelyard_again.py python:products.py:copy TEXTS
    python contestants/bare_loop.py python:products.py:copy TEXTS
    python contestants/inspect_run.py TEXTS
"""
SLOW_TEXT = """
A product that sleeps 5 ms over a text, {samples:,} texts, {workers} product processes, start and report included:
"""


def measure(*, quick: bool = False) -> str:
    """Return the section of the page."""
    sizes = (10**3,) if quick else tuple(ROUNDS)
    rows = []
    for samples in sizes:
        rows += _rows(samples, _run(samples, COPY, 1 if quick else ROUNDS[samples], samples in WITH_INSPECT))
    samples, rounds = (100, 1) if quick else (SLOW_SAMPLES, SLOW_ROUNDS)
    slow = _run(samples, SLOW, rounds, with_inspect=False, workers=SLOW_WORKERS)
    head = ("samples", "bench", "run, s", "per sample, µs", "peak, MB", "Steelyard : this, paired")
    slow_rows = [(name, taken.spread.show("s"), taken.spread.show("ms", samples / 1e3)) for name, taken in slow.items()]
    slow_rows.append(("Steelyard : bare loop, paired", ratio(slow[STEELYARD], slow[BARE]).show(""), ""))
    return "\n".join(
        [
            "## Overhead per sample",
            TEXT,
            table(head, rows),
            SLOW_TEXT.format(samples=samples, workers=SLOW_WORKERS),
            table(("", "run", "per sample"), slow_rows),
        ]
    )


def _run(samples: int, product: str, rounds: int, with_inspect: bool, workers: int = 1) -> dict[str, Measured]:
    folder = Path(tempfile.mkdtemp(prefix="texts-"))
    try:
        write_texts(folder, samples)
        python, texts, many = sys.executable, str(folder), [str(workers)]
        contestants = {
            STEELYARD: command([python, "contestants/steelyard_run.py", product, texts, *many], PYTHONPATH="plugin"),
            BARE: command([python, "contestants/bare_loop.py", product, texts, *many]),
        }
        if with_inspect:
            contestants[ALONE] = command(
                [python, "contestants/steelyard_run.py", product, texts], PYTHONPATH="plugin:without_pandas"
            )
            contestants[AGAIN] = command(
                [python, "contestants/steelyard_again.py", product, texts], PYTHONPATH="plugin:without_pandas"
            )
            contestants[INSPECT] = command([python, "contestants/inspect_run.py", texts])
        measured = in_turn(contestants, rounds, warm=samples == min(ROUNDS))
    finally:
        shutil.rmtree(folder)
    for name, taken in measured.items():
        for said in taken.said:
            if (said["samples"], said["errors"]) != (samples, 0):
                raise RuntimeError(f"{name} says {said}, of {samples} texts copied")
    if AGAIN in measured:
        measured[AGAIN] = Measured([said["seconds"] for said in measured[AGAIN].said], measured[AGAIN].said)
    return measured


def _rows(samples: int, measured: dict[str, Measured]) -> list[tuple[str, ...]]:
    return [
        (
            f"{samples:,}",
            name,
            taken.spread.show(""),
            taken.spread.show("", samples / 1e6),
            taken.peak.show("", 1e6),
            "" if name == STEELYARD else ratio(measured[STEELYARD], taken).show(""),
        )
        for name, taken in measured.items()
    ]
