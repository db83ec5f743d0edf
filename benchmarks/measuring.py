"""Measures commands and calls side by side: in turn (A B A B …), so that whatever else the machine does meets both."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Spread:
    """Median, least and greatest of what was measured."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median."""
        return statistics.median(self.values)

    def show(self, unit: str, scale: float = 1.0) -> str:
        """Return ``median unit (least–greatest)``, each value divided by ``scale``."""
        low, middle, high = (f"{_three(each / scale)}" for each in (min(self.values), self.median, max(self.values)))
        return f"{middle}{unit and ' ' + unit} ({low}–{high})"


@dataclass
class Measured:
    """What came of one contestant, a value for each round."""

    seconds: list[float] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)
    """What contestants printed last, where they print JSON."""

    @property
    def spread(self) -> Spread:
        """The seconds."""
        return Spread(tuple(self.seconds))

    @property
    def peak(self) -> Spread:
        """The peaks of memory, in bytes."""
        return Spread(tuple(said["peak"] for said in self.said))


def in_turn(contestants: Mapping[str, Callable[[], Any]], rounds: int, *, warm: bool = True) -> dict[str, Measured]:
    """Call each contestant once a round, after a round that does not count.

    What a contestant returns is kept where it is a mapping.
    """
    measured = {name: Measured() for name in contestants}
    for round_ in range(-1 if warm else 0, rounds):
        for name, call in contestants.items():
            started = time.perf_counter()
            said = call()
            seconds = time.perf_counter() - started
            if round_ >= 0:
                measured[name].seconds.append(seconds)
                if isinstance(said, dict):
                    measured[name].said.append(said)
    return measured


def ratio(of: Measured, to: Measured) -> Spread:
    """Return the ratios of what was measured in the same round."""
    return Spread(tuple(one / other for one, other in zip(of.seconds, to.seconds, strict=True)))


def command(words: Sequence[str], **environment: str) -> Callable[[], dict[str, Any] | None]:
    """Return a call that runs a command to its end, and returns the JSON object that it printed last, if it did."""
    # Bytecode is kept, as it is wherever a package was installed: else every start would compile this source anew.
    own = os.environ | {"PYTHONDONTWRITEBYTECODE": ""} | environment

    def call() -> dict[str, Any] | None:
        done = subprocess.run(words, cwd=HERE, env=own, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: exit code {done.returncode}\n{done.stderr.decode()[-2000:]}")
        last = done.stdout.strip().rpartition(b"\n")[2]
        return json.loads(last) if last.startswith(b"{") else None

    return call


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown; all columns but the first are aligned right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _three(value: float) -> str:
    """Return a number with three significant digits."""
    if value == 0:
        return "0"
    digits = max(0, 2 - int(f"{value:e}".partition("e")[2]))
    return f"{value:,.{digits}f}"
