"""What tests of products share: a product that misbehaves as told, and a check that nothing is left behind."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from steelyard.core.errors import CallError
from steelyard.core.product import Limits
from steelyard.products import _child, _sandbox

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

RUN = {"plan.json", "report.json", "report.html", "journal", "spoiled.json"}
"""All that a run's folder may hold."""


@pytest.fixture
def product_that(program: Callable[[str], str]) -> Callable[..., str]:
    """Return a function that makes a product which does ``each`` for its sample 5, or for every sample."""

    def make(each: str = "answer()", *arguments: str, before: str = "", after: str = "", every: bool = False) -> str:
        source = PRODUCT.replace("BEFORE", before).replace("EACH", each)
        return program(source.replace("EVERY", str(every)).replace("AFTER", after), *arguments)

    return make


@pytest.fixture
def needs() -> Callable[..., None]:
    """Return a function that skips the test where this machine cannot enforce what it is given, saying why."""

    def skip(limits: Limits | None = None, isolation: str = "none") -> None:
        try:
            _sandbox.check(isolation)
            _child.check(limits or Limits())
        except CallError as error:
            pytest.skip(str(error.what))

    return skip


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
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A child of the bench that is none of the product's."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


@pytest.fixture(autouse=True)
def _nothing_is_left(
    bystander: subprocess.Popen[bytes], started: Callable[[], list[str]], tmp_path: Path
) -> Iterator[None]:
    """Check, after every test, that no process, descriptor, control group or stray file is left."""
    before = _descriptors()
    yield
    assert bystander.poll() is None, "the bench killed a child that was not the product's"
    assert _descriptors() == before
    assert started() == []
    assert [str(group) for group in Path("/sys/fs/cgroup").glob(f"**/steelyard-{os.getpid()}-*")] == []
    for out in tmp_path.glob("**/plan.json"):
        assert {path.name for path in out.parent.iterdir()} <= RUN
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
