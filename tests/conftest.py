"""What all tests share: explicit seeds, the real data, and small sets made for a test."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import settings

from steelyard.core.card import Card
from steelyard.core.words import Words

settings.register_profile("steelyard", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("steelyard")

MIRROR = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of real test data, set as the library's mirror."""
    folder = Path(os.environ.get("STEELYARD_TEST_MIRROR", MIRROR))
    if not folder.is_dir():
        pytest.skip(f"the test data are not here: {folder}")
    monkeypatch.setenv("STEELYARD_MIRROR", str(folder))
    return folder


@pytest.fixture
def make_card() -> Callable[..., Card]:
    """Return a function that makes a card that says only what a test needs."""
    words = Words("made for this test", "为本测试而造")
    plain = Card(
        name="made",
        version="1",
        title=words,
        licence="CC0-1.0",
        source="made",
        citation="made",
        methods=(),
        reference=words,
    )
    return lambda **changes: replace(plain, **changes)


@pytest.fixture
def write_set(tmp_path: Path, make_card: Callable[..., Card]) -> Callable[..., Path]:
    """Return a function that writes a small set of labels for ``medical.diagnosis`` and gives its folder."""
    import pyarrow as pa

    from steelyard.library.writing import write_set

    def write(references: Sequence[str], *, name: str = "made", **changes: Any) -> Path:
        count = len(references)
        card = make_card(
            name=name,
            methods=("medical.diagnosis",),
            input={"type": "features", "size": 2},
            groups={"disease": Words("disease", "疾病")},
            units={"patient": Words("patients", "受检者")},
        )
        table = pa.table(
            {
                "id": [f"sample-{number}" for number in range(count)],
                "input": pa.array([[float(number), 0.5] for number in range(count)], pa.list_(pa.float64())),
                "reference": pa.array(list(references), pa.string()),
                "disease": ["breast cancer"] * count,
                "patient": [f"patient-{number}" for number in range(count)],
            }
        )
        write_set(tmp_path / name, replace(card, **changes), table)
        return tmp_path / name

    return write


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that writes a Python program and gives the URI of a product that runs it."""

    def write(source: str, *arguments: str) -> str:
        path = tmp_path / "product.py"
        path.write_text(dedent(source), "utf-8")
        return f"cmd:{shlex.join([sys.executable, str(path), *arguments])}"

    return write


@pytest.fixture
def sigint_waits() -> Callable[[], AbstractContextManager[None]]:
    """Return a context in which processes are started with SIGINT blocked: ours let it through once they can answer it.

    So none is taken by a Python that only starts; nor is it ignored where these tests run in a shell's background.
    """

    @contextlib.contextmanager
    def waits() -> Iterator[None]:
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        handler = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, handler)
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    return waits


AGES = 300.0
"""Seconds that nothing takes, however busy the machine is: who waits so long waits in vain."""


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Return a function that tells which processes run that this test has started from here on, whoever owns them."""
    mark = f"STARTED_BY_TEST={tmp_path}"
    monkeypatch.setenv(*mark.split("="))

    def find() -> list[str]:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_text())
            except OSError:
                continue
        return found

    return find


@pytest.fixture
def comes_true() -> Callable[[Callable[[], bool]], bool]:
    """Return a function that waits until a condition holds, for ages if need be, and tells whether it does."""

    def wait(condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + AGES
        while not (holds := condition()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return holds

    return wait


@pytest.fixture
def nothing_is_left(
    started: Callable[[], list[str]], comes_true: Callable[[Callable[[], bool]], bool], tmp_path: Path
) -> Iterator[None]:
    """Check, after a test, that no process or descriptor is left; what ends by itself is given its time."""
    before = _opened(tmp_path)
    yield
    assert comes_true(lambda: not _opened(tmp_path) - before), _opened(tmp_path) - before
    assert comes_true(lambda: started() == []), started()


def _opened(folder: Path) -> Counter[str]:
    """Return what this process has open of the kinds that the bench opens: pipes, sockets, and files of the test's own.

    Libraries and the test runner open others when it pleases them: devices, event channels, logs.
    """
    found = Counter[str]()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:  # the listing's own
            continue
        if target.startswith(("pipe:", "socket:", str(folder))):
            found[target] += 1
    return found
