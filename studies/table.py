"""Runs all simulation studies and writes ``docs/statistics.md``: ``make studies``.

A study is a file beside this one with a function ``tables() -> Iterator[str]`` that yields sections of Markdown; it is
found by being there. Seeds are fixed, so that a page changes only where what is studied does. With names of studies it
prints their sections instead.
"""

from __future__ import annotations

import importlib
import math
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "statistics.md"

HEAD = """\
# What the bounds are worth

A verdict rests on two one-sided bounds, each with a confidence of 95 %: a product *conforms* when the bound on its bad
side is inside the limit, and *does not conform* when the bound on its good side is outside. So a product that lies just
at the limit, which should neither pass nor fail, may pass by luck in one run of twenty, and fail by luck in one of
twenty. This page measures how often that really happens, by drawing many test sets on which the truth is known.

- **False conform**: share of runs in which a product just at the limit is said to conform. The promise is ≤ 5 %.
- **False fail**: share of runs in which it is said not to. The promise is ≤ 5 %.
- **Coverage**: share of runs in which the truth lies between both bounds. At 5 % on either side it is 90 %.

Every share comes from a finite number of runs, and has a standard error that is given with each table: at 5 % it is
0.5 points with 2,000 runs, 0.22 with 10,000 and 0.15 with 20,000; of a hundred cells that are just at 5 %, two or three
lie more than two of these above by chance. Figures outside of a table's stated grid are in tables of their own and are
called so: there the promise does not hold, and the text says what the product shows a reader instead.

`make studies` draws everything anew, from fixed seeds, and writes this page.
"""


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; all columns but the first are aligned right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(share: float, digits: int = 1) -> str:
    """Return a share as it is printed: ``5.2 %``; a dash where there is none."""
    return "–" if math.isnan(share) else f"{100 * share:.{digits}f} %"


def error_of(runs: int, share: float = 0.05) -> str:
    """Return the standard error of a share of ``runs`` runs, as it is printed."""
    return f"{100 * math.sqrt(share * (1 - share) / runs):.2f} points"


FIRST = ("clusters", "proportions")
"""What most verdicts rest on stands first on the page."""


def studies() -> list[str]:
    """Return the names of all studies, as found beside this file."""
    found = sorted(path.stem for path in HERE.glob("*.py") if path != Path(__file__).resolve())
    return sorted(found, key=lambda name: (name not in FIRST, name))


def sections(name: str) -> list[str]:
    """Return the sections of one study."""
    return list(importlib.import_module(name).tables())


def main() -> None:
    """Run what is named, or everything."""
    wanted, started, found = sys.argv[1:] or studies(), time.monotonic(), {}
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # arrays are small, and each core has a study of its own
    with ProcessPoolExecutor(min(len(wanted), os.cpu_count() or 1)) as pool:
        running = {pool.submit(sections, name): name for name in wanted}
        for done in as_completed(running):
            found[running[done]] = done.result()
            print(f"{time.monotonic() - started:4.0f} s  {running[done]}: done", file=sys.stderr, flush=True)
    text = "\n\n".join(section.strip() for section in [HEAD, *(each for name in wanted for each in found[name])]) + "\n"
    if sys.argv[1:]:
        print(text.removeprefix(HEAD).strip())
        return
    PAGE.write_text(text, "utf-8")
    print(f"written: {PAGE.name}, {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
