"""The commands of docs/exports.md do what the page says."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest

from steelyard.report import exports

PAGE = Path(__file__).parents[2] / "docs" / "exports.md"
page = runpy.run_path(str(Path(__file__).parents[1] / "executed_page.py"))


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STEELYARD_LANGUAGE", "en")
    said = {}

    def see(command: object) -> None:
        assert command.code == command.expected, f"{command.line}\n{command.said}\n{command.errors}"  # type: ignore[attr-defined]
        said[command.line] = command.said  # type: ignore[attr-defined]

    page["type_commands"](PAGE, tmp_path, see)
    text = PAGE.read_text("utf-8")
    (shown,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    assert next(out for line, out in said.items() if line.startswith("python")) == shown
    assert next(out for line, out in said.items() if "sarif" in line) == "4\n"
    (metric,) = (json.loads(found) for found in re.findall(r"```json\n(.*?)```", text, re.DOTALL))
    model = json.loads((tmp_path / "report.cdx.json").read_text("utf-8"))["components"][0]["modelCard"]
    made = next(each for each in model["quantitativeAnalysis"]["performanceMetrics"] if each["type"] == metric["type"])
    assert made["slice"] == metric["slice"]
    assert float(made["value"]) == pytest.approx(float(metric["value"]))
    for side in ("lowerBound", "upperBound"):
        # Libraries of special functions differ in the last bits from machine to machine.
        assert float(made["confidenceInterval"][side]) == pytest.approx(float(metric["confidenceInterval"][side]))


def test_the_page_names_every_format() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [row for row in rows if row in exports.names()] == exports.names()
    for name in exports.names():
        assert f"\n## {name}\n" in PAGE.read_text("utf-8")


def test_the_page_names_every_column() -> None:
    """A reader of the table finds each column, those of the product and the set under a common name."""
    text = PAGE.read_text("utf-8")
    named = set(re.findall(r"`(\w+)…?`", text))
    source = Path(exports.find("csv").__file__ or "").read_text("utf-8")
    for column in re.findall(r'^        "(\w+)": ', source, re.MULTILINE):
        assert column in named or column.startswith(("product", "test_set")), column
