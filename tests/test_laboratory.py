"""What docs/laboratory.md types comes true, and prints what the page shows."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

executed_page = runpy.run_path(str(Path(__file__).parent / "executed_page.py"))
PAGE = Path(__file__).parents[1] / "docs" / "laboratory.md"


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_LANGUAGE", "en")
    executed_page["write_files"](PAGE, tmp_path)
    typed = []
    executed_page["type_commands"](PAGE, tmp_path, typed.append)
    assert [each for each in typed if each.code != each.expected] == []
    said = {each.line.partition("   #")[0]: set(lines(each.said)) for each in typed}
    printed = re.findall(r"<!-- printed by `(.*?)` -->\n```text\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(printed) == 5
    for command, shown in printed:
        assert [line for line in lines(shown) if line not in said[command]] == [], command
    for page in ("chart.html", "validation.html", "validation.json"):
        assert (tmp_path / page).is_file()
