"""LoadGen through Steelyard against LoadGen alone, on the same callable: what the bench adds to a latency.

``measure()`` gives the section of the page; run as a script it is one contestant: ``load.py WAY CALLABLE QUERIES``.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from measuring import Measured, command, in_turn, ratio, table

import products

ALONE, HERE, APART = "LoadGen alone", "through Steelyard, in its process", "through Steelyard, product in its own"
WAYS = {"alone": ALONE, "here": HERE, "apart": APART}
QUERIES = {"copy": 5_000, "copy_in_5_ms": 400}
ROUNDS = 5
QUICK_QUERIES = 100
TEXTS = [f"{number:012d}" for number in range(64)]

TEXT = """
Single-stream: a query when the one before is answered; a text of 12 characters, which is copied at once or after
5 ms. **LoadGen alone** calls the function from its own query; **through Steelyard, in its process** it is asked by the
same thread by way of Steelyard's driver and its sessions, with answers kept as JSON; **product in its own** is what a
user has: a JSON line each way between two processes. Latencies are LoadGen's, in its trace; the ratio is that of the
median latencies, in the same round.

    cd benchmarks
    python load.py alone copy 5000
    python load.py here copy 5000
    python load.py apart copy 5000
"""


def measure(*, quick: bool = False) -> str:
    """Return the section of the page."""
    rows = []
    for name, count in QUERIES.items():
        queries = QUICK_QUERIES if quick else count
        contestants = {
            title: command([sys.executable, "load.py", way, name, str(queries)]) for way, title in WAYS.items()
        }
        measured = in_turn(contestants, 1 if quick else ROUNDS)
        medians = {title: _of(taken, "p50") for title, taken in measured.items()}
        for title, taken in measured.items():
            rows.append(
                (
                    f"`{name}`, {queries:,} queries",
                    title,
                    medians[title].spread.show("", 1e-3),
                    _of(taken, "p99").spread.show("", 1e-3),
                    "" if title == ALONE else ratio(medians[title], medians[ALONE]).show(""),
                )
            )
    head = ("callable", "way", "median latency, ms", "p99, ms", "this : LoadGen alone, paired")
    return "\n".join(["## Load", TEXT, table(head, rows)])


def _of(taken: Measured, name: str) -> Measured:
    """Return a latency that contestants printed, as if it were what was measured."""
    return Measured([said[name] for said in taken.said], taken.said)


def _alone(function: Callable[[str], str], queries: int, folder: Path) -> None:
    """Let LoadGen call the function, with nothing of ours between."""
    import mlperf_loadgen as loadgen

    def issue(samples: Sequence[Any]) -> None:
        for sample in samples:
            function(TEXTS[sample.index])
            loadgen.QuerySamplesComplete([loadgen.QuerySampleResponse(sample.id, 0, 0)])

    settings = loadgen.TestSettings()
    settings.scenario, settings.mode = loadgen.TestScenario.SingleStream, loadgen.TestMode.PerformanceOnly
    settings.min_query_count, settings.min_duration_ms = queries, 0
    logs = loadgen.LogSettings()
    logs.log_output = loadgen.LogOutputSettings()
    logs.log_output.outdir = str(folder)
    logs.enable_trace = True
    system = loadgen.ConstructSUT(issue, lambda: None)
    library = loadgen.ConstructQSL(len(TEXTS), len(TEXTS), lambda _: None, lambda _: None)
    loadgen.StartTestWithLogSettings(system, library, settings, logs, os.devnull)
    loadgen.DestroyQSL(library)
    loadgen.DestroySUT(system)


class _Here:
    """A session that calls a function of this process."""

    def __init__(self, function: Callable[[str], str]) -> None:
        self._function = function

    def ask(self, asks: Sequence[Any], go_on: Callable[[], bool]) -> Iterator[tuple[int, Any]]:
        from steelyard.core.product import Reply

        for place, each in enumerate(asks):
            if go_on():
                yield place, Reply(self._function(each.input), 0.0)

    def notes(self) -> tuple[()]:
        return ()

    def close(self) -> None:
        """Nothing runs."""


def _steelyard(start: Callable[[], Any], queries: int, folder: Path) -> None:
    from steelyard.bench.load._driver import Job
    from steelyard.bench.load._loadgen import drive
    from steelyard.core.product import Ask

    settings = {"min_query_count": queries, "min_duration_ms": 0}
    job = Job("timed", "SingleStream", tuple(range(len(TEXTS))), settings)
    drive(start, [Ask(text, text) for text in TEXTS], [job], folder, warm_up=range(4))


def main() -> None:
    """Run one contestant, and print its percentiles in seconds."""
    import numpy as np

    from steelyard.bench.load._logs import read_samples

    way, name, count = sys.argv[1:]
    function = getattr(products, name)
    with tempfile.TemporaryDirectory(prefix="load-") as made:
        folder = Path(made)
        if way == "alone":
            _alone(function, int(count), folder)
        elif way == "here":
            _steelyard(lambda: _Here(function), int(count), folder)
        else:
            from steelyard.core.product import Limits
            from steelyard.data.text import Text
            from steelyard.products import open_product

            product = open_product(f"python:products.py:{name}")
            _steelyard(lambda: product.start(Text(), Text(), Limits()), int(count), folder)
        latency = read_samples(folder if way == "alone" else folder / "timed").latency
    print(json.dumps({each: float(np.quantile(latency, share)) for each, share in (("p50", 0.5), ("p99", 0.99))}))


if __name__ == "__main__":
    main()
