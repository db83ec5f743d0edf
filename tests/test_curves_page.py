"""What docs/curves.md says comes true: its set, its command, its table, and the curve on the page."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

from steelyard.report._quantities import UNITS

executed_page = runpy.run_path(str(Path(__file__).parent / "executed_page.py"))
PAGE = Path(__file__).parents[1] / "docs" / "curves.md"


def test_the_page_s_commands(tmp_path: Path, mirror: Path) -> None:  # noqa: ARG001 - sets the library's mirror
    executed_page["write_files"](PAGE, tmp_path)
    typed = []
    executed_page["type_commands"](PAGE, tmp_path, typed.append)
    assert [(each.line, each.errors) for each in typed if each.code != each.expected] == []
    report = json.loads((tmp_path / "run" / "report.json").read_text("utf-8"))
    found = sorted(report["groups"]["snr_db"], key=lambda each: -int(each["scope"]["snr_db"]))
    rows = [
        "| {} dB | {value:.2%} | {lower:.2%} – {upper:.2%} |".format(each["scope"]["snr_db"], **each["estimate"])
        for each in found
    ]
    written = re.findall(r"^\| -?\d+ dB .*$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [row.replace("%", " %") for row in rows] == written
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert page.count('<svg class="chart curve"') == 1
    for said in ("over signal-to-noise ratio (dB); limit", "随信噪比（dB）的变化；限值"):
        assert said in page


def test_units_are_known_and_links_lead_somewhere() -> None:
    text = PAGE.read_text("utf-8")
    assert {each.rpartition("_")[2] for each in re.findall(r"`([a-z]+_[a-z]+)`", text)} - {"snr_db"} <= set(UNITS)
    page = (PAGE.parent / "issued-report.md").read_text("utf-8")
    assert "(curves.md)" in page
