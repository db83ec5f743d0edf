"""The report: the same answers give the same report, and everything in it is plain JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import steelyard
from steelyard.core.canonical import digest


def call(numbers: list[float]) -> str:
    return "positive" if int(numbers[0]) % 7 else "not gradable"


def run(write_set: Callable[..., Path], tmp_path: Path, name: str) -> tuple[dict[str, Any], Path]:
    folder = tmp_path / "made"
    if not folder.exists():
        write_set(["positive", "negative", "positive"] * 30)
    report = steelyard.run("miit-2017-315#medical", call, test_set=str(folder), out=tmp_path / name)
    assert report.path == str(tmp_path / name / "report.json")
    return json.loads(Path(report.path).read_text("utf-8")), tmp_path / name


def test_the_same_answers_give_the_same_report(write_set: Callable[..., Path], tmp_path: Path) -> None:
    (first, _), (second, _) = (run(write_set, tmp_path, name) for name in ("one", "two"))
    for report in (first, second):
        assert report.pop("created").endswith("+00:00")
    assert first == second


def test_the_report_says_what_was_run(write_set: Callable[..., Path], tmp_path: Path) -> None:
    report, out = run(write_set, tmp_path, "out")
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    assert plan["plan"] == {name: value for name, value in report["plan"].items() if (name, value) != ("log", None)}
    assert plan["digest"] == report["plan_digest"] == digest(plan["plan"])
    assert report["format"] == "steelyard/report/1"
    assert report["verdict"] == "does not conform"
    assert report["exit_code"] == 10
    assert report["counts"]["patients"] == 90
    assert report["environment"]["numpy"]
    assert set(report["not_judged"]) == {"lesion", "any_mark"}
    misses = next(f for f in report["judgements"][0]["findings"] if f["requirement"]["name"] == "misses")
    assert misses["scope"] == {"disease": "breast cancer"}
    assert misses["estimate"]["method"] == "clopper-pearson/1"
    assert misses["verdict"] == "does not conform"
    assert set(misses["because"]) == {"en", "zh"}


def test_the_file_holds_what_the_report_says(tmp_path: Path) -> None:
    """The file is written from the dataclasses themselves; the document is made of plain values."""
    for name, settings in (("fixed", {}), ("often", {"repeats": 2}), ("early", {"sequential": True})):
        report = steelyard.run("miit-2017-315#medical", "reference:wdbc_logistic", out=tmp_path / name, **settings)  # type: ignore[arg-type]
        assert report.path is not None
        assert json.loads(Path(report.path).read_text("utf-8")) == report.document()
