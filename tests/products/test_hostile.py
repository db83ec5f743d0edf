"""Hostile products: each ends in the right verdict, a clear line in the report, and leaves nothing behind."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import steelyard
from steelyard.core.errors import BenchError, CallError, ProductError
from steelyard.core.product import Limits
from steelyard.products import _child, _group, _sandbox

ROOT = Path(__file__).parents[2]
SPEC = "miit-2017-315#medical"
SAMPLES = 20
SHORT: dict[str, Any] = {"answer_seconds": 0.5, "start_seconds": 2.0}
UNDETERMINED, FAILED = "undetermined", "does not conform"

# Answers rightly, but for what is put in place of BEFORE, EACH (of the sample with number 5) and AFTER.
PRODUCT = """
import json, os, select, signal, subprocess, sys, time
BEFORE
for line in iter(sys.stdin.readline, ""):
    asked = json.loads(line)
    number = int(asked["input"][0])
    def say(text):
        print(text, flush=True)
    def answer(name=asked["id"]):
        say(json.dumps({"id": name, "output": "negative" if number % 2 else "positive"}))
    if EVERY or number == 5:
        EACH
    else:
        answer()
AFTER
"""
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
        'for _ in range(1000): sys.stdout.write("y" * 10**6)', ONE_MALFORMED, "a line of more than 67108864 bytes"
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


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Check, after every test, that no process, descriptor, control group or stray file is left."""
    bystander = subprocess.Popen(["sleep", "600"])  # a child of the bench that is none of the product's
    mark = f"HOSTILE_TEST={tmp_path}"
    monkeypatch.setenv(*mark.split("="))  # whatever a product starts inherits it
    try:
        before = _descriptors()
        yield
        assert bystander.poll() is None, "the bench killed a child that was not the product's"
        assert _descriptors() == before
    finally:
        bystander.kill()
        bystander.wait()
    assert _bearing(mark) == []
    assert [str(group) for group in Path("/sys/fs/cgroup").glob(f"**/steelyard-{os.getpid()}-*")] == []
    for out in tmp_path.glob("**/plan.json"):
        assert {path.name for path in out.parent.iterdir()} <= {"plan.json", "report.json", "report.html", "journal"}
        assert {path.suffix or path.name for path in (out.parent / "journal").iterdir()} <= {".arrow", "lock"}


def _descriptors() -> list[str]:
    """What this process has open; libraries keep event channels of their own."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(entry.readlink()))
        except OSError:  # the listing's own
            continue
    return sorted(re.sub(r"\d+", "", name) for name in found if not name.startswith("/proc/"))


def _bearing(mark: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_text())
        except OSError:
            continue
    return found


def skip_unless_possible(limits: Limits, isolation: str) -> None:
    try:
        _sandbox.check(isolation)
        _child.check(limits)
    except CallError as error:
        pytest.skip(str(error.what))


@pytest.mark.parametrize("name", CASES)
def test_hostile(name: str, program: Callable[[str], str], write_set: Callable[..., Path], tmp_path: Path) -> None:
    case = CASES[name]
    limits = Limits(**SHORT | case.limits)
    skip_unless_possible(limits, case.isolation)
    if case.needs and _group.home(case.needs) is None:
        pytest.skip(f"no {case.needs} control group can be made here")
    source = PRODUCT
    for word in ("before", "each", "every", "after"):
        source = source.replace(word.upper(), str(getattr(case, word)))
    report = steelyard.run(
        SPEC,
        program(source),
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


# Looks for the answers wherever it can, and says where it found some.
SPY = """
import glob, json, os, sys

NAMES = ("samples.parquet", "card.json", "plan.json", "report.json")

def found():
    own = ("bwrap", open("/proc/self/comm").read().strip())
    for name in glob.glob("/proc/[0-9]*/comm"):
        if open(name).read().strip() not in own:
            yield name
            break
    for top in sys.argv[1].split("::"):
        for folder, _, files in os.walk(top):
            yield from (os.path.join(folder, file) for file in files if file in NAMES)
    for name in ("/etc/shadow", os.path.expanduser("~/written"), os.path.join(os.path.dirname(__file__), "written")):
        try:
            open(name, "ab" if "written" in name else "rb").close()
            yield name
        except OSError:
            pass

seen = [name for name in found() if not name.startswith("/tmp/written")]  # its own /tmp is no harm
for line in sys.stdin:
    asked = json.loads(line)
    error = {"id": asked["id"], "error": " ".join(seen)}
    right = {"id": asked["id"], "output": "negative" if asked["input"][0] % 2 else "positive"}
    print(json.dumps(error if seen else right), flush=True)
