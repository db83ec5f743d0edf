"""What the pages of python:, cmd:, outputs: and reference: say comes true: files, commands, exit codes, output."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from steelyard.products import schemes

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "products"
executed_page = runpy.run_path(str(ROOT / "tests" / "executed_page.py"))


@pytest.mark.parametrize("name", ["python", "cmd", "outputs", "reference"])
def test_what_a_page_says_comes_true(name: str, tmp_path: Path) -> None:
    page = PAGES / f"{name}.md"
    executed_page["write_files"](page, tmp_path)
    typed = []
    executed_page["type_commands"](page, tmp_path, typed.append)
    assert typed
    assert [each for each in typed if each.code != each.expected] == []
    said = " ".join(" ".join(f"{each.said} {each.errors}".split()) for each in typed)
    for line in "".join(re.findall(r"```text\n(.*?)```", page.read_text("utf-8"), re.DOTALL)).splitlines():
        assert " ".join(line.split()) in said, line


def test_every_way_to_reach_a_product_has_a_page_and_every_link_leads_somewhere() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} | {"https"} == set(schemes())  # https: is on the page of http:
    for page in PAGES.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_page_of_reference_products_lists_them_all() -> None:
    from steelyard.products.reference import listed

    named = re.findall(r"^\| `(\w+)` \|", (PAGES / "reference.md").read_text("utf-8"), re.MULTILINE)
    assert named == listed()
