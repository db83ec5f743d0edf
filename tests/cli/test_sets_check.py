"""``steelyard sets check``, as it is called."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ONLY = ("--only", "schema", "--only", "duplicates", "--only", "licence")


def ran(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    import os

    command = [sys.executable, "-W", "error", "-m", "steelyard", "sets", "check", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | variables)


def test_nothing_serious_is_zero_and_one_page(write_set: Callable[..., Path], tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = ran(str(write_set(["positive", "negative"] * 10)), *ONLY, "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "nothing serious" in done.stdout
    assert str(out) in done.stdout
    assert out.read_text("utf-8").startswith("<!doctype html>")


def test_a_card_that_lies_is_serious(write_set: Callable[..., Path]) -> None:
    folder = write_set(["positive", "negative"] * 10)
    card = json.loads((folder / "card.json").read_text("utf-8"))
    (folder / "card.json").write_text(json.dumps(card | {"samples": 7}), "utf-8")
    done = ran(str(folder), *ONLY, "--json")
    assert done.returncode == 10, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["exit_code"] == 10
    assert said["checks"]["schema"]["findings"][0]["kind"] == "card"


def test_it_speaks_chinese(write_set: Callable[..., Path]) -> None:
    done = ran(str(write_set(["positive", "negative"] * 10)), *ONLY, STEELYARD_LANGUAGE="zh")
    assert done.returncode == 0
    assert "未见严重问题" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("wdbcx",), "wdbc"),
        (("wdbc", "--only", "duplicate"), "duplicates"),
        (("wdbc", "--spec", "miit-2017-315#medicall"), "medical"),
        (("wdbc", "--against", "nowhere-at-all"), "nowhere-at-all"),
        (("wdbc", "--out", "/nowhere/at/all.html"), "/nowhere/at/all.html"),
    ],
)
def test_wrong_calls(words: tuple[str, ...], said: str) -> None:
    done = ran(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
