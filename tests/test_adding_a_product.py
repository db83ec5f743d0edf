"""The way to reach a product that docs/adding-a-product.md shows works, by its own test, as a third party's plug-in."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

executed_page = runpy.run_path(str(Path(__file__).parent / "executed_page.py"))
ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "adding-a-product.md"
MYPY = ["mypy", "--strict", "--no-incremental", "tcp.py"]
RUFF = ["ruff", "check", "--no-cache", "--ignore", "ARG001", "--config", str(ROOT / "pyproject.toml"), "tcp.py"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    executed_page["write_files"](PAGE, tmp_path)
    executed_page["install"](tmp_path)
    return tmp_path


def test_the_page_s_plug_in_is_found_and_passes_the_page_s_test(folder: Path) -> None:
    typed = []
    executed_page["type_commands"](PAGE, folder, typed.append)
    assert [each.code for each in typed] == [0, 0], typed
    assert "tcp:192.168.0.7:7000" in typed[0].said
    assert "10 passed" in typed[1].said


def test_the_page_s_plug_in_has_types_and_style(folder: Path) -> None:
    pytest.importorskip("mypy", reason="make check installs it")
    pytest.importorskip("ruff", reason="make check installs it")
    for tool in (MYPY, RUFF):
        ran = subprocess.run([sys.executable, "-m", *tool], cwd=folder, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
