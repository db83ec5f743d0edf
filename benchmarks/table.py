"""Runs all measurements and writes ``docs/benchmarks.md``: ``make benchmarks``.

With names of measurements it prints their sections instead; with ``--quick`` on little data, to see that all works.
"""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
MEASUREMENTS = (
    "overhead",
    "character_errors",
    "word_errors",
    "resampling",
    "ranking",
    "slots",
    "near_duplicates",
    "sets",
    "load",
    "oip",
    "many_machines",
    "verification",
    "start",
    "demo",
)
PEERS = ("datasets", "datasketch", "inspect_ai", "jiwer", "lm_eval", "sacrebleu", "seqeval")
PARTS = ("mlcommons-loadgen", "numpy", "orjson", "pandas", "pyarrow", "rapidfuzz", "scikit-learn", "scipy")

HEAD = """\
# Benchmarks

Steelyard beside its peers, measured in one run on one machine, in turn (A B A B …): medians, with the least and the
greatest in brackets, and ratios of what was measured in the same round. Nothing here is asserted in tests.
`make benchmarks` makes an environment of its own for Steelyard and its peers (`benchmarks/.venv`), measures, and writes
this page.

| | |
| --- | --- |
"""


def main() -> None:
    """Measure what is named, or everything."""
    quick = "--quick" in sys.argv
    wanted = [each for each in sys.argv[1:] if not each.startswith("--")]
    _versions((*PEERS, *PARTS))  # raises where one is missing: before an hour is spent, not after
    started, before = time.monotonic(), _processor_seconds()
    sections = []
    for name in wanted or MEASUREMENTS:
        print(f"{time.monotonic() - started:4.0f} s  {name} …", file=sys.stderr, flush=True)
        sections.append(importlib.import_module(name).measure(quick=quick))
    seconds = time.monotonic() - started
    busy, own = (after - earlier for after, earlier in zip(_processor_seconds(), before, strict=True))
    others = max(0.0, busy - own) / (seconds * (os.cpu_count() or 1))
    text = "\n\n".join([HEAD + _machine(seconds, others), *sections]) + "\n"
    if wanted or quick:
        print(text)
        return
    PAGE.write_text(text, "utf-8")
    print(text)
    print(f"written: {PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE.name}", file=sys.stderr)


def _processor_seconds() -> tuple[float, float]:
    """Return the seconds that all cores were busy since the machine started, and those that this run and its took."""
    user, nice, system, _, _, interrupts, soft, stolen = map(int, Path("/proc/stat").read_text("utf-8").split()[1:9])
    busy = (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")
    return busy, sum(os.times()[:4])


def _machine(seconds: float, others: float) -> str:
    """Return the rows that say where and when this was measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    rows = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}, {seconds / 60:.0f} minutes",
        "machine": f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB",
        "other work on it meanwhile": f"{100 * others:.0f} % of what its cores can do",
        "system": f"{platform.system()} {platform.release()}",
        "interpreter": f"{platform.python_implementation()} {platform.python_version()}",
        "Steelyard": f"{version('steelyard')}, {_commit()}",
        "peers": _versions(PEERS),
        "in the same environment": _versions(PARTS),
        "command": "`make benchmarks`",
    }
    return "\n".join(f"| {name} | {value} |" for name, value in rows.items())


def _versions(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {version(name)}" for name in names)


def _commit() -> str:
    """Return the commit that is measured, and whether files under ``src`` differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=PAGE.parent, capture_output=True, text=True, check=True).stdout

    changed = ", with changes not committed" if git("status", "--porcelain", "../src").strip() else ""
    return f"commit {git('rev-parse', '--short', 'HEAD').strip()}{changed}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    main()
