"""What the checks find in the sets that there are, and what a look at the samples says of it."""

from __future__ import annotations

import sys
import time
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from steelyard.library import recipe, store
from steelyard.library.quality import Quality, examine
from steelyard.library.quality._check import Severity

HEAD = """
## What is truly there

All sets of the library that could be read from the mirror, checked as they are; the finding's own sentence, and the
first samples. Nothing was mended: what a set is, its recipe says, and its card should. *Looked at* is what a reading
of the samples named here says, and of no others: that the finding is right, that the set is so by construction and none
the worse, or that it is a false alarm. Where nothing is said nobody looked; suspected labels are suspicions.
"""
SHOWN = 3
JUDGED = Path(__file__).parent / "judged.toml"
VERDICTS = ("right", "by construction", "false alarm")


def sections() -> Iterator[str]:
    """Yield the section of the page."""
    lines = ["| set | serious | warnings | notes | not applicable |", "| --- | ---: | ---: | ---: | --- |"]
    found: list[str] = []
    met: set[tuple[str, str]] = set()
    for name in recipe.names():
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
        met |= {(quality.card.name, check) for check, _ in quality.findings}
    stale = sorted({(name, check) for name, said in judged().items() for check in said} - met)
    if stale:
        print(f"{JUDGED.name} speaks of findings that are not there: {stale}", file=sys.stderr)
    yield HEAD.strip() + "\n\n" + "\n".join(lines) + "\n\n" + "\n".join(found)


@cache
def judged() -> dict[str, dict[str, tuple[str, str]]]:
    """Return what was said of findings, by set and check.

    Raises
    ------
    ValueError
        Where a verdict is none.
    """
    said: dict[str, dict[str, tuple[str, str]]] = tomllib.loads(JUDGED.read_text("utf-8"))
    for name, checks in said.items():
        for check, (verdict, _) in checks.items():
            if verdict not in VERDICTS:
                raise ValueError(f"{JUDGED.name}, {name}.{check}: {verdict!r} is none of {', '.join(VERDICTS)}")
    return said


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
    said = judged().get(quality.card.name, {})
    for check in dict.fromkeys(check for check, _ in held):
        if check in said:
            verdict, why = said[check]
            yield f"- *looked at*, {check}: {verdict}: {why}"
    yield ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
