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
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

KILLS = int(os.environ.get("STEELYARD_KILLS", "50"))
AGES = 600.0
SAMPLES = 400
SPEC = "miit-2017-315#medical"

# Notes each sample that it is asked before it answers: some right, some wrong, some not at all.
PRODUCT = """
    import json, os, sys, time

    log = open(os.environ["ASKED_LOG"], "a")
    for line in sys.stdin:
        asked = json.loads(line)
        number = int(asked["input"][0])
        print(number, file=log, flush=True)
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


def asked(log: Path) -> list[int]:
    """Return the numbers of the samples that the product was asked; its last line may be half written."""
    return [int(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]


def kept(out: Path) -> set[int]:
    """Return the numbers of the samples whose answers are on disk: in this set they are their positions."""
    found = set[int]()
    for part in (out / "journal").glob("*.arrow"):
        found.update(pa.ipc.open_file(part.read_bytes()).read_all()["position"].to_pylist())
    return found


class Whole(NamedTuple):
    """A run that nobody interrupted."""

    product: str
    test_set: Path
    log: Path
    judged: Any
    seconds: float


@pytest.fixture
def uninterrupted(
    write_set: Callable[..., Path], program: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Whole:
    test_set = write_set(["positive", "negative"] * (SAMPLES // 2))
    log = tmp_path / "asked.log"
    monkeypatch.setenv("ASKED_LOG", str(log))
    product = program(PRODUCT)
    began = time.monotonic()
    assert start(product, test_set, tmp_path / "whole").wait(AGES) == 10
    seconds = time.monotonic() - began
    assert sorted(asked(log)) == list(range(SAMPLES))
    assert kept(tmp_path / "whole") == set(range(SAMPLES))
    return Whole(product, test_set, log, judged(tmp_path / "whole"), seconds)


def test_fifty_kills(uninterrupted: Whole, tmp_path: Path) -> None:
    """What is on disk is not asked again; `test_journal.py` shows that all is, each second."""
    product, test_set, log, expected, seconds = uninterrupted
    moments = random.Random(2017)
    kills = runs = resumed = 0
    while kills < KILLS:
        runs += 1
        out, killed = tmp_path / f"killed-{runs}", 0
        while True:
            before = kept(out)
            log.write_text("")
            process = start(product, test_set, out)
            try:
                # Later kills leave more time: a run that is begun anew again and again must end some time.
                assert process.wait(moments.uniform(0.02, 0.6) * seconds * (1.0 + killed / 20.0)) == 10
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                killed += 1
            finally:
                assert not before & set(asked(log))
                assert before <= kept(out)
            resumed += bool(before)
        kills += killed
        assert judged(out) == expected
    assert kills >= KILLS
    assert resumed > 0


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
def test_whatever_is_killed(uninterrupted: Whole, tmp_path: Path) -> None:
    """Bench, supervisor or product, with two products at once: the estimates are the same to the last bit.

    Until a product has answered at all, its death counts against it, so that it is spared until some were asked.
    """
    product, test_set, log, expected, seconds = uninterrupted
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
                    assert process.wait(moments.uniform(0.04, 0.3) * seconds * (1.0 + tries / 20.0)) == 10
                    break
                except subprocess.TimeoutExpired:
                    below = descendants(process.pid) if len(asked(log)) > 20 else []
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


def test_ctrl_c_asks_nothing_twice(
    uninterrupted: Whole, sigint_waits: Callable[[], contextlib.AbstractContextManager[None]], tmp_path: Path
) -> None:
    """Each time it is stopped once a few more samples have been asked, until it is done; now and then at once."""
    product, test_set, log, expected, _ = uninterrupted
    more, stops, runs = random.Random(315), 0, 0
    while stops == 0:  # who looks at the log may have to wait for a processor until the run is done
        runs += 1
        out = tmp_path / f"stopped-{runs}"
        log.write_text("")
        code = 130
        while code == 130:
            enough = len(asked(log)) + max(more.randrange(-SAMPLES // 8, SAMPLES // 4), 0)
            with sigint_waits():  # it is let through once the command can answer it
                process = start(product, test_set, out)
            while process.poll() is None and len(asked(log)) < enough:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            code = process.wait(AGES)
            stops += code == 130
        assert code == 10
        assert Counter(asked(log)) == Counter(range(SAMPLES))
        assert judged(out) == expected
