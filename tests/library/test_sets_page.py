"""The page that lists the sets says what their cards say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from steelyard.library import store

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "tools" / "list_sets.py", "--check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, f"run tools/list_sets.py: {checked.stdout}{checked.stderr}"


def test_every_set_has_a_row() -> None:
    lines = (ROOT / "docs" / "sets.md").read_text("utf-8").splitlines()
    listed = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert listed == [store.card(name).label for name in store.names()]
    assert all(line.count(" | ") == 5 for line in lines if line.startswith("| `"))
