"""Hostile products: each ends in the right verdict, a clear line in the report, and leaves nothing behind."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import steelyard
from steelyard.core.errors import BenchError
from steelyard.core.product import Limits
from steelyard.products import _group

ROOT = Path(__file__).parents[2]
SPEC = "miit-2017-315#medical"
SAMPLES = 20
SHORT: dict[str, Any] = {"answer_seconds": 2.0, "start_seconds": 5.0}
PATIENT: dict[str, Any] = {"answer_seconds": 120.0, "start_seconds": 120.0}
"""Who answers has all the time that it may take on a busy machine; who must be found not to, less."""
UNDETERMINED, FAILED = "undetermined", "does not conform"

SLEEPER = 'subprocess.Popen(["sleep", "600"], start_new_session=True, stdin=-3, stdout=-3, stderr=-3)'


class Case(NamedTuple):
    """What a product does, and what comes of it."""

    each: str = "answer()"
    """Done for the sample with number 5."""
    faults: dict[str, int] = {}  # noqa: RUF012
    says: str = ""
    """A pattern, found in the report: of the first failure, or in a note."""
    before: str = ""
    after: str = ""
    every: bool = False
    """Whether ``each`` is done for every sample."""
    limits: dict[str, Any] = {}  # noqa: RUF012
    verdict: str = UNDETERMINED
    isolation: str = "none"
    needs: str = ""
    """``pids``: can be done only where there is such a control group."""


ONE_CRASH, ONE_TIMEOUT, ONE_MALFORMED = {"crash": 1}, {"timeout": 1}, {"malformed": 1}
BOMB = """
        while True:
            try:
                os.fork()
            except OSError:
                pass"""
REVERSED = """
        waiting = [asked]
        while select.select([0], [], [], 0.05)[0] and (line := sys.stdin.readline()):
            waiting.append(json.loads(line))
        for asked in reversed(waiting):
            number = int(asked["input"][0])
            answer(asked["id"])"""

CASES = {
    "well-behaved": Case(),
    "crash on one sample": Case("os._exit(7)", ONE_CRASH, "exit code 7"),
    "crash always": Case("os._exit(3)", {"crash": SAMPLES}, "exit code 3", every=True, verdict=FAILED),
    "crash at start": Case(
        before="sys.exit('no licence')", faults={"crash": SAMPLES}, says="no licence", verdict=FAILED
    ),
    "killed by a signal without a name": Case("os.kill(os.getpid(), 40)", ONE_CRASH, "killed by 40"),
    "hang": Case("time.sleep(600)", ONE_TIMEOUT, "no answer within"),
    "hang, deaf to the end of its input": Case(
        "signal.pause()", ONE_TIMEOUT, "no answer within", before="signal.signal(15, signal.SIG_IGN)"
    ),
    "slow drip": Case(
        'while True: sys.stdout.write("{"); sys.stdout.flush(); time.sleep(0.02)', ONE_TIMEOUT, "no answer within"
    ),
    # The kernel counts refusals only in a control group; elsewhere the time-out tells.
    "fork bomb": Case(
        BOMB, ONE_TIMEOUT, "(more than the 16 processes granted|no answer within)", limits={"processes": 16}
    ),
    "memory balloon": Case(
        "hoard = [bytearray(2**24) for _ in range(200)]",
        ONE_CRASH,
        "(used more than the 300,000,000 bytes of memory granted|MemoryError)",
        limits={"memory_bytes": 300_000_000},
    ),
    "memory balloon of a child": Case(
        'subprocess.run([sys.executable, "-c", "x = bytearray(10**9)"], check=True); answer()',
        ONE_CRASH,
        "",
        limits={"memory_bytes": 300_000_000},
    ),
    "a line of 1 GB": Case(
        'for _ in range(1000): sys.stdout.write("y" * 10**6)',
        ONE_MALFORMED,
        "a line of more than 67108864 bytes",
    ),
    "not UTF-8": Case(
        r"""os.write(1, b'{"id": %d, "output": "\xff\xfe"}\n' % asked["id"])""", ONE_MALFORMED, "not JSON: 'utf-8'"
    ),
    "garbage and logging": Case(
        r'say("epoch 1"); os.write(1, b"\x00\xff\n[]\n{}\n\n7\n"); answer()', {}, "log to standard error", every=True
    ),
    "endless logging": Case(
        'while True: say("x" * 10**6)',
        ONE_MALFORMED,
        "more than 50000000 bytes of output",
        limits={"output_bytes": 50_000_000},
    ),
    "endless logging on standard error": Case(
        'while True: sys.stderr.write("x" * 10**6)',
        ONE_MALFORMED,
        "more than 50000000 bytes of output",
        limits={"output_bytes": 50_000_000},
    ),
    "closes standard output": Case("os.close(1); time.sleep(600)", ONE_CRASH, "it closed its output"),
    "closes standard input": Case("answer(); os.close(0)"),
    "answers twice": Case("answer(); answer()", {}, "(19|20) answers to what had been answered", every=True),
    "answers out of order": Case(REVERSED, {}, "", every=True),
    "answers with an id that nobody has": Case("answer(10**6)", ONE_TIMEOUT, "1000000"),
    "answers with its neighbour's id": Case('answer(asked["id"] - 1)', ONE_TIMEOUT, "no answer within"),
    "answers with ids of every kind": Case(
        """for name in (None, True, 1.5, -1, [1], {}, "x", 10**30): answer(name)
        answer()""",
        {},
        "answered nothing",
        every=True,
    ),
    "NaN": Case("""say('{"id": %d, "output": NaN}' % asked["id"])""", ONE_MALFORMED, "got a number: nan"),
    "1e999": Case("""say('{"id": %d, "output": 1e999}' % asked["id"])""", ONE_MALFORMED, "got a number: inf"),
    "nesting without end": Case(
        """say('{"id": %d, "output": ' % asked["id"] + "[" * 10**6)""", ONE_MALFORMED, "not JSON"
    ),
    "answers after the end": Case(
        after="""for name in range(3): say('{"id": %d, "output": "positive"}' % name)""",
        says="3 lines came after its input had ended",
    ),
    "never ends": Case(after='while True: say("x" * 1000)', says="lines came after its input had ended"),
    "children in sessions of their own": Case(
        f"{SLEEPER}; answer()", {}, "it left 1 processes behind when it ended; they were killed"
    ),
    "children, and a crash": Case(f"{SLEEPER}; os._exit(0)", ONE_CRASH, "processes behind"),
    "kills its supervisor": Case(
        f"{SLEEPER}; answer(); os.kill(os.getppid(), 9)", {}, "it killed the process that watches over it", needs="pids"
    ),
    "kills all that it can see, isolated": Case(f"{SLEEPER}; os.kill(-1, 9); answer()", isolation="bwrap"),
    "fork bomb, isolated": Case(
        BOMB, ONE_TIMEOUT, "more than the 16", limits={"processes": 16}, needs="pids", isolation="bwrap"
    ),
    "killed by a signal, isolated": Case("os.kill(os.getpid(), 11)", ONE_CRASH, "killed by SIGSEGV", isolation="bwrap"),
}


@pytest.mark.parametrize("name", CASES)
def test_hostile(
    name: str,
    product_that: Callable[..., str],
    needs: Callable[..., None],
    write_set: Callable[..., Path],
    tmp_path: Path,
) -> None:
    case = CASES[name]
    limits = Limits(**(SHORT if "timeout" in case.faults else PATIENT) | case.limits)
    needs(limits, case.isolation)
    if case.needs and _group.home(case.needs) is None:
        pytest.skip(f"no {case.needs} control group can be made here")
    product = product_that(case.each, before=case.before, after=case.after, every=case.every)
    report = steelyard.run(
        SPEC,
        product,
        test_set=str(write_set(["positive", "negative"] * (SAMPLES // 2))),
        out=tmp_path / "out",
        limits=limits,
        isolation=case.isolation,
    )
    said = " ".join([*(str(failure.first.en) for failure in report.failures if failure.first), *_notes(report)])
    assert {failure.fault.value: failure.count for failure in report.failures} == case.faults, said
    assert re.search(case.says, said), said
    assert report.verdict.value == case.verdict
    assert report.document()["plan"]["isolation"] == case.isolation


def _notes(report: Any) -> Iterator[str]:
    for note in report.notes:
        assert note.en
        assert note.zh
        yield note.en


@pytest.mark.parametrize("name", ["fork bomb", "memory balloon", "children in sessions of their own"])
def test_without_control_groups(
    name: str,
    product_that: Callable[..., str],
    needs: Callable[..., None],
    write_set: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_group, "home", lambda _: None)
    test_hostile(name, product_that, needs, write_set, tmp_path)


def test_a_bench_that_is_killed_takes_the_product_with_it(
    product_that: Callable[..., str],
    write_set: Callable[..., Path],
    started: Callable[[], list[str]],
    comes_true: Callable[[Callable[[], bool]], bool],
    tmp_path: Path,
) -> None:
    each = f"{SLEEPER}; open(sys.argv[1], 'w').close(); time.sleep(600)"
    product = product_that(each, str(tmp_path / "asked"), every=True)
    made = write_set(["positive", "negative"])
    command = [sys.executable, "-m", "steelyard", "run", SPEC, "--product", product, "--set", str(made)]
    bench = subprocess.Popen([*command, "--out", str(tmp_path / "out")], stdout=subprocess.DEVNULL)
    try:
        assert comes_true((tmp_path / "asked").exists)
    finally:
        bench.kill()
        bench.wait()
    assert comes_true(lambda: not started()), started()
    ours = f"steelyard-{bench.pid}-"

    def groups() -> list[str]:  # not by a glob, which stumbles over groups that others remove meanwhile
        return [name for _, names, _ in os.walk("/sys/fs/cgroup") for name in names if name.startswith(ours)]

    assert comes_true(lambda: not groups()), groups()


def test_a_full_disk_stops_the_run_which_then_resumes(
    product_that: Callable[..., str], write_set: Callable[..., Path], tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        each = 'say(json.dumps({"id": asked["id"], "error": "x" * 1000})) if number % 3 else answer()'
        product = product_that(each, every=True)
        made = write_set(["positive", "negative"] * (SAMPLES // 2))

        def run() -> Any:
            return steelyard.run(SPEC, product, test_set=str(made), out=small / "out")

        (small / "filler").write_bytes(bytes(230_000))
        with pytest.raises(BenchError, match=r"cannot write the journal in .*(\n.*)?it resumes") as caught:
            run()
        assert caught.value.exit_code == 1
        assert [path.suffix or path.name for path in (small / "out" / "journal").iterdir()] == ["lock"]
        (small / "filler").unlink()
        assert run().answered == 7
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=True)


def test_a_clock_that_jumps_decides_nothing(
    product_that: Callable[..., str],
    needs: Callable[..., None],
    write_set: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jumps = itertools.cycle((-1e9, 1e9, 0.0))
    wall = time.time
    monkeypatch.setattr(time, "time", lambda: wall() + next(jumps))
    test_hostile("hang", product_that, needs, write_set, tmp_path)


def test_only_names_and_dates_are_taken_from_the_wall_clock() -> None:
    asks = re.compile(r"\btime\.time\(|\butcnow\(|\bnow\(")
    users = {path.name for path in (ROOT / "src").rglob("*.py") if asks.search(path.read_text("utf-8"))}
    # Folders' names, dates of reports, records and a log's entries, whether a report is valid or dated in the future,
    # when a service was asked and until when it asks to wait.
    dates = {"bundle.py", "log.py", "record.py", "report.py", "signed.py", "standing.py"}
    assert users <= {"api.py", "demo.py", "load.py", "_http.py", *dates}
