"""Compiled templates are kept, and no page depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.report._templates import template


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    template.cache_clear()
    yield tmp_path / "home"
    template.cache_clear()


def test_templates_are_compiled_once(home: Path) -> None:
    template("quality.html")
    kept = list((home / "templates").iterdir())
    assert kept
    before = kept[0].stat().st_mtime_ns
    template.cache_clear()
    template("quality.html")
    assert [path.stat().st_mtime_ns for path in kept] == [before]


def test_what_was_kept_may_be_broken(home: Path) -> None:
    template("quality.html")
    kept = next((home / "templates").iterdir())
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    template.cache_clear()
    assert template("quality.html").root_render_func is not None


def test_a_folder_that_cannot_be_written_is_no_obstacle(home: Path) -> None:
    home.write_text("a file where the folder would be")
    assert template("quality.html").root_render_func is not None
