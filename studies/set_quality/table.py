"""Plants known faults into real sets, checks all real sets, and writes ``docs/set-quality.md``: ``make set-quality``.

With ``planted``, ``speed`` or ``real`` it measures that part only. Each section takes its place in the page as soon as
it is measured; the others stay as they are, and each says when it was. Seeds are fixed; sets come from
``STEELYARD_MIRROR``.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import planted
import real
import speed

PAGE = Path(__file__).parents[2] / "docs" / "set-quality.md"
HEAD = """\
# What `steelyard sets check` finds

A verdict is worth what its test set is worth. `steelyard sets check SET` looks for what is wrong with one, names each
sample, and says what to do:

```sh
steelyard sets check banking77                                # a summary; exit code 10 where something is serious
steelyard sets check ./my-set --out my-set.html               # one page with pictures, in both languages
steelyard sets check fsdd-digits-en-test300 --spec 'miit-2017-315#speech.recognition'   # what a clause asks for
steelyard sets check ./my-test --against ./my-training --json # leaks between two sets; every sample, for programs
```

| exit code | |
| --- | --- |
| 0 | nothing serious |
| 10 | something serious: a verdict from this set could be wrong |
| 12 | the set cannot be read |
| 2 | the call was wrong |

Each check is a file in `src/steelyard/library/quality`; what a check cannot judge it says, with the reason. Label
errors need `pip install 'steelyard[quality]'`. A column `ratings` with a list for each sample, `scores` or
`labels` beside a column `raters`, or columns `rater:NAME`, let agreement be measured.

`make set-quality` plants, checks and writes this page, from fixed seeds, one section after another; each says when it
was measured.
"""


def main() -> None:
    """Measure what is named, or all."""
    parts = {"planted": planted, "speed": speed, "real": real}
    started = time.monotonic()
    for name in sys.argv[1:] or list(parts):
        for section in parts[name].sections():
            day = datetime.now(UTC).date().isoformat()
            text = f"{section.strip()}\n\nMeasured on {day}."
            PAGE.write_text(placed(PAGE.read_text("utf-8"), text), "utf-8")
            title = text.partition("\n")[0].removeprefix("## ")
            print(f"written: {title}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def placed(page: str, section: str) -> str:
    r"""Return a page with a section in the place of the one of its title, or at the end.

    Examples
    --------
    >>> print(placed("old\n\n## One\n\n1\n\n## Two\n\n2\n", "## One\n\n3").removeprefix(HEAD).strip())
    ## One
    <BLANKLINE>
    3
    <BLANKLINE>
    ## Two
    <BLANKLINE>
    2
    """
    sections = {each.partition("\n")[0]: each.strip() for each in page.split("\n## ")[1:]}
    written = section.removeprefix("## ").strip()
    sections[written.partition("\n")[0]] = written
    return "\n\n## ".join([HEAD.strip(), *sections.values()]) + "\n"


if __name__ == "__main__":
    main()
