"""What a verdict means hangs on the requirement's kind, the rule, and whether the bounds enclose the limit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from textwrap import dedent

import pytest

import steelyard
from steelyard.core.specification import Kind
from steelyard.core.verdict import Judgement, Verdict
from steelyard.core.words import Words
from steelyard.report._bounds import bounds, scale
from steelyard.report._layout import advises, remarks
from steelyard.report.meaning import meaning
from steelyard.report.report import Report
from steelyard.report.terminal.compared import apart

SPEC = """
specification: own
edition: "1"
document: own
title: own
decision: {{rule: {rule}, confidence: 0.95}}
clauses:
  one:
    where: "1"
    words: 自拟
    meaning: own
    axis: intelligence
    readings:
      only:
        because: own
        method: medical.diagnosis
        cluster: patient
        require:
          held: {{limit: {limit}, kind: {kind}}}
"""

Run = Callable[..., Report]


@pytest.fixture
def run(write_set: Callable[..., Path], tmp_path: Path) -> Run:
    """Return a function that judges a product which misses some of so many diseased patients."""

    def judged(n: int, wrong: int, limit: str, *, rule: str = "guarded", kind: str = "sample") -> Report:
        spec = tmp_path / "own.yaml"
        spec.write_text(dedent(SPEC).format(rule=rule, limit=limit, kind=kind), "utf-8")
        test_set = write_set(["positive"] * n)
        product = lambda cells: "negative" if cells[0] < wrong else "positive"  # noqa: E731
        return steelyard.run(f"{spec}#one", product, test_set=str(test_set), out=tmp_path / "out")

    return judged


@pytest.mark.parametrize(
    ("n", "wrong", "rule", "kind", "verdict", "says"),
    [
        (400, 0, "guarded", "sample", "conforms", "The test proves it: the product meets the requirement"),
        (3, 0, "guarded", "zero_tolerance", "conforms", "may still be as high as 63.16 % (one-sided 95 % bound)"),
        (3, 1, "guarded", "zero_tolerance", "does not conform", "1 of 3 count as violations"),
        (3, 0, "simple", "sample", "conforms", "the value alone was compared, and luck is not allowed for"),
        (3, 1, "simple", "sample", "does not conform", "the value alone was compared, and luck is not allowed for"),
        (3, 0, "guarded", "census", "conforms", "On the listed items that were tested (3) its false-negative rate is"),
        (3, 1, "guarded", "census", "does not conform", "33.33 %, and < 1 % is asked for, which it misses"),
        (100, 30, "guarded", "sample", "does not conform", "The test proves that the product misses the target"),
        (100, 1, "guarded", "sample", "undetermined", "may be as low as 0.05 % or as high as 4.66 %"),
    ],
)
def test_no_more_is_said_than_is_proved(
    n: int, wrong: int, rule: str, kind: str, verdict: str, says: str, run: Run
) -> None:
    report = run(n, wrong, "false_negative_rate < 1 %", rule=rule, kind=kind)
    said = meaning(report)
    assert report.verdict.value == verdict
    assert says in said.en
    assert re.search(r"[\u4e00-\u9fff]{8}", said.zh)
    proves = {"sample"} if rule == "guarded" else set()
    assert ("proves" in said.en.replace("proves nothing", "")) is (kind in proves and verdict != "undetermined")
    assert report.path is not None
    page = unescape(Path(report.path).with_suffix(".html").read_text("utf-8")).replace("\u00a0", " ")
    assert ("false acceptance at the limit" in page) is (kind == "sample" and rule == "guarded")
    assert ('class="reach"' in page) is (kind != "census")


def test_bounds_that_do_not_enclose_the_limit_are_no_reason(run: Run) -> None:
    """Holm took a failure back, or too few clusters decide nothing: then that is said, not the bounds."""
    report = run(100, 10, "false_negative_rate < 1 %")
    (finding,) = report.findings
    because = Words("it fails by itself, but of 3 requirements one may fail by chance (Holm)", "单独看不合格")
    open_ = replace(finding, verdict=Verdict.UNDETERMINED, because=because)
    judgement: Judgement = replace(report.judgements[0], verdict=Verdict.UNDETERMINED, findings=(open_,))
    said = meaning(replace(report, verdict=Verdict.UNDETERMINED, judgements=(judgement,)))
    assert because.en in said.en
    assert "as low as" not in said.en


def test_a_census_has_neither_bounds_nor_a_new_run(run: Run) -> None:
    (finding,) = run(60, 1, "false_negative_rate < 1 %").findings
    assert advises(finding)
    listed = replace(finding, requirement=replace(finding.requirement, kind=Kind.CENSUS))
    assert not advises(listed)
    assert 'class="reach"' not in bounds(listed, scale([listed]))
    assert "a new run" not in " ".join(words.en for words in remarks([listed]))


def test_remarks_name_their_group(run: Run) -> None:
    (finding,) = run(60, 1, "false_negative_rate < 1 %").findings
    both = [replace(finding, scope={"disease": name}) for name in ("one", "other")]
    said = [words.en for words in remarks(both) if "cannot settle" in words.en]
    assert [text.split(":")[0] for text in said] == ["false-negative rate [one]", "false-negative rate [other]"]


def test_differences_of_shares_are_percentage_points() -> None:
    assert apart(0.4, "1") == Words("40 percentage points", "40 百分点")
    assert apart(None, "1").en == "—"
