"""Ctrl-C at any moment of a command: it says so in one line, exits with 130, and leaves nothing that would not resume.

Until a process has reached the command's own code, Ctrl-C ends it as it ends any program: by the signal. So commands
are started here with the signal blocked; they let it through as soon as they can answer it (`steelyard.cli._stopping`),
and none that is sent too early is lost, or taken for a fault.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import pytest

STOPPED = 130
MOMENTS = int(os.environ.get("STEELYARD_CTRL_C", "14"))
"""Of a run; of other commands a third."""
AGES = 300.0
SPEC = "miit-2017-315#medical"
PRODUCT = 'def classify(x):\n    return "positive" if x[0] % 2 else "negative"\n'
ASKED = ["--product", "python:product.py:classify", "--set", "./made"]


class Ended(NamedTuple):
    code: int
    said: str
    errors: str
    seconds: float


Begin = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def begin(
    sigint_waits: Callable[[], AbstractContextManager[None]], tmp_path: Path, write_set: Callable[..., Path]
) -> Begin:
    """Return a function that starts a command where there are a product and a set."""
    (tmp_path / "product.py").write_text(PRODUCT, "utf-8")
    write_set(["positive", "negative"] * 60)

    def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        with sigint_waits():
            return subprocess.Popen(
                [sys.executable, "-m", "steelyard", *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=os.environ | environment,
                cwd=tmp_path,
                text=True,
            )

    return start


def end(process: subprocess.Popen[str], after: float | None = None, times: int = 1) -> Ended:
    """Wait for the end of a command that is sent Ctrl-C after some seconds."""
    began = time.monotonic()
    with process:
        try:
            if after is not None:
                try:
                    process.wait(after)
                except subprocess.TimeoutExpired:
                    for _ in range(times):
                        process.send_signal(signal.SIGINT)
            said, errors = process.communicate(timeout=AGES)
        finally:
            process.kill()
    return Ended(process.returncode, said, errors, time.monotonic() - began)


def lines_of_ours(ended: Ended) -> list[str]:
    assert "Traceback" not in ended.errors, ended.errors
    assert "Exception ignored" not in ended.errors, ended.errors
    return [line for line in ended.errors.splitlines() if line.startswith("steelyard")]


def moments(count: int, whole: float, seed: int) -> list[float]:
    """Return so many moments of something that takes about ``whole`` seconds, from its first hundredths to its end."""
    drawn = random.Random(seed)
    return [drawn.uniform(0.02, whole) for _ in range(count)]


@pytest.mark.parametrize(("times", "share"), [(1, 1.0), (2, 0.4)], ids=["once", "twice"])
def test_a_run(
    times: int, share: float, begin: Begin, started: Callable[[], list[str]],
    comes_true: Callable[[Callable[[], bool]], bool],
) -> None:  # fmt: skip
    """However often it is stopped, and where: it exits with 130, and in the end says what it would have said."""
    run = ["run", SPEC, *ASKED, "--json", "--out"]
    whole = end(begin(*run, "whole"))
    assert whole.code == 10
    expected = json.loads(whole.said)["judgements"]
    ends, out = Counter[int](), 0
    for after in moments(round(MOMENTS * share), whole.seconds, seed=times):
        ended = end(begin(*run, f"out-{out}"), after, times)
        ends[ended.code] += 1
        lines = lines_of_ours(ended)
        if ended.code == STOPPED:
            assert len(lines) == 1, ended
            assert lines[0].startswith(("steelyard: stopped", "steelyard: broken off"))
        else:
            assert (ended.code, lines) == (10, [])
            assert json.loads(ended.said)["judgements"] == expected
            out += 1
    assert ends[STOPPED] > 0
    last = end(begin(*run, f"out-{out}"))
    assert (last.code, json.loads(last.said)["judgements"]) == (10, expected)
    assert comes_true(lambda: started() == []), started()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["plan", SPEC, "--set", "./made"], 0),
        (["compare", "one", "other", "--set", "./made"], 11),
        (["load", *ASKED, "--method", "medical.diagnosis", "--scenario", "single-stream", "--minutes", "0"], 11),
    ],
    ids=["plan", "compare", "load"],
)
def test_other_commands(
    arguments: list[str], code: int, begin: Begin, started: Callable[[], list[str]],
    comes_true: Callable[[Callable[[], bool]], bool],
) -> None:  # fmt: skip
    if arguments[0] == "load":
        pytest.importorskip("mlperf_loadgen", reason="load tests need LoadGen: pip install 'steelyard[load]'")
    if arguments[0] == "compare":
        assert [end(begin("run", SPEC, *ASKED, "--out", out)).code for out in ("one", "other")] == [10, 10]
    whole = end(begin(*arguments))
    assert whole.code == code, whole
    for after in moments(max(MOMENTS // 3, 1), whole.seconds, seed=7):
        ended = end(begin(*arguments), after)
        lines = lines_of_ours(ended)
        if ended.code == STOPPED:
            assert len(lines) == 1, ended
            assert lines[0].startswith("steelyard: stopped")
        else:
            assert (ended.code, lines) == (code, [])
    assert comes_true(lambda: started() == []), started()


# What stands where Typer is looked for: each meets Ctrl-C at a moment that no clock could hit.
PRESS = "import atexit, os, signal, sys, threading, time\ndef press(): os.kill(os.getpid(), signal.SIGINT)\n"
DONE = "raise SystemExit(11)\n"  # as a command ends whose verdict is undetermined


@pytest.mark.parametrize(
    ("met", "code", "line"),
    [
        ("press()", STOPPED, "stopped"),
        # Python would end itself by the signal, though the exception was met: see `steelyard.cli._stopping.exit_code`.
        ("exec('press()')", STOPPED, "stopped"),
        ("try: press()\nexcept KeyboardInterrupt: raise ImportError('half of it')", STOPPED, "stopped"),
        ("try: exec('press()')\nexcept KeyboardInterrupt: " + DONE, 11, ""),
        ("try: press()\nfinally: press()", STOPPED, "broken off"),
        ("try: press()\nfinally: threading.Thread(target=threading.Event().wait).start(); press()", STOPPED, "broken"),
        # When the command is over: exit functions, threads that are waited for, modules that are taken apart.
        ("atexit.register(press)\n" + DONE, STOPPED, "stopped"),
        # Python loses one that comes just as it begins to wait for a lock.
        ("def late():\n    threading.main_thread().join()\n    while True: press(); time.sleep(0.02)\n"
         "threading.Thread(target=late).start()\n" + DONE, STOPPED, "stopped"),
        ("class Last:\n    kill, pid, number = os.kill, os.getpid(), signal.SIGINT\n"
         "    def __del__(self): self.kill(self.pid, self.number)\nsys.last_of_all = Last()\n" + DONE, 11, ""),
    ],
    ids=["import", "text", "other error", "met and done", "twice", "twice, with a thread", "exit function", "thread",
         "module"],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "zh"])
def test_moments_that_are_hard_to_hit(
    met: str, code: int, line: str, language: str, begin: Begin, tmp_path: Path
) -> None:
    stand_in = tmp_path / "stand_in"
    stand_in.mkdir()
    (stand_in / "typer.py").write_text(PRESS + met, "utf-8")
    ended = end(begin("plan", SPEC, PYTHONPATH=str(stand_in), STEELYARD_LANGUAGE=language))
    assert ended.code == code, ended
    lines = lines_of_ours(ended)
    assert len(lines) == bool(line), ended
    if line and language == "en":
        assert lines[0].startswith(f"steelyard: {line}")
    elif line:
        assert ("已停止；" if line == "stopped" else "已立即中断") in lines[0]


def test_a_second_one_waits_for_nothing(begin: Begin, tmp_path: Path, started: Callable[[], list[str]],
                                        comes_true: Callable[[Callable[[], bool]], bool]) -> None:  # fmt: skip
    """The product would take an hour for its answer; the first Ctrl-C would wait for it."""
    (tmp_path / "product.py").write_text(
        "import pathlib, time\ndef classify(x):\n    pathlib.Path('asked').touch()\n    time.sleep(3600)\n", "utf-8"
    )
    process = begin("run", SPEC, *ASKED, "--grant", "answer_seconds=3600", "--out", "out")
    assert comes_true((tmp_path / "asked").exists)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    said = ""
    while "press Ctrl-C again" not in said:
        said += process.stderr.read(1)
    process.send_signal(signal.SIGINT)
    ended = end(process)
    assert ended.code == STOPPED
    (line,) = lines_of_ours(ended)
    assert line == "steelyard: stopped after 0 of 120 samples; their answers are in out."
    assert "Repeat the command with --out out to go on." in ended.errors
    assert comes_true(lambda: started() == []), started()


def test_who_ignores_it_is_not_stopped(tmp_path: Path, write_set: Callable[..., Path]) -> None:
    """A shell ignores Ctrl-C for what it runs in the background."""
    (tmp_path / "product.py").write_text(PRODUCT, "utf-8")
    write_set(["positive", "negative"] * 60)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "steelyard", "run", SPEC, *ASKED, "--out", "out", "--json"],
            stdout=subprocess.DEVNULL,
            cwd=tmp_path,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    assert process.wait(AGES) == 10


def test_the_script_does_the_same(tmp_path: Path, sigint_waits: Callable[[], AbstractContextManager[None]]) -> None:
    (tmp_path / "typer.py").write_text(PRESS + "press()", "utf-8")
    script = "import sys; sys.path.insert(0, '.'); from steelyard.cli import main; sys.exit(main())"
    with sigint_waits():
        ran = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr.startswith("steelyard: stopped")) == (STOPPED, True)
