"""Limits: how they are granted, and that the page of them tells the truth."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from steelyard.core.product import Limits

ROOT = Path(__file__).parents[2]
SPEC = "miit-2017-315#medical"
SAMPLES = 20


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
    product_that: Callable[..., str], write_set: Callable[..., Path], tmp_path: Path
) -> None:
    made, product = write_set(["positive", "negative"]), product_that()
    command = [sys.executable, "-m", "steelyard", "run", SPEC, "--product", product, "--set", str(made)]
    command += ["--out", str(tmp_path / "out"), "--json", "--grant", "answer_seconds=7", "--grant", "line_bytes=1e6"]
    first = subprocess.run(command, capture_output=True, text=True, check=False)
    plan = json.loads(first.stdout)["plan"]
    assert (plan["limits"]["answer_seconds"], plan["limits"]["line_bytes"]) == (7.0, 1_000_000)
    again = subprocess.run([*command, "--grant", "answer_seconds=8"], capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "differs in: limits.answer_seconds" in again.stderr
