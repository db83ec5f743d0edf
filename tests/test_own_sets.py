"""The set that docs/own-sets.md makes can be shown and judged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import steelyard
from steelyard.library.store import card

PAGE = Path(__file__).parents[1] / "docs" / "own-sets.md"


def test_the_page_s_set_can_be_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"<!-- executed by .*? -->\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    monkeypatch.chdir(tmp_path)
    exec(compile(found[1], str(PAGE), "exec"), {})
    assert card("./ward-7").samples == 3
    report = steelyard.run("miit-2017-315#medical", lambda _: "positive", test_set="./ward-7", out="out")
    assert report.counts["missed"] == 0
    assert report.counts["false_alarms"] == 1
