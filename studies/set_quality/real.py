"""What the checks find in the sets that there are."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from steelyard.library import recipe, store
from steelyard.library.quality import Quality, examine
from steelyard.library.quality._check import Severity

HEAD = """
## What is truly there

All sets of the library that could be read from the mirror, checked as they are; the finding's own sentence, and the
first samples. Nothing was mended: what a set is, its recipe says, and its card should. Suspected labels are suspicions;
a person must look at them.
"""
SHOWN = 3


def sections(*only: str) -> Iterator[str]:
    """Yield the sections of the page, on all sets or on those named."""
    lines = ["| set | serious | warnings | notes | not applicable |", "| --- | ---: | ---: | ---: | --- |"]
    found = []
    for name in only or recipe.names():
        started = time.monotonic()
        try:
            quality = examine(store.open_set(name))
        except Exception as error:
            lines.append(f"| `{name}` | – | – | – | {str(error).splitlines()[0]} |")
            continue
        print(f"{time.monotonic() - started:4.0f} s  {name}", file=sys.stderr, flush=True)
        counts = [str(quality.counted(severity)) for severity in Severity]
        none = [check for check, outcome in quality.outcomes.items() if outcome.not_applicable is not None]
        lines.append(f"| `{quality.card.label}` | {' | '.join(counts)} | {', '.join(none)} |")
        found += list(_findings(quality))
    yield HEAD.strip() + "\n\n" + "\n".join(lines) + "\n\n" + "\n".join(found)


def _findings(quality: Quality) -> Iterator[str]:
    """Yield a set's findings that are more than notes, as a list."""
    held = [(check, each) for check, each in quality.findings if each.severity is not Severity.NOTE]
    if not held:
        return
    yield f"**{quality.card.label}**\n"
    for check, each in held:
        first = [
            f"`{', '.join(group.ids[:SHOWN])}`" + ("" if group.said is None else f" ({group.said.en})")
            for group in each.samples[:SHOWN]
        ]
        named = f": {'; '.join(first)}" if first else ""
        yield f"- {each.severity.value}, {check}: {each.what.en}{_escaped(named)}"
    yield ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
