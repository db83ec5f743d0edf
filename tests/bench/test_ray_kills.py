"""Bench, replica, product or node: whatever of a run on a cluster is killed, the estimates are the same to the bit."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

KILLS = int(os.environ.get("STEELYARD_KILLS", "5"))
KINDS = ("bench", "replica", "product", "node")
SAMPLES = 400
SPEC = "miit-2017-315#medical"
STORE_BYTES = 80 * 2**20  # the least that Ray takes
SECONDS = 300.0
"""After so long a run that does not go on has failed."""
EARLY = 0.02
"""Of the moments before that at so many the bench is killed."""
SETTLED = 5
"""A product that has answered so often: until it has answered at all, its death would count against it."""

# Notes who it is whenever it is asked, before it answers: some right, some wrong, some not at all.
PRODUCT = """
    import json, os, sys, time

    log = open(os.environ["ASKED_LOG"], "a")
    for line in sys.stdin:
        asked = json.loads(line)
        number = int(asked["input"][0])
        print(os.getpid(), file=log, flush=True)
        time.sleep(0.01)
        if number % 97 == 13:
            print(json.dumps({"id": asked["id"], "error": "cannot"}), flush=True)
            continue
        positive = number % 2 == 0 and number % 10 != 0
        print(json.dumps({"id": asked["id"], "output": "positive" if positive else "negative"}), flush=True)
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells who started whom")


class Nodes:
    """A cluster of a head that holds no replica, and two nodes with a processor each."""

    def __init__(self, made: Any) -> None:
        self._made = made
        self._nodes = [self._add() for _ in range(2)]
        self.address: str = made.address

    def _add(self) -> Any:
        return self._made.add_node(num_cpus=1, object_store_memory=STORE_BYTES)

    @property
    def raylets(self) -> list[int]:
        """The process of each node that holds its replicas."""
        return [node.all_processes["raylet"][0].process.pid for node in self._nodes]

    def kill_second(self) -> None:
        """Kill the second node's own process, and put another node in its place."""
        os.kill(self.raylets[1], signal.SIGKILL)
        self._made.remove_node(self._nodes.pop(), allow_graceful=False)
        self._nodes.append(self._add())


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nodes]:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'steelyard[ray]'")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=head)
    try:
        yield Nodes(made)
    finally:
        made.shutdown()


def start(product: str, test_set: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "steelyard", "run", SPEC, "--product", product, "--set", str(test_set)]
    with (out.parent / "said").open("ab") as said:
        return subprocess.Popen(
            [*command, "--out", str(out), "--json", *options],
            stdout=subprocess.DEVNULL, stderr=said, start_new_session=True,
        )  # fmt: skip


def judged(out: Path) -> Any:
    report = json.loads((out / "report.json").read_text("utf-8"))
    return report["judgements"], report["counts"], report["failures"]


def parents() -> dict[int, int]:
    """Return who started whom."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return found


def replicas(raylets: list[int]) -> list[int]:
    """Return the processes on the nodes that hold a product."""
    found = []
    for process, parent in parents().items():
        if parent in raylets:
            with contextlib.suppress(OSError):
                if b"ray::Replica" in Path(f"/proc/{process}/cmdline").read_bytes():
                    found.append(process)
    return found


def products(log: Path) -> list[int]:
    """Return the products that have answered for a while and live, and their supervisors."""
    above = parents()
    asked = Counter(int(line) for line in log.read_text().split())
    settled = [process for process, count in asked.items() if count > SETTLED and process in above]
    return [each for process in settled for each in (process, above[process]) if each > 1]


def test_whatever_is_killed_on_a_cluster(
    nodes: Nodes,
    write_set: Callable[..., Path],
    program: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = tmp_path / "asked.log"
    log.touch()
    monkeypatch.setenv("ASKED_LOG", str(log))
    test_set, product = write_set(["positive", "negative"] * (SAMPLES // 2)), program(PRODUCT)
    assert start(product, test_set, tmp_path / "whole", "--workers", "2").wait(SECONDS) == 10
    expected = judged(tmp_path / "whole")

    moments, killed, waiting = random.Random(1953), Counter[str](), list[str]()
    ends, runs = Counter[int](), 0

    def enough() -> bool:
        return killed.total() >= KILLS and killed.keys() == set(KINDS)

    while not enough():
        runs += 1
        out = tmp_path / f"run-{runs}"
        while True:
            log.write_text("")
            bench = start(product, test_set, out, "--ray", nodes.address, "--workers", "2")
            began = time.monotonic()
            while bench.poll() is None:
                time.sleep(moments.uniform(0.05, 0.6))
                assert time.monotonic() - began < SECONDS, (tmp_path / "said").read_text()
                settled = products(log)
                if enough():
                    continue
                if not settled:
                    if moments.random() < EARLY:
                        bench.kill()
                        killed["bench"] += 1
                    continue
                waiting = waiting or moments.sample(KINDS, len(KINDS))  # each kind as often as the others
                kind = waiting.pop()
                if kind == "node":
                    nodes.kill_second()
                elif kind == "bench":
                    bench.kill()
                else:
                    candidates = settled if kind == "product" else replicas(nodes.raylets)
                    if not candidates:
                        waiting.append(kind)
                        continue
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(moments.choice(candidates), signal.SIGKILL)
                killed[kind] += 1
            ends[bench.wait()] += 1
            if bench.returncode == 10:
                break
            # 1: no replica was left; the same command goes on.
            assert bench.returncode in (1, -signal.SIGKILL), (tmp_path / "said").read_text()
        assert judged(out) == expected
    print(f"killed {dict(killed)} in {runs} runs, which ended with {dict(ends)}")
