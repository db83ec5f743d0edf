"""Control charts of runs: the order of time, changes that begin anew, and what is out of control."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer

import steelyard
from steelyard.core.errors import CallError, UnknownName
from steelyard.report.laboratory.chart import BOUNDS, Chart, State, charts
from steelyard.report.laboratory.chart_shown import drawing, state_of, write_chart_page
from steelyard.report.reread import Reread, reread
from steelyard.stats.control_chart import DEFAULT_RULES, Rule, limits_of_individuals

STEADY = [0.10, 0.11, 0.09, 0.10, 0.12, 0.10, 0.09, 0.11]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("charted")
    steelyard.run("miit-2017-315#medical", lambda x: "positive" if x[0] > 15 else "negative", out=folder, limit=60)
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> Reread:
    return reread(folder)


def run(report: Reread, number: int, value: float | None, **changes: Any) -> Reread:
    """Return the run of one day, which found this rate of misses."""
    one = report.judgements[0]
    findings = tuple(
        replace(each, estimate=replace(each.estimate, value=value)) if each.requirement.name == "misses" else each
        for each in one.findings
    )
    return replace(
        report,
        where=f"run-{number}",
        digest=f"sha256:{number}",
        created=f"2026-01-{number + 1:02d}T00:00:00+00:00",
        judgements=(replace(one, findings=findings),),
        plan=replace(report.plan, **changes),
    )


def charted(report: Reread, values: Sequence[float], **settings: Any) -> Chart:
    runs = [run(report, number, value) for number, value in enumerate(values)]
    (found,) = charts(runs, **{"indicator": "misses", "rules": DEFAULT_RULES} | settings)
    return found


def test_the_limits_are_those_of_the_first_runs_and_stay(report: Reread) -> None:
    found = charted(report, [*STEADY, 0.10, 0.13, 0.10])
    assert found.segments[0].limits == limits_of_individuals(STEADY)
    assert found.state is State.IN_CONTROL
    assert [point.baseline for point in found.points] == [True] * 8 + [False] * 3


def test_a_jump_is_out_of_control_and_named(report: Reread) -> None:
    found = charted(report, [*STEADY, 0.10, 0.40])
    assert found.state is State.OUT_OF_CONTROL
    assert found.points[-1].rules == (Rule.BEYOND_LIMITS, Rule.EWMA)
    assert "run 10 by we1" in found.sentence.en
    assert "第 10 次检测失控" in found.sentence.zh


def test_a_small_shift_is_found_by_the_weighted_mean(report: Reread) -> None:
    found = charted(report, [*STEADY, *[0.125] * 6])
    assert {rule for point in found.points for rule in point.rules} == {Rule.EWMA}


def test_a_product_without_chance_has_no_room(report: Reread) -> None:
    assert charted(report, [0.1] * 12).state is State.IN_CONTROL
    found = charted(report, [0.1] * 11 + [0.1001])
    assert found.state is State.OUT_OF_CONTROL
    assert any("last bit" in note.en for note in found.notes)


def test_runs_are_charted_in_the_order_of_time(report: Reread) -> None:
    runs = [run(report, number, value) for number, value in enumerate([*STEADY, 0.4])]
    here, there = (charts(some, indicator="misses", rules=DEFAULT_RULES) for some in (runs, runs[::-1]))
    assert here == there


def test_too_few_runs_have_no_limits(report: Reread) -> None:
    found = charted(report, STEADY[:7])
    assert found.state is State.UNKNOWN
    assert "7 runs of the 8" in found.sentence.en
    asked = charted(report, [*STEADY, 0.1], baseline=20).sentence
    assert "9 runs of the 20" in asked.en
    assert "需要 20 次检测，现有 9 次" in asked.zh
    assert drawing(found).startswith("<svg")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"test_set_digest": "sha256:other"}, "test set"),
        ({"method_version": "2"}, "method version"),
        ({"statistics": "steelyard/statistics/9"}, "version of statistics"),
    ],
)
def test_another_set_or_version_is_a_change_and_begins_anew(report: Reread, changes: dict[str, Any], said: str) -> None:
    runs = [run(report, number, value) for number, value in enumerate(STEADY)]
    runs += [run(report, 8 + number, 0.4, **changes) for number in range(3)]
    (found,) = charts(runs, indicator="misses", rules=DEFAULT_RULES)
    assert len(found.segments) == 2
    changed = found.segments[1].changed
    assert changed is not None
    assert said in changed.en
    assert found.state is State.UNKNOWN, "what came after the change has no limits yet"
    (kept,) = charts(runs, indicator="misses", rules=DEFAULT_RULES, across=True)
    assert kept.state is State.OUT_OF_CONTROL
    assert any(said in note.en for note in kept.notes)


def test_limits_may_come_from_bounds_where_samples_differ(report: Reread) -> None:
    runs = [run(report, number, value, seed=number) for number, value in enumerate(STEADY)]
    (found,) = charts(runs, indicator="misses", rules=DEFAULT_RULES, basis=BOUNDS)
    limits = found.segments[0].limits
    assert limits is not None
    assert limits.deviation > limits_of_individuals(STEADY).deviation
    (same,) = charts([replace(each, plan=report.plan) for each in runs], indicator="misses", rules=[], basis=BOUNDS)
    assert any("same samples" in note.en for note in same.notes)


def test_what_cannot_be_charted_is_refused(report: Reread) -> None:
    two = [run(report, 0, 0.1), run(report, 1, 0.1)]
    with pytest.raises(CallError, match="two runs"):
        charts(two[:1], rules=DEFAULT_RULES)
    with pytest.raises(CallError, match="--baseline"):
        charts(two, rules=DEFAULT_RULES, baseline=7)
    with pytest.raises(UnknownName, match="misses"):
        charts(two, rules=DEFAULT_RULES, indicator="miss")
    other = replace(report.plan.product, uri="reference:other")
    with pytest.raises(CallError, match="another product"):
        charts([two[0], run(report, 1, 0.1, product=other)], rules=DEFAULT_RULES)
    with pytest.raises(CallError, match="another specification"):
        charts([two[0], run(report, 1, 0.1, specification="other")], rules=DEFAULT_RULES)
    with pytest.raises(CallError, match="no value"):
        charts([two[0], run(report, 1, None)], rules=DEFAULT_RULES)


def test_a_run_counts_once(report: Reread) -> None:
    two = [run(report, 0, 0.1), run(report, 1, 0.1)]
    for same in (two[0], replace(two[0], where="copy"), replace(two[1], where=two[0].where)):
        with pytest.raises(CallError, match="given twice"):
            charts([*two[:1], same], rules=DEFAULT_RULES)
    apart = [replace(each, digest="same", journal=frozenset([each.where])) for each in two]
    assert charts(apart, rules=DEFAULT_RULES), "the same bytes in the same second, of two runs"


@pytest.mark.parametrize(("change", "said"), [({"indicator": "false_positive_rate"}, "indicator"), ({}, "unit")])
def test_a_requirement_of_the_same_name_is_of_the_same_quantity(
    report: Reread, change: dict[str, Any], said: str
) -> None:
    second = run(report, 1, 0.1)
    one = second.judgements[0]
    findings = []
    for each in one.findings:
        limit = replace(each.requirement.limit, unit="1" if change else "dB")
        findings.append(replace(each, requirement=replace(each.requirement, limit=limit, **change)))
    second = replace(second, judgements=(replace(one, findings=tuple(findings)),))
    with pytest.raises(CallError, match=f"another {said}"):
        charts([run(report, 0, 0.1), second], indicator="misses", rules=DEFAULT_RULES)


def test_the_page_is_whole_and_in_both_languages(report: Reread, tmp_path: Path) -> None:
    found = charted(report, [*STEADY, 0.4])
    write_chart_page([found], tmp_path / "chart.html")
    page = (tmp_path / "chart.html").read_text("utf-8")
    assert page.count('<circle class="signal"') == 1
    for words in ("out of control", "失控", "control chart", "控制图", "prefers-color-scheme: dark"):
        assert words in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert state_of([found]) is State.OUT_OF_CONTROL


def test_the_command_ends_with_its_code(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from steelyard.cli.chart import command

    document = json.loads((folder / "report.json").read_text("utf-8"))
    runs = []
    for number in range(9):
        runs.append(tmp_path / f"{number}.json")
        runs[-1].write_text(json.dumps(document | {"created": f"2026-01-{number + 1:02d}"}), "utf-8")
    with pytest.raises(typer.Exit) as ended:
        command(runs, as_json=True, out=tmp_path / "page.html")
    assert ended.value.exit_code == 0
    assert json.loads(capsys.readouterr().out)["state"] == "in control"
    monkeypatch.setenv("STEELYARD_LANGUAGE", "zh")
    with pytest.raises(typer.Exit) as ended:
        command(runs[:3])
    assert ended.value.exit_code == 11
    assert "尚无控制限" in capsys.readouterr().out
    with pytest.raises(UnknownName, match="we1"):
        command(runs, rule=["we"])
    for place in (tmp_path, Path("/proc/chart.html")):  # a folder; where nobody may write
        with pytest.raises(CallError, match=r"chart\.html"):
            command(runs, out=place)
    with pytest.raises(CallError, match="同一次检测重复给出"):
        command([runs[0], *runs])
