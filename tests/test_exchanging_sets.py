"""The commands of docs/exchanging-sets.md do what the page says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from steelyard.library import exchange
from steelyard.library.store import card

PAGE = Path(__file__).parents[1] / "docs" / "exchanging-sets.md"
page = runpy.run_path(str(Path(__file__).parent / "executed_page.py"))


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    page["write_files"](PAGE, tmp_path)
    typed = []

    def see(command: object) -> None:
        typed.append(command)
        assert command.code == command.expected, f"{command.line}\n{command.said}\n{command.errors}"  # type: ignore[attr-defined]

    page["type_commands"](PAGE, tmp_path, see)
    shown = re.findall(r"```text\nsteelyard: (.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert typed[0].errors == f"steelyard: {shown[0]}"
    assert "It was in the store: ward-7@1" in typed[5].said
    monkeypatch.chdir(tmp_path)
    assert card("./ward-7-croissant") == card("./ward-7-folder") == card("ward-7")
    assert card("ward-7").units["patient"].zh == "受检者"


def test_the_page_names_every_format() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == exchange.names()
