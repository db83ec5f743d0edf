"""Asks the reference products of dialogue all test queries: writes ``docs/dialogue-results.md`` and its pictures.

``make dialogue``. A section is a file beside this one: ``section()`` yields Markdown, ``PICTURES`` draw the same
numbers. Sets come from ``STEELYARD_MIRROR``; nothing is drawn at random but the resamples of bounds, by a seed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from studies.dialogue import intents, slots, states, traffic
from studies.pictures.frame import LANGUAGES, write

PAGE = Path(__file__).parents[2] / "docs" / "dialogue-results.md"
HEAD = """\
# What products that talk come to

Reference products asked all test samples of real sets; values with their lower and upper one-sided 95 % bounds.
[The pages on methods](methods/README.md) say what is counted, and why. `make dialogue` asks and counts everything anew
from the sets of `STEELYARD_MIRROR`, and writes this page and the pictures of those; nothing here is a verdict.

Products are TF-IDF with a linear classifier, trained on the part of the set that is named: those that
`reference:clinc150_intents`, `reference:banking77_intents`, `reference:crosswoz_intents` and `reference:nlupp_slots`
run.
"""
SECTIONS = (intents, traffic, slots, states)
QUICK = (states,)
"""What a test computes anew."""


def section(of: object) -> str:
    """Return a section of the page."""
    return "\n".join(each.strip("\n") + "\n" for each in of.section()).strip()  # type: ignore[attr-defined]


def main() -> None:
    """Ask, count, write and draw."""
    started = time.monotonic()
    PAGE.write_text("\n\n".join([HEAD.strip(), *map(section, SECTIONS)]) + "\n", "utf-8")
    written = [PAGE]
    for each in SECTIONS:
        for name, draw in each.PICTURES.items():
            written += write(name, {language: draw(language) for language in LANGUAGES})
    print(f"written: {', '.join(path.name for path in written)}, {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
