"""What docs/speech.md says comes true: its specification, its commands, their exit codes, and what is printed."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from steelyard.measures.normalisation import NORMALISERS

executed_page = runpy.run_path(str(Path(__file__).parent / "executed_page.py"))
PAGE = Path(__file__).parents[1] / "docs" / "speech.md"


def test_what_the_page_says_comes_true(tmp_path: Path, mirror: Path) -> None:  # noqa: ARG001 - sets the library's mirror
    executed_page["write_files"](PAGE, tmp_path)
    typed = []
    executed_page["type_commands"](PAGE, tmp_path, typed.append)
    assert len(typed) == 5
    assert [each for each in typed if each.code != each.expected] == []
    said = " ".join(" ".join(each.said.split()) for each in typed)
    for line in "".join(re.findall(r"```text\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)).splitlines():
        assert " ".join(line.split()) in said, line


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE.read_text("utf-8")):
        assert (PAGE.parent / target).exists(), target


def test_the_page_names_every_normaliser() -> None:
    assert set(re.findall(r"`([a-z]+/\d+)`", PAGE.read_text("utf-8"))) == set(NORMALISERS)
