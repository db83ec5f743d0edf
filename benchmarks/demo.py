"""The demo: where its time goes."""

from __future__ import annotations

import os
import pstats
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from measuring import HERE, Spread, command, in_turn, table

ROUNDS = 5
LEAST = 0.04
"""Share of the whole below which nothing is listed."""
STDLIB = "the standard library"
KINDS = {
    "importing": "importing",
    "waiting": "waiting for the product: loading, training, answering",
    "ending": "waiting for the product's process to end",
    "flushing": "flushing plan and report to the disk (the journal has its own thread)",
}
REST = "the rest: starting and ending, computing, writing"
SOURCE = HERE.parent / "src"

TEXT = """
`steelyard demo`: 569 patients, asked of a product that is trained when its process starts. The first run in an empty
store, which also makes the set, took {cold}; those after it {warm}, of which:

    python contestants/demo_timed.py OUT
"""
IMPORTS = """
Importing, package by package (one run, `python -X importtime -m steelyard demo`; the bench's process only):
{packages}.

Steelyard's own functions with all that they called, imports on first use among it; the longest of each file (`python
-m cProfile -m steelyard demo`, which slows Python down: shares count, not milliseconds):
"""

Profile = dict[tuple[str, int, str], tuple[int, int, float, float, object]]


def measure(*, quick: bool = False) -> str:
    """Return the section of the page."""
    rounds = 1 if quick else ROUNDS
    with tempfile.TemporaryDirectory(prefix="demo-") as scratch:
        home = Path(scratch, "home")
        cold = in_turn({"demo": _demo(home, "-m", "steelyard", "demo", "--out")}, 1, warm=False)["demo"].spread
        contestants = {
            "demo": _demo(home, "-m", "steelyard", "demo", "--out"),
            "timed": _demo(home, "contestants/demo_timed.py"),
        }
        measured = in_turn(contestants, rounds)
        packages = _imports(home)
        profile = _profile(home)
    timed = measured["timed"]
    parts = {name: Spread(tuple(said[kind] for said in timed.said)) for kind, name in KINDS.items()}
    sums = [sum(said.values()) for said in timed.said]
    parts[REST] = Spread(tuple(whole - known for whole, known in zip(timed.seconds, sums, strict=True)))
    rows = [
        (name, spread.show("", 1e-3), _percent(spread.median / timed.spread.median)) for name, spread in parts.items()
    ]
    listed = [f"{name} {1e3 * seconds:.0f} ms" for name, seconds in packages.most_common(10)]
    return "\n".join(
        [
            "## Where the demo's time goes",
            TEXT.format(cold=f"{cold.median:.2f} s", warm=measured["demo"].spread.show("s")),
            table(("", "ms", "share"), rows),
            IMPORTS.format(packages=", ".join(listed)),
            table(("function", "share"), _functions(profile)),
        ]
    )


def _demo(home: Path, *words: str) -> Callable[[], object]:
    def call() -> object:
        with tempfile.TemporaryDirectory(prefix="demo-") as out:
            return command([sys.executable, *words, out], STEELYARD_HOME=str(home))()

    return call


def _imports(home: Path) -> Counter[str]:
    """Return the seconds that importing each top-level package took by itself."""
    with tempfile.TemporaryDirectory(prefix="demo-") as out:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "steelyard", "demo", "--out", out],
            env=os.environ | {"STEELYARD_HOME": str(home)},
            capture_output=True,
            text=True,
            check=True,
        )
    seconds: Counter[str] = Counter()
    for own, name in re.findall(r"^import time: +(\d+) \| +\d+ \| *(\S+)$", done.stderr, re.MULTILINE):
        package = name.partition(".")[0]
        seconds[STDLIB if package in sys.stdlib_module_names else f"`{package}`"] += int(own) / 1e6  # type: ignore[assignment]
    return seconds


def _profile(home: Path) -> Profile:
    with tempfile.TemporaryDirectory(prefix="demo-") as out:
        written = Path(out, "demo.prof")
        words = [sys.executable, "-m", "cProfile", "-o", str(written), "-m", "steelyard", "demo", "--out", f"{out}/run"]
        command(words, STEELYARD_HOME=str(home))()
        return pstats.Stats(str(written)).stats  # type: ignore[attr-defined, no-any-return]


def _functions(profile: Profile) -> list[tuple[str, str]]:
    """Return of each of Steelyard's files the function that took longest, with all that it called."""
    whole = max(seconds for _, _, _, seconds, _ in profile.values())
    longest: dict[str, tuple[float, str]] = {}
    for (path, line, function), (_, _, _, seconds, _) in profile.items():
        if Path(path).is_relative_to(SOURCE) and not function.startswith("<"):
            name = Path(path).relative_to(SOURCE).as_posix()
            longest[name] = max(longest.get(name, (0.0, "")), (seconds / whole, f"`{name}:{line}` {function}"))
    return [(name, _percent(share)) for share, name in sorted(longest.values(), reverse=True) if share > LEAST]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
