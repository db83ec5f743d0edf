"""Interrupted anywhere, a run gives the same estimates to the last bit, and asks nothing that it need not."""

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

KILLS = int(os.environ.get("STEELYARD_KILLS", "50"))
LOST_SECONDS = 1.0 + 0.75
"""Answers are flushed each second; the rest is for writing them on a busy machine, and for what was under way."""
SAMPLES = 400
SPEC = "miit-2017-315#medical"

# Notes each sample that it is asked, with the time, before it answers: some right, some wrong, some not at all.
PRODUCT = """
    import json, os, sys, time

    log = open(os.environ["ASKED_LOG"], "a")
    for line in sys.stdin:
        asked = json.loads(line)
        number = int(asked["input"][0])
        print(number, time.time(), file=log, flush=True)
        time.sleep(0.004)
        if number % 97 == 13:
            print(json.dumps({"id": asked["id"], "error": "cannot"}), flush=True)
            continue
        positive = number % 2 == 0 and number % 10 != 0
        print(json.dumps({"id": asked["id"], "output": "positive" if positive else "negative"}), flush=True)
"""


def start(product: str, test_set: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "steelyard", "run", SPEC, "--product", product]
    return subprocess.Popen(
        [*command, "--set", str(test_set), "--out", str(out), "--json", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def judged(out: Path) -> Any:
    report = json.loads((out / "report.json").read_text("utf-8"))
    return report["judgements"], report["counts"], report["failures"]


def asked(log: Path) -> Iterator[tuple[int, float]]:
    for line in log.read_text().splitlines():
        number, when = line.split()
        yield int(number), float(when)


@pytest.fixture
def uninterrupted(
    write_set: Callable[..., Path], program: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Path, Path, Any]:
    test_set = write_set(["positive", "negative"] * (SAMPLES // 2))
    log = tmp_path / "asked.log"
    monkeypatch.setenv("ASKED_LOG", str(log))
    product = program(PRODUCT)
    assert start(product, test_set, tmp_path / "whole").wait(120) == 10
    assert sorted(number for number, _ in asked(log)) == list(range(SAMPLES))
    return product, test_set, log, judged(tmp_path / "whole")


def test_fifty_kills(uninterrupted: tuple[str, Path, Path, Any], tmp_path: Path) -> None:
    product, test_set, log, expected = uninterrupted
    moments = random.Random(2017)
    kills = runs = 0
    while kills < KILLS:
        runs += 1
        out, killed = tmp_path / f"killed-{runs}", []
        log.write_text("")
        while True:
            process = start(product, test_set, out)
            try:
                # Later kills leave more time: on a busy machine a run may need seconds to end at all.
                assert process.wait(moments.uniform(0.05, 1.6) * (1.0 + len(killed) / 20.0)) == 10
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                killed.append(time.time())
        kills += len(killed)
        assert judged(out) == expected
        assert seconds_lost(log, killed) < LOST_SECONDS
    assert kills >= KILLS


def descendants(process: int) -> list[int]:
    """Return the processes that a process started, and those that they started."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            after = stat.read_text().rpartition(")")[2].split()
            parents.setdefault(int(after[1]), []).append(int(stat.parent.name))
    found = parents.get(process, [])
    return found + [each for child in found for each in descendants(child)]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells who started whom")
def test_whatever_is_killed(uninterrupted: tuple[str, Path, Path, Any], tmp_path: Path) -> None:
    """Bench, supervisor or product, with two products at once: the estimates are the same to the last bit.

    Until a product has answered at all, its death counts against it, so that it is spared until some were asked.
    """
    product, test_set, log, expected = uninterrupted
    moments, victims = random.Random(1953), Counter[str]()
    runs = 0
    while victims.total() < KILLS:
        runs += 1
        out, tries = tmp_path / f"run-{runs}", 0
        while True:
            log.write_text("")
            process, killed = start(product, test_set, out, "--workers", "2"), False
            while not killed:
                try:
                    assert process.wait(moments.uniform(0.1, 0.8) * (1.0 + tries / 20.0)) == 10
                    break
                except subprocess.TimeoutExpired:
                    below = descendants(process.pid) if len(log.read_text().splitlines()) > 20 else []
                    victim = moments.choice([process.pid, *below])
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(victim, signal.SIGKILL)
                    killed = victim == process.pid
                    victims["bench" if killed else "product"] += 1
                    tries += 1
            process.wait()
            if not killed:
                break
        assert judged(out) == expected
    assert victims["bench"] > 0
    assert victims["product"] > 0


def seconds_lost(log: Path, killed: list[float]) -> float:
    """Return how long before a kill the oldest sample was asked that had to be asked again."""
    lost, first = 0.0, dict[int, float]()
    for number, when in asked(log):
        if number in first:
            kill = min(moment for moment in killed if moment > first[number])
            lost = max(lost, kill - first[number])
        first[number] = when
    return lost


def test_ctrl_c_asks_nothing_twice(uninterrupted: tuple[str, Path, Path, Any], tmp_path: Path) -> None:
    product, test_set, log, expected = uninterrupted
    log.write_text("")
    out, moments, stops = tmp_path / "stopped", random.Random(315), 0
    while True:
        process = start(product, test_set, out)
        try:
            code = process.wait(moments.uniform(0.9, 1.4))
        except subprocess.TimeoutExpired:
            if not (out / "plan.json").exists():  # on a busy machine it may not have begun
                process.kill()
                process.wait()
                continue
            os.kill(process.pid, signal.SIGINT)
            code = process.wait(30)
            stops += code == 130
        if code == 10:
            break
        assert code == 130
    assert stops > 0
    counts = Counter(number for number, _ in asked(log))
    assert counts == Counter(range(SAMPLES))
    assert judged(out) == expected
