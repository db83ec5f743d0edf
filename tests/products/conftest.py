"""What tests of products share: a product that misbehaves as told, and a check that nothing is left behind."""

from __future__ import annotations

import os
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
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A child of the bench that is none of the product's."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


@pytest.fixture(autouse=True)
def _nothing_is_left(
    bystander: subprocess.Popen[bytes],
    nothing_is_left: None,  # noqa: ARG001 - it looks for processes and descriptors
    comes_true: Callable[[Callable[[], bool]], bool],
    tmp_path: Path,
) -> Iterator[None]:
    """Check, after every test, that no process, descriptor, control group or stray file is left."""
    yield
    assert bystander.poll() is None, "the bench killed a child that was not the product's"
    assert comes_true(lambda: not _groups()), _groups()
    for out in tmp_path.glob("**/plan.json"):
        assert {path.name for path in out.parent.iterdir()} <= RUN
        assert {path.suffix or path.name for path in (out.parent / "journal").iterdir()} <= {".arrow", "lock"}


def _groups() -> list[str]:
    """Return this process's control groups; others make and remove theirs meanwhile, which a glob stumbles over."""
    ours = f"steelyard-{os.getpid()}-"
    return [
        str(Path(where, name))
        for where, names, _ in os.walk("/sys/fs/cgroup")
        for name in names
        if name.startswith(ours)
    ]
