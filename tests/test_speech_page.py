"""What the pages on speech say comes true: their specification, their commands, exit codes, and what is printed."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from steelyard.measures.normalisation import NORMALISERS

executed_page = runpy.run_path(str(Path(__file__).parent / "executed_page.py"))
DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "speech.md"


def test_what_the_pages_say_comes_true(tmp_path: Path, mirror: Path) -> None:  # noqa: ARG001 - sets the library's mirror
    pages = [PAGE, *sorted(each for each in (DOCS / "methods").glob("speech.*.md") if ".zh-CN" not in each.name)]
    assert executed_page["comes_true"](pages, tmp_path) == 7
    report = (tmp_path / "runs" / "english" / "report.html").read_text("utf-8")
    assert report.count("<audio controls") == 5
    lines = (DOCS / "methods" / "speech.words.md").read_text("utf-8").splitlines()
    quoted = " ".join(line.removeprefix(">").strip() for line in lines if line.startswith(">"))
    heard = [each.partition(" · ")[2].strip().removesuffix(" …") for each in quoted.split("▶ ")[1:]]
    assert len(heard) == 2
    for each in heard:
        assert re.sub(r"~~(.*?)~~", r"<del>\1</del>", each) in report
    assert len(report.encode()) < 5_000_000


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE.read_text("utf-8")):
        assert (PAGE.parent / target).exists(), target


@pytest.mark.parametrize("page", ["speech.recognition.md", "speech.recognition.zh-CN.md"])
def test_the_page_names_every_normaliser(page: str) -> None:
    text = (DOCS / "methods" / page).read_text("utf-8")
    assert set(re.findall(r"`([a-z]+/\d+)`", text)) == set(NORMALISERS)
