"""What docs/ten-minutes.md says comes true, in both languages: files, commands, exit codes, and what is printed."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path

import pytest

executed_page = runpy.run_path(str(Path(__file__).parent / "executed_page.py"))
DOCS = Path(__file__).parents[1] / "docs"
PAGES = [DOCS / "ten-minutes.md", DOCS / "ten-minutes.zh-CN.md"]
FENCED = re.compile(r"(?:<!-- .*? -->\n)?```.*?```", re.DOTALL)


def test_both_languages_show_the_same_files_commands_and_output() -> None:
    english, chinese = (FENCED.findall(page.read_text("utf-8")) for page in PAGES)
    assert english == chinese


@pytest.mark.parametrize("page", PAGES, ids=["en", "zh"])
def test_every_page_that_is_pointed_to_is_there(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8"))
    assert len(targets) > 8
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_from_an_empty_folder_to_a_report(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("there is no node, which the page's program and service need")
    page = PAGES[0]
    executed_page["write_files"](page, tmp_path)
    typed = []
    executed_page["type_commands"](page, tmp_path, typed.append)
    assert [each for each in typed if each.code != each.expected] == []
    said = " ".join(" ".join(each.said.split()) for each in typed)
    shown = re.findall(r"```text\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    for line in "".join(shown).splitlines():
        assert " ".join(line.split()) in said, line
    ways = ("function", "program", "service", "target")
    assert all((tmp_path / "runs" / way / "report.html").stat().st_size > 10_000 for way in ways)
    rates = re.findall(r"implied detection rate 二\(四\) ([\d.]+ %)", said)
    assert rates == ["81.43 %"] * 3
