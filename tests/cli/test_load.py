"""``steelyard load`` as a user types it; every command of docs/load.md runs."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

pytest.importorskip("mlperf_loadgen", reason="load tests need LoadGen: pip install 'steelyard[load]'")

PAGE = Path(__file__).parents[2] / "docs" / "load.md"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PRODUCT = 'def right(x):\n    return "positive" if x[0] % 2 else "negative"\n'
QUICK = ["--minutes", "0", "--queries", "80"]


def steelyard(*arguments: str, cwd: Path, language: str = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "steelyard", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"STEELYARD_LANGUAGE": language},
        cwd=cwd,
        check=False,
    )


@pytest.fixture
def load(tmp_path: Path, write_set: Callable[..., Path]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs the command on a small set, with options of its own."""
    (tmp_path / "product.py").write_text(PRODUCT, "utf-8")
    write_set(["positive" if number % 2 else "negative" for number in range(12)])

    def run(*arguments: str, language: str = "en") -> subprocess.CompletedProcess[str]:
        given = ["--product", "python:product.py:right", "--method", "medical.diagnosis", "--set", "./made"]
        return steelyard("load", *given, *arguments, cwd=tmp_path, language=language)

    return run


def commands() -> list[list[str]]:
    """Return the commands of the page, but for the installation."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.startswith("steelyard")]


def test_the_page_has_commands() -> None:
    assert len(commands()) == 2


@pytest.mark.parametrize("command", commands(), ids=lambda command: command[command.index("--scenario") + 1])
def test_the_page_s_commands_run(command: list[str], tmp_path: Path) -> None:
    source = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert source is not None
    (tmp_path / "my_model.py").write_text(source[1], "utf-8")
    ran = steelyard(*command[1:], cwd=tmp_path)
    # A busy machine makes latencies hang together for long, or too long.
    assert ran.returncode in (0, 10, 11), ran.stderr
    assert re.search(r"p90 latency +\S+ ms", ran.stdout)
    assert "✓ no caching" in ran.stdout


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_printed(language: str, load: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    ran = load("--scenario", "single-stream", "--latency-limit", "p50=20s", *QUICK, language=language)
    assert ran.returncode in (0, 11)
    assert ran.stderr == ""
    for piece in ("p50", "p90", "p99", "20000 ms"):
        assert piece in ran.stdout
    if language == "zh":
        assert all(CHINESE.search(line) for line in ran.stdout.splitlines() if "：" in line)
        assert "检测台自身开销" in ran.stdout
    else:
        assert not CHINESE.search(ran.stdout.replace("杆秤", ""))
        assert "The bench itself" in ran.stdout


def test_json_is_what_is_written(load: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    ran = load("--scenario", "offline", "--qps", "1", "--out", "out", "--json", *QUICK)
    assert ran.returncode in (0, 11)
    said = json.loads(ran.stdout, parse_constant=pytest.fail)
    assert said == json.loads((tmp_path / "out" / "load.json").read_text("utf-8"))
    again = load("--scenario", "offline", "--qps", "1", "--out", "out", *QUICK)
    assert again.returncode == 2
    assert "Choose another --out" in again.stderr


def test_without_a_limit_nothing_conforms(load: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    ran = load("--scenario", "single-stream", *QUICK)
    assert ran.returncode == 11
    assert "no limit was set" in ran.stdout
    assert "Set one with --latency-limit p99=100ms." in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--scenario", "sever"], "Did you mean server?"),
        (["--scenario", "server"], "server needs --qps"),
        (["--scenario", "single-stream", "--latency-limit", "p99=fast"], "p99=100ms"),
        (["--scenario", "single-stream", "--grant", "answer_second=3"], "Did you mean answer_seconds?"),
    ],
)
def test_wrong_calls(arguments: list[str], says: str, load: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    ran = load(*arguments)
    assert ran.returncode == 2
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""


def test_without_loadgen_it_says_what_to_install(tmp_path: Path, write_set: Callable[..., Path]) -> None:
    (tmp_path / "product.py").write_text(PRODUCT, "utf-8")
    write_set(["positive", "negative"])
    hide = (
        "import importlib.util as u, sys; real = u.find_spec\n"
        "import steelyard.bench.load._plan as plan\n"
        "plan.find_spec = lambda name: None\n"
        "from steelyard.cli import main; sys.argv = ['steelyard', *sys.argv[1:]]; main()"
    )
    arguments = ["--product", "python:product.py:right", "--method", "medical.diagnosis", "--set", "./made"]
    ran = subprocess.run(
        [sys.executable, "-c", hide, "load", *arguments, "--scenario", "single-stream"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert ran.returncode == 2
    assert "pip install 'steelyard[load]'" in ran.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_broken_off_it_leaves_nothing(
    number: signal.Signals,
    tmp_path: Path,
    write_set: Callable[..., Path],
    started: Callable[[], list[str]],
    comes_true: Callable[[Callable[[], bool]], bool],
    sigint_waits: Callable[[], AbstractContextManager[None]],
) -> None:
    (tmp_path / "product.py").write_text(PRODUCT, "utf-8")
    write_set(["positive", "negative"] * 6)
    arguments = ["--product", "python:product.py:right", "--method", "medical.diagnosis", "--set", "./made"]
    long = ["--scenario", "single-stream", "--minutes", "60", "--out", "out"]
    with sigint_waits():
        process = subprocess.Popen(
            [sys.executable, "-m", "steelyard", "load", *arguments, *long],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    with process:
        detail = tmp_path / "out" / "loadgen" / "session-1" / "timed" / "mlperf_log_detail.txt"
        assert comes_true(detail.exists)  # LoadGen issues queries
        assert process.poll() is None
        process.send_signal(number)
        _, errors = process.communicate(timeout=300)
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "cannot be gone on with" in errors
        assert "Traceback" not in errors
    assert comes_true(lambda: started() == []), started()