"""


@pytest.mark.parametrize("isolation", ["none", "bwrap"])
def test_the_answers_cannot_be_read_in_isolation(
    isolation: str,
    program: Callable[[str], str],
    write_set: Callable[..., Path],
    store_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    skip_unless_possible(Limits(), isolation)
    monkeypatch.setenv("STEELYARD_MIRROR", str(write_set(["positive"], name="mirror")))
    test_set = write_set(["positive", "negative"] * (SAMPLES // 2), name="set")
    earlier = tmp_path / "runs" / "earlier"
    steelyard.run(SPEC, program(PRODUCT), test_set=str(test_set), out=earlier)
    # Sets, mirror and runs lie in the product's own folder: even there they are hidden.
    monkeypatch.chdir(tmp_path)
    # One word: folders that the command line names would be shown to the product, or refused.
    everywhere = [str(tmp_path), str(store_home), f"/proc/1/root{tmp_path}", *(["/"] if isolation == "bwrap" else [])]
    product = program(SPY, "::".join(everywhere))
    report = steelyard.run(SPEC, product, test_set=str(test_set), out=tmp_path / "runs" / "now", isolation=isolation)
    if isolation == "bwrap":
        assert report.failures == ()
    else:  # the spy is worth its name
        said = report.failures[0].first.en if report.failures and report.failures[0].first else ""
        assert "/comm" in said
        assert "samples.parquet" in said
    assert (earlier / "report.json").exists()
    assert report.plan.isolation == isolation


def test_no_network_in_isolation(program: Callable[[str], str], write_set: Callable[..., Path], tmp_path: Path) -> None:
    skip_unless_possible(Limits(), "bwrap")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        before = f"import socket; reached = socket.socket().connect_ex(('127.0.0.1', {port})) == 0"
        source = PRODUCT.replace("BEFORE", before).replace("EVERY", "not reached").replace("AFTER", "")
        source = source.replace("EACH", 'say(json.dumps({"id": asked["id"], "error": "no network"}))')
        counts = {}
        made = write_set(["positive", "negative"] * (SAMPLES // 2))
        for isolation in ("none", "bwrap"):
            report = steelyard.run(
                SPEC,
                program(source.replace("number == 5", "False")),
                test_set=str(made),
                out=tmp_path / isolation,
                isolation=isolation,
            )
            counts[isolation] = sum(failure.count for failure in report.failures)
    assert counts == {"none": 0, "bwrap": SAMPLES}


def test_python_products_run_in_isolation(
    write_set: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_unless_possible(Limits(), "bwrap")
    (tmp_path / "own" / "package").mkdir(parents=True)
    (tmp_path / "own" / "package" / "names.py").write_text("NAMES = ('positive', 'negative')\n")
    (tmp_path / "own" / "package" / "model.py").write_text(
        "import numpy\nfrom package.names import NAMES\ndef call(numbers):\n    return NAMES[int(numbers[0]) % 2]\n"
    )
    test_set = write_set(["positive", "negative"] * (SAMPLES // 2))
    monkeypatch.chdir(tmp_path / "own")
    names = ("positive", "negative")
    for number, product in enumerate(("python:package.model:call", lambda numbers: names[int(numbers[0]) % 2])):
        report = steelyard.run(SPEC, product, test_set=str(test_set), out=tmp_path / f"out-{number}", isolation="bwrap")
        assert report.failures == ()
        assert report.answered == SAMPLES


@pytest.mark.parametrize(
    ("product", "says"),
    [
        ("reference:wdbc_logistic", "reference products learn from the store of sets, which isolation hides"),
        ("outputs:answers.jsonl", "nothing runs: the answers were recorded"),
    ],
)
def test_what_cannot_be_isolated_is_refused(
    product: str, says: str, write_set: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_unless_possible(Limits(), "bwrap")
    monkeypatch.chdir(tmp_path)
    Path("answers.jsonl").write_text('{"id": "sample-0", "output": "positive"}\n')
    with pytest.raises(CallError, match=says):
        steelyard.run(SPEC, product, test_set=str(write_set(["positive"])), out=tmp_path / "out", isolation="bwrap")
    assert not (tmp_path / "out").exists()


def test_a_product_among_the_answers_is_refused(
    program: Callable[[str], str], write_set: Callable[..., Path], tmp_path: Path
) -> None:
    skip_unless_possible(Limits(), "bwrap")
    made = write_set(["positive"])
    shutil.copy(shlex.split(program(PRODUCT).removeprefix("cmd:"))[1], made)
    with pytest.raises(ProductError, match="there it could read the answers"):
        steelyard.run(
            SPEC,
            f"cmd:{sys.executable} {made / 'product.py'}",
            test_set=str(made),
            out=tmp_path / "out",
            isolation="bwrap",
        )


def test_what_this_machine_cannot_do_is_refused_before_anything_is_written(
    program: Callable[[str], str], write_set: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(says: str, **asked: Any) -> None:
        with pytest.raises(CallError, match=says):
            steelyard.run(SPEC, program(PRODUCT), test_set=str(made), out=tmp_path / "out", **asked)
        assert not (tmp_path / "out").exists()

    made = write_set(["positive", "negative"])
    monkeypatch.setattr(_group, "home", lambda _: None)
    monkeypatch.setattr(_child, "_is_root", lambda: True)
    refused("the number of processes cannot be limited here", limits=Limits(processes=9))
    refused("There is no isolation called 'bwarp'", isolation="bwarp")
    monkeypatch.setattr(_sandbox, "_fault", lambda: "No permissions to create new namespace")
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: name if name == "bwrap" else which(name))
    refused("bubblewrap cannot isolate on this machine: No permissions", isolation="bwrap")
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "bwrap" else which(name))
    refused("apt-get install bubblewrap", isolation="bwrap")


@pytest.mark.parametrize("name", ["fork bomb", "memory balloon", "children in sessions of their own"])
def test_without_control_groups(
    name: str,
    program: Callable[[str], str],
    write_set: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_group, "home", lambda _: None)
    test_hostile(name, program, write_set, tmp_path)


def test_a_bench_that_is_killed_takes_the_product_with_it(
    program: Callable[[str], str], write_set: Callable[..., Path], tmp_path: Path
) -> None:
    source = PRODUCT.replace("EVERY", "1").replace("BEFORE", "").replace("AFTER", "")
    product = program(
        source.replace("EACH", f"{SLEEPER}; open(sys.argv[1], 'w').close(); time.sleep(600)"), str(tmp_path / "asked")
    )
    made = write_set(["positive", "negative"])
    command = [sys.executable, "-m", "steelyard", "run", SPEC, "--product", product, "--set", str(made)]
    bench = subprocess.Popen([*command, "--out", str(tmp_path / "out")], stdout=subprocess.DEVNULL)
    try:
        assert _within(20.0, (tmp_path / "asked").exists)
    finally:
        bench.kill()
        bench.wait()
    assert _within(5.0, lambda: not _bearing(f"HOSTILE_TEST={tmp_path}"))
    groups = Path("/sys/fs/cgroup")
    assert _within(5.0, lambda: not list(groups.glob(f"**/steelyard-{bench.pid}-*")))


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def test_a_full_disk_stops_the_run_which_then_resumes(
    program: Callable[[str], str], write_set: Callable[..., Path], tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        source = PRODUCT.replace("EVERY", "number % 3").replace("BEFORE", "").replace("AFTER", "")
        source = source.replace("EACH", 'say(json.dumps({"id": asked["id"], "error": "x" * 1000}))')
        made = write_set(["positive", "negative"] * (SAMPLES // 2))

        def run() -> Any:
            return steelyard.run(SPEC, program(source), test_set=str(made), out=small / "out")

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
    program: Callable[[str], str], write_set: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jumps = itertools.cycle((-1e9, 1e9, 0.0))
    wall = time.time
    monkeypatch.setattr(time, "time", lambda: wall() + next(jumps))
    test_hostile("hang", program, write_set, tmp_path)


def test_only_names_and_dates_are_taken_from_the_wall_clock() -> None:
    asks = re.compile(r"\btime\.time\(|\butcnow\(|\bnow\(")
    users = {path.name for path in (ROOT / "src").rglob("*.py") if asks.search(path.read_text("utf-8"))}
    assert users <= {"api.py", "demo.py", "report.py"}  # folders' names, and the date of a report


@pytest.mark.parametrize("page", ["docs/limits.md"])
def test_the_page_of_limits_tells_the_defaults(page: str) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", (ROOT / page).read_text("utf-8"), re.MULTILINE))
    said = {field.name: "unlimited" if field.default is None else f"{field.default:,}" for field in fields(Limits)}
    assert rows == said


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ("memry_bytes=8e9", "Did you mean memory_bytes?"),
        ("answer_seconds", "it takes a number above zero"),
        ("answer_seconds=soon", "it takes a number above zero"),
        ("answer_seconds=nan", "it takes a number above zero"),
        ("answer_seconds=-1", "it takes a number above zero"),
        ("processes=1.5", "it takes a whole number above zero"),
        ("memory_bytes=1e999", "it takes a whole number above zero"),
    ],
)
@pytest.mark.parametrize("command", [["run", SPEC], ["check", "--method", "medical.diagnosis"]], ids=["run", "check"])
def test_wrong_grants_are_refused(command: list[str], wish: str, says: str, tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "steelyard", *command, "--product", "cmd:cat", "--grant", wish],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert shown.returncode == 2
    assert says in shown.stderr
    assert list(tmp_path.iterdir()) == []


def test_grants_and_isolation_are_part_of_the_plan(
    program: Callable[[str], str], write_set: Callable[..., Path], tmp_path: Path
) -> None:
    made, product = write_set(["positive", "negative"]), program(PRODUCT.replace("EVERY", "0"))
    command = [sys.executable, "-m", "steelyard", "run", SPEC, "--product", product, "--set", str(made)]
    command += ["--out", str(tmp_path / "out"), "--json", "--grant", "answer_seconds=7", "--grant", "line_bytes=1e6"]
    first = subprocess.run(command, capture_output=True, text=True, check=False)
    plan = json.loads(first.stdout)["plan"]
    assert (plan["limits"]["answer_seconds"], plan["limits"]["line_bytes"]) == (7.0, 1_000_000)
    again = subprocess.run([*command, "--grant", "answer_seconds=8"], capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "differs in: limits.answer_seconds" in again.stderr
