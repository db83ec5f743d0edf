"""Ray with 1, 2 and 4 replicas against local processes, and against a bare Ray map of the same callable.

``measure()`` gives the section of the page; run as a script it is one contestant:
``many_machines.py WAY CALLABLE COUNT TEXTS``.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import Measured, command, in_turn, ratio, table
from texts import write_texts

import products

RAY, LOCAL, BARE = "Steelyard, --ray", "Steelyard, --workers", "bare Ray map"
WAYS = {"ray": RAY, "local": LOCAL, "bare": BARE}
COUNTS = (1, 2, 4)
SAMPLES = {"copy": 20_000, "copy_in_5_ms": 2_000}
QUICK_SAMPLES = 200
ROUNDS = 3
BATCH = 64
STORE_BYTES = 256 * 2**20

TEXT = """
A text of 12 characters, copied at once or after 5 ms, by 1, 2 and 4 at a time, all on this machine. **--ray** and
**--workers** are the whole of `steelyard.run`, plan to report, with the product in processes of its own; the cluster
runs already (to start one took {start}).
**Bare Ray map** is Ray's `ActorPool.map_unordered` over batches of 64: the function is called in the actor itself, and
each answer must be one of the texts; no process between, no plan, no journal, no report. All start their actors or
processes anew.

    cd benchmarks
    STEELYARD_HOME=TEXTS PYTHONPATH=plugin python many_machines.py ray copy 2 TEXTS
    STEELYARD_HOME=TEXTS PYTHONPATH=plugin python many_machines.py local copy 2 TEXTS
    PYTHONPATH=plugin python many_machines.py bare copy 2 TEXTS
"""


def measure(*, quick: bool = False) -> str:
    """Return the section of the page."""
    rows: list[tuple[str, ...]] = []
    starts = Measured()
    for name, samples in SAMPLES.items():
        size = QUICK_SAMPLES if quick else samples
        for count in COUNTS:
            timed = _run(name, size, count, rounds=1 if quick else ROUNDS)
            starts.seconds += [said["start"] for said in timed[RAY].said]
            rows += [
                (
                    f"`{name}`, {size:,} texts",
                    str(count),
                    title,
                    taken.spread.show("s"),
                    taken.spread.show("", size / 1e6),
                    "" if title == RAY else ratio(timed[RAY], taken).show(""),
                )
                for title, taken in timed.items()
            ]
    head = ("callable", "at a time", "way", "run", "per sample, µs", "--ray : this, paired")
    return "\n".join(["## Many machines", TEXT.format(start=starts.spread.show("s")), table(head, rows)])


def _run(name: str, size: int, count: int, rounds: int) -> dict[str, Measured]:
    """Return the seconds that the contestants themselves measured."""
    folder = Path(tempfile.mkdtemp(prefix="texts-"))
    try:
        write_texts(folder, size)
        words = [name, str(count), str(folder)]
        contestants = {
            title: command(
                [sys.executable, "many_machines.py", way, *words], PYTHONPATH="plugin", STEELYARD_HOME=words[-1]
            )
            for way, title in WAYS.items()
        }
        measured = in_turn(contestants, rounds, warm=False)
    finally:
        shutil.rmtree(folder)
    for title, taken in measured.items():
        for said in taken.said:
            if (said["samples"], said["errors"]) != (size, 0):
                raise RuntimeError(f"{title} says {said}, of {size} texts copied")
    return {title: Measured([said["seconds"] for said in taken.said], taken.said) for title, taken in measured.items()}


def _steelyard(name: str, texts: Path, **how: Any) -> tuple[int, int]:
    import steelyard

    spec = Path(__file__).with_name("plugin") / "copying.yaml"
    out = tempfile.mkdtemp(dir=texts, prefix="run-")
    report = steelyard.run(spec, f"python:products.py:{name}", test_set="texts@1", out=out, **how)
    return report.plan.samples, int(report.counts["errors"])


class _Caller:
    """An actor that calls a function of its own process."""

    def __init__(self, function: Callable[[str], str]) -> None:
        self._function = function

    def call(self, inputs: list[str]) -> list[str]:
        return [self._function(each) for each in inputs]


def _bare(ray: Any, name: str, texts: Path, count: int) -> tuple[int, int]:
    """Map the function over batches, as Ray's own pool of actors does."""
    from ray.util import ActorPool

    actor = ray.remote(_Caller)
    pool = ActorPool([actor.remote(getattr(products, name)) for _ in range(count)])
    asked = list(map(json.loads, (texts / "texts.jsonl").read_bytes().splitlines()))
    wanted = {each["target"] for each in asked}
    inputs = ([each["input"] for each in asked[start : start + BATCH]] for start in range(0, len(asked), BATCH))
    samples = errors = 0
    for answers in pool.map_unordered(lambda one, batch: one.call.remote(batch), inputs):
        samples += len(answers)
        errors += sum(answer not in wanted for answer in answers)
    return samples, errors


def _contest(way: str, name: str, count: int, texts: Path) -> None:
    """Time one contestant, and print what came of it."""
    begun = time.perf_counter()
    if way != "local":
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        import ray

        ray.init(
            address="local", num_cpus=count, include_dashboard=False, log_to_driver=False,
            object_store_memory=STORE_BYTES,
        )  # fmt: skip
    started = time.perf_counter()
    if way == "bare":
        samples, errors = _bare(ray, name, texts, count)
    else:
        samples, errors = _steelyard(name, texts, workers=count, **({"ray": "auto"} if way == "ray" else {}))
    seconds = time.perf_counter() - started
    said = {"samples": samples, "errors": errors, "seconds": seconds, "start": started - begun}
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    _contest(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
