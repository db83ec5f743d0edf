"""The page of results says what comes out: sections that cost little are computed anew."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_results_on_the_page_come_out_again(mirror: Path) -> None:  # noqa: ARG001 - sets the library's mirror
    study = runpy.run_path(str(ROOT / "studies" / "speech" / "table.py"))
    page = (ROOT / "docs" / "speech-results.md").read_text("utf-8")
    for section in study["QUICK"]:
        made = "\n".join(section())
        assert made in page, f"{section.__name__} says otherwise now: make speech"
