"""The uncertainty budget: from the report alone, by published rules, and nothing made up."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import steelyard
from steelyard.bench.repeatability import Repeatability, Spread
from steelyard.core.card import Card
from steelyard.core.errors import CallError
from steelyard.core.specification import Kind
from steelyard.core.verdict import Estimate, Finding
from steelyard.core.words import Words
from steelyard.report.laboratory.budget import Budget, Standing, budget, budgets
from steelyard.report.proof.container import packed
from steelyard.report.report import Report
from steelyard.report.reread import reread

SPEC = "miit-2017-315#medical"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("budget")
    return steelyard.run(SPEC, lambda x: "positive" if x[0] > 15 else "negative", out=folder / "run", limit=60)


def lines(found: Budget) -> dict[str, Any]:
    return {each.name.en: each for each in found.components}


def finding_of(report: Report, **changes: Any) -> Finding:
    first = report.findings[1]
    return replace(first, estimate=replace(first.estimate, **changes))


def test_a_stranger_finds_the_same_from_the_report_s_file(report: Report) -> None:
    assert report.path is not None
    read = reread(Path(report.path))
    again = budgets(read.findings, read.plan, read.card, read.repeatability)
    assert again == budgets(report.findings, report.plan, report.card, report.repeatability)
    assert [each.requirement for each in again] == ["detection", "misses", "false_alarms"]
    assert reread(Path(report.path).parent).digest == read.digest


def test_independent_rows_are_a_binomial(report: Report) -> None:
    for finding in report.findings:
        found = budget(finding, report.plan, report.card)
        n, p = finding.estimate.units, finding.estimate.value
        assert p is not None
        line = lines(found)["sampling"]
        if finding.estimate.events == 0:
            assert line.uncertainty is None
            continue
        assert line.uncertainty == pytest.approx(math.sqrt(p * (1 - p) / n))
        assert line.freedom is None


def test_clusters_have_the_standard_error_of_the_jackknife(report: Report) -> None:
    values = {"method": "jackknife-t-log/2", "log_error": 0.2, "effective_units": 21.0, "units": 25}
    rate = finding_of(report, value=0.05, lower=0.03, upper=0.08, events=5.0, opportunities=100.0, **values)
    line = lines(budget(rate, report.plan, report.card))["sampling"]
    assert (line.uncertainty, line.freedom) == (pytest.approx(0.01), 20.0)
    accuracy = finding_of(report, value=0.95, lower=0.92, upper=0.97, events=5.0, opportunities=100.0, **values)
    assert lines(budget(accuracy, report.plan, report.card))["sampling"].uncertainty == pytest.approx(0.01)
    mean = finding_of(report, value=0.5, lower=0.4, upper=0.6, events=5.0, opportunities=100.0, **values)
    t = 1.7247  # Student's, 95 %, 20 degrees of freedom: any table
    assert lines(budget(mean, report.plan, report.card))["sampling"].uncertainty == pytest.approx(0.1 / t, rel=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {"events": 0.0, "opportunities": 70.0, "value": 0.0, "lower": 0.0, "upper": 0.04},
        {"events": 70.0, "opportunities": 70.0, "value": 1.0, "lower": 0.96, "upper": 1.0},
        {"method": "unseen-cluster/1"},
        {"method": "one-cluster/1"},
    ],
)
def test_at_the_edge_no_standard_uncertainty_is_made_up(report: Report, changes: dict[str, Any]) -> None:
    found = budget(finding_of(report, **changes), report.plan, report.card)
    assert lines(found)["sampling"].uncertainty is None
    assert (found.combined, found.expanded, found.coverage) == (None, None, None)
    assert "bounds" in found.sentence.en


def test_without_data_nothing_is_evaluated(report: Report) -> None:
    found = budget(finding_of(report, value=None, lower=None, upper=None), report.plan, report.card)
    assert lines(found)["sampling"].standing is Standing.NOT_EVALUATED
    assert found.combined is None
    assert not found.complete


def repeated(values: tuple[tuple[float, ...], ...]) -> Repeatability:
    made = Words("made", "虚构")
    return Repeatability("misses", made, "1", values, Spread(0.03, None), None, None, ())


def test_sessions_are_a_component_of_their_own_and_are_combined(report: Report) -> None:
    finding = finding_of(report, value=0.3, lower=0.2, upper=0.4, events=30.0, opportunities=100.0, units=100)
    found = budget(finding, report.plan, report.card, repeated(((0.28, 0.30), (0.31, 0.33), (0.27, 0.31))))
    line = lines(found)["start of the product (session)"]
    means = [0.29, 0.32, 0.29]
    spread = math.sqrt(sum((mean - 0.3) ** 2 for mean in means) / 2)
    assert (line.uncertainty, line.freedom) == (pytest.approx(spread / math.sqrt(3)), 2.0)
    sampled = lines(found)["sampling"].uncertainty
    assert found.combined == pytest.approx(math.hypot(sampled, line.uncertainty))
    assert found.freedom == pytest.approx(found.combined**4 / (line.uncertainty**4 / 2.0))
    assert found.expanded == pytest.approx(found.coverage * found.combined)


def test_repeats_of_one_start_say_nothing_of_another(report: Report) -> None:
    found = lines(budget(finding_of(report), report.plan, report.card, repeated(((0.1, 0.2, 0.15),))))
    assert found["repeatability"].uncertainty == pytest.approx(0.03 / math.sqrt(3))
    assert found["start of the product (session)"].standing is Standing.NOT_EVALUATED


def test_repeats_of_all_samples_say_nothing_of_one_group_among_several(report: Report) -> None:
    one = report.findings[1]
    other = replace(one, scope={"disease": "another"})
    shown = budgets([one, other], report.plan, report.card, [repeated(((0.1,), (0.2,)))])
    assert [lines(each)["start of the product (session)"].uncertainty for each in shown] == [None, None]
    (alone,) = budgets([one], report.plan, report.card, [repeated(((0.1,), (0.2,)))])
    assert lines(alone)["start of the product (session)"].uncertainty == pytest.approx(0.05)


def test_recorded_answers_know_no_other_start(report: Report) -> None:
    plan = replace(report.plan, assurance="C")
    found = lines(budget(finding_of(report), plan, report.card, repeated(((0.1,), (0.1,)))))
    assert found["start of the product (session)"].standing is Standing.NOT_EVALUATED


@pytest.mark.parametrize(("stated", "standing"), [(None, Standing.NOT_EVALUATED), (0.01, Standing.EVALUATED)])
def test_reference_answers_are_a_ceiling_and_not_combined(
    report: Report, stated: float | None, standing: Standing
) -> None:
    card: Card = replace(report.card, reference_error=stated, raters=3)
    line = lines(budget(finding_of(report), report.plan, card))["reference answers"]
    assert line.standing is standing
    assert not line.combined
    assert "3 people" in line.because.en
    assert "3 人" in line.because.zh


def test_no_interval_leaves_what_a_share_can_be(report: Report) -> None:
    finding = finding_of(report, value=0.01, lower=0.0005, upper=0.04, events=1.0, opportunities=100.0, units=100)
    found = budget(finding, report.plan, report.card)
    assert found.combined is not None
    assert found.expanded is None
    assert "4.00 %" in found.sentence.en


def test_of_time_the_clock_counts_and_no_reference_answer(report: Report) -> None:
    first = report.findings[1]
    (reading, *_) = report.plan.clause.readings
    spoken = replace(reading, method="speech.words", options={})
    plan = replace(report.plan, clause=replace(report.plan.clause, readings=(spoken,)))
    card = replace(report.card, reference_error=0.01)
    found = {}
    for name in ("real_time_factor", "word_error_rate"):
        finding = replace(first, requirement=replace(first.requirement, indicator=name))
        found[name] = [
            lines(budget(finding, plan, card))[each].standing for each in ("instrument", "reference answers")
        ]
    assert found["real_time_factor"] == [Standing.NOT_EVALUATED, Standing.NOT_APPLICABLE]
    assert found["word_error_rate"] == [Standing.NOT_APPLICABLE, Standing.EVALUATED]


def test_what_is_measured_asks_for_its_instrument(report: Report) -> None:
    first = report.findings[0]
    limit = replace(first.requirement.limit, unit="ms")
    estimate: Estimate = first.estimate
    measured = replace(first, requirement=replace(first.requirement, limit=limit), estimate=estimate)
    assert lines(budget(measured, report.plan, report.card))["instrument"].standing is Standing.NOT_EVALUATED
    assert lines(budget(first, report.plan, report.card))["instrument"].standing is Standing.NOT_APPLICABLE
    foggy = replace(report.plan, condition="fog")
    assert lines(budget(first, foggy, report.card))["conditions"].standing is Standing.NOT_EVALUATED


def test_the_page_shows_each_budget_in_both_languages(report: Report) -> None:
    assert report.path is not None
    shown = Path(report.path).with_suffix(".html").read_text("utf-8")
    assert shown.count('<caption class="skip"><span class="w" lang="en">implied detection rate') >= 1
    for words in ("Uncertainty budget", "不确定度评定", "not evaluated", "未评定"):
        assert words in shown


def test_a_census_has_no_sampling_and_still_its_sessions(report: Report) -> None:
    first = report.findings[1]
    listed = replace(first, requirement=replace(first.requirement, kind=Kind.CENSUS))
    alone = budget(listed, report.plan, report.card)
    assert lines(alone)["sampling"].standing is Standing.NOT_APPLICABLE
    assert alone.combined is None
    found = budget(listed, report.plan, report.card, repeated(((0.28,), (0.32,))))
    assert found.combined == pytest.approx(0.02)
    assert "session" in found.because.en


def test_a_bundle_is_read_as_its_report(report: Report, tmp_path: Path) -> None:
    assert report.path is not None
    (tmp_path / "report.zip").write_bytes(packed({"report.json": Path(report.path).read_bytes()}))
    assert reread(tmp_path / "report.zip").findings == reread(Path(report.path)).findings
    (tmp_path / "empty.zip").write_bytes(packed({"a.txt": b"1"}))
    with pytest.raises(CallError, match="no report"):
        reread(tmp_path / "empty.zip")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "not a report"),
        ("[]", "not a report"),
        ("[" * 100_000 + "]" * 100_000, "too deeply"),
        ('{"plan": 1}', "not a report"),
    ],
    ids=["nothing", "a list", "nested", "another object"],
)
def test_what_is_no_report_is_refused(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "report.json").write_text(written)
    with pytest.raises(CallError, match=said):
        reread(tmp_path)
    with pytest.raises(CallError, match="cannot read"):
        reread(tmp_path / "nothing")


def test_a_changed_plan_is_refused(report: Report, tmp_path: Path) -> None:
    assert report.path is not None
    document = json.loads(Path(report.path).read_text("utf-8"))
    document["plan"]["seed"] = 7
    (tmp_path / "report.json").write_text(json.dumps(document))
    with pytest.raises(CallError, match="changed"):
        reread(tmp_path)


def test_the_command_prints_what_the_page_shows(
    report: Report, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from steelyard.cli.budget import command

    assert report.path is not None
    show: Callable[..., None] = command
    show(Path(report.path), as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert [each["requirement"] for each in document["budgets"]] == ["detection", "misses", "false_alarms"]
    monkeypatch.setenv("STEELYARD_LANGUAGE", "zh")
    show(Path(report.path), as_json=False)
    assert "抽样" in capsys.readouterr().out
