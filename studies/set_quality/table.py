"""Plants known faults into real sets, checks all real sets, and writes ``docs/set-quality.md``: ``make set-quality``.

With ``planted``, ``speed`` or ``real`` it prints
that part instead. Seeds are fixed; sets come from ``STEELYARD_MIRROR``.
"""

from __future__ import annotations

import sys
import time
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

`make set-quality` plants, checks and writes this page, from fixed seeds.
"""


def main() -> None:
    """Do what is named, or all."""
    parts = {"planted": planted, "speed": speed, "real": real}
    wanted = sys.argv[1:] or list(parts)
    started = time.monotonic()
    sections = [section for name in wanted for section in parts[name].sections()]
    text = "\n\n".join(section.strip() for section in [HEAD, *sections]) + "\n"
    if sys.argv[1:]:
        print(text.removeprefix(HEAD).strip())
        return
    PAGE.write_text(text, "utf-8")
    print(f"written: {PAGE.name}, {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
