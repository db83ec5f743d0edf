"""The pages of results and the pictures say what comes out: what costs little is computed and drawn anew."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "methods" / "pictures"
PAGES = {"speech": "docs/speech-results.md", "dialogue": "docs/dialogue-results.md"}


@pytest.fixture
def studied(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:  # noqa: ARG001 - sets the library's mirror
    before = set(sys.modules)
    monkeypatch.syspath_prepend(ROOT)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if name.split(".")[0] == "studies":  # what they keep is of this test's sets
            del sys.modules[name]


@pytest.mark.parametrize("picture", sorted(PICTURES.glob("[ds]*.svg")), ids=lambda path: path.name)
def test_what_a_picture_says_stands_on_the_page(picture: Path) -> None:
    page = (ROOT / PAGES[picture.name.split(".")[0]]).read_text("utf-8")
    (described,) = re.findall(r"<title>(.*?)</title>", picture.read_text("utf-8"))
    numbers = re.findall(r"\d+\.\d+(?= %)", described)
    assert [number for number in numbers if number not in page] == []
    assert len(picture.read_bytes()) < 30_000
    assert not re.search(r"<script|\bon\w+=|https?://(?!www\.w3\.org/2000/svg)", picture.read_text("utf-8"))


@pytest.mark.parametrize(
    ("field", "module"),
    [("speech", "table"), ("dialogue", "table"), ("medical", "draw")],
)
def test_results_and_pictures_come_out_again(field: str, module: str, studied: Any) -> None:
    study = studied(f"studies.{field}.{module}")
    languages = studied("studies.pictures.frame").LANGUAGES
    page = (ROOT / PAGES[field]).read_text("utf-8") if field in PAGES else ""
    for each in getattr(study, "QUICK", study.SECTIONS):
        name = each.__name__.rpartition(".")[2]
        if page:
            made = study.section(each) if hasattr(study, "section") else "\n".join(each.section())
            assert made in page, f"{name} says otherwise now: make {field}"
        for picture, draw in each.PICTURES.items():
            for language, mark in languages.items():
                drawn = (PICTURES / f"{picture}{mark}.svg").read_text("utf-8")
                assert draw(language) == drawn, f"{picture} looks different now: make {field}"
