"""What the pages on dialogue say comes true: their specification, a command, its exit code, and what is printed."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from steelyard import fields
from steelyard.specs import reader

executed_page = runpy.run_path(str(Path(__file__).parent / "executed_page.py"))
DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "dialogue.md"


def test_what_the_pages_say_comes_true(tmp_path: Path, mirror: Path) -> None:  # noqa: ARG001 - sets the library's mirror
    pages = [PAGE, *sorted(each for each in (DOCS / "methods").glob("dialogue.*.md") if ".zh-CN" not in each.name)]
    assert executed_page["comes_true"](pages, tmp_path) == 1


def test_the_page_s_specification_asks_for_every_indicator(tmp_path: Path) -> None:
    executed_page["write_files"](PAGE, tmp_path)
    for clause in reader.read(str(tmp_path / "dialogue.yaml")).clauses:
        (reading,) = clause.readings
        assert reading.method is not None
        every = {indicator.name for indicator in fields.find(reading.method).indicators}
        assert {requirement.indicator for requirement in reading.requirements} == every


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE.read_text("utf-8")):
        assert (PAGE.parent / target).exists(), target
