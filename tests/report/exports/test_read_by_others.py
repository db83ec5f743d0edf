"""Each format, read by a program that somebody else wrote for it."""

from __future__ import annotations

import csv as csv_module
import io
import json
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from junitparser import Error, Failure, JUnitXml, Skipped
from sarif_pydantic import Sarif

from steelyard.core.specification import Kind
from steelyard.core.verdict import Verdict
from steelyard.report import exports
from steelyard.report.exports import VerifiedReport, csv, cyclonedx, junit, model_card, sarif

HUGGING_FACE = Path(__file__).parents[3] / ".venv-servers" / "datasets" / "bin" / "python"
Members = Mapping[str, bytes]
RUNS = ["drawn", "grouped", "repeated", "sequential"]


@pytest.fixture(scope="module")
def found(bundles: Mapping[str, Members]) -> dict[str, VerifiedReport]:
    return {name: exports.verified_report(bundles[name], Path("report.zip")) for name in RUNS}


def judged(found: VerifiedReport, verdict: Verdict, **changes: Any) -> VerifiedReport:
    """The same report, had all come out so."""
    report = found.report
    judgements = tuple(
        replace(each, verdict=verdict, findings=tuple(replace(one, verdict=verdict) for one in each.findings))
        for each in report.judgements
    )
    clause = replace(report.clause, **changes)
    return replace(found, report=replace(report, verdict=verdict, judgements=judgements, clause=clause))


# --- CycloneDX -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RUNS)
def test_cyclonedx_is_valid(name: str, found: dict[str, VerifiedReport]) -> None:
    document = cyclonedx.export(found[name]).decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(document) is None


def test_the_validator_would_notice(found: dict[str, VerifiedReport]) -> None:
    document = json.loads(cyclonedx.export(found["drawn"]))
    document["components"][0]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0]["value"] = 0.5
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document)) is not None


@pytest.mark.parametrize(
    ("licence", "said"),
    [
        ("CC-BY-4.0", [{"license": {"id": "CC-BY-4.0"}}]),
        ("LicenseRef-terms", [{"license": {"name": "LicenseRef-terms"}}]),
        ("NOASSERTION", None),
    ],
)
def test_cyclonedx_knows_the_set_s_licence(licence: str, said: Any, found: dict[str, VerifiedReport]) -> None:
    report = found["drawn"].report
    one = replace(found["drawn"], report=replace(report, card=replace(report.card, licence=licence)))
    document = cyclonedx.export(one).decode()
    assert json.loads(document)["components"][1].get("licenses") == said
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(document) is None


def test_cyclonedx_has_a_metric_for_each_finding_and_group(found: dict[str, VerifiedReport]) -> None:
    report = found["grouped"].report
    model, data = json.loads(cyclonedx.export(found["grouped"]))["components"]
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert len(metrics) == sum(len(each.findings) for each in report.judgements) + sum(map(len, report.groups.values()))
    assert {metric.get("slice", "").partition("=")[0] for metric in metrics} >= {"disease", "band"}
    first = report.findings[0].estimate
    assert [float(metrics[0][name]) for name in ("value",)] == [first.value]
    assert float(metrics[0]["confidenceInterval"]["lowerBound"]) == first.lower
    assert (data["name"], data["version"]) == (report.card.name, report.card.version)
    assert data["hashes"][0]["content"] == report.plan.test_set_digest.removeprefix("sha256:")
    assert any("croissant" in each["url"] for each in data["externalReferences"])


# --- Model cards -----------------------------------------------------------------------------------------------------

READER = """
import json, sys
from huggingface_hub import ModelCard
card = ModelCard.load(sys.argv[1])
made = [
    [one.task_type, one.dataset_name, one.dataset_split, one.dataset_revision, one.metric_type, one.metric_value,
     one.metric_name, one.metric_args, one.source_url]
    for one in card.data.eval_results
]
print(json.dumps([card.data.model_name, made]))
"""


def test_hugging_face_reads_the_model_card(found: dict[str, VerifiedReport], tmp_path: Path) -> None:
    if not HUGGING_FACE.is_file():
        pytest.skip("Hugging Face's library is not here: make servers")
    (tmp_path / "README.md").write_bytes(model_card.export(found["grouped"]))
    command = [str(HUGGING_FACE), "-c", READER, str(tmp_path / "README.md")]
    environment = {"HF_HUB_OFFLINE": "1", "HOME": str(tmp_path)}
    read = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert read.returncode == 0, read.stderr
    name, results = json.loads(read.stdout)
    report = found["grouped"].report
    assert name == report.plan.product.uri
    assert len(results) == len(report.findings)
    for result, finding in zip(results, report.findings, strict=True):
        task, dataset, split, revision, kind, value, _, arguments, source = result
        assert (task, dataset, split) == (report.plan.method, report.card.title.en, "test")
        assert revision == report.plan.test_set_digest
        assert (kind, value) == (finding.requirement.indicator, finding.estimate.value)
        assert (arguments["lower"], arguments["upper"]) == (finding.estimate.lower, finding.estimate.upper)
        assert (arguments["confidence"], arguments["sided"]) == (0.95, "one")
        assert (arguments["limit"], arguments["verdict"]) == (finding.requirement.limit.text, finding.verdict.value)
        assert source == found["grouped"].urn


def test_a_model_card_speaks_both_languages(found: dict[str, VerifiedReport]) -> None:
    said = model_card.export(found["grouped"]).decode()
    for words in found["grouped"].report.non_claims:
        assert words.zh in said
    assert "one-sided with confidence 95 %" in said
    assert "均为单侧" in said


# --- JUnit -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "binding", "kind"),
    [
        (Verdict.CONFORMS, "hard", None),
        (Verdict.DOES_NOT_CONFORM, "hard", Failure),
        (Verdict.UNDETERMINED, "hard", Error),  # what is not proved does not pass
        (Verdict.INVALID, "hard", Error),
        (Verdict.DOES_NOT_CONFORM, "soft", Skipped),  # reported, never failed
        (Verdict.INVALID, "soft", Error),
    ],
)
def test_a_runner_stops_where_the_run_did(
    verdict: Verdict, binding: str, kind: type | None, found: dict[str, VerifiedReport]
) -> None:
    one = judged(found["grouped"], verdict, binding=binding)
    document = JUnitXml.fromstring(junit.export(one))
    report = one.report
    assert document.tests == sum(len(each.findings) + 1 for each in report.judgements)
    assert bool(document.failures or document.errors) == bool(report.exit_code)
    suite = next(iter(document))
    cases = list(suite)
    assert [case.name for case in cases][-1] == "verdict"
    for case in cases:
        assert [type(result) for result in case.result] == ([] if kind is None else [kind])


def test_junit_names_each_case_once_and_counts_them(found: dict[str, VerifiedReport]) -> None:
    for one in found.values():
        root = ET.fromstring(junit.export(one))
        cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
        assert len(set(cases)) == len(cases) == int(root.get("tests", ""))
        for suite in root.iter("testsuite"):
            # The order that Jenkins' and Surefire's schemas have: properties first.
            assert next(child.tag for child in suite) == "properties"
            assert int(suite.get("errors", "")) == len(list(suite.iter("error")))
            assert int(suite.get("skipped", "")) == len(list(suite.iter("skipped")))
            assert int(suite.get("failures", "")) == len(list(suite.iter("failure")))


def test_spoiled_evidence_is_red_though_findings_conform(found: dict[str, VerifiedReport]) -> None:
    one = judged(found["grouped"], Verdict.CONFORMS)
    one = replace(one, report=replace(one.report, verdict=Verdict.INVALID))
    document = JUnitXml.fromstring(junit.export(one))
    assert (document.failures, document.errors) == (0, 1)


# --- SARIF -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "binding", "kind", "level"),
    [
        (Verdict.CONFORMS, "hard", "pass", "none"),
        (Verdict.DOES_NOT_CONFORM, "hard", "fail", "error"),
        (Verdict.UNDETERMINED, "hard", "fail", "warning"),
        (Verdict.INVALID, "hard", "fail", "error"),
        (Verdict.UNDETERMINED, "soft", "fail", "note"),
    ],
)
def test_sarif_has_a_result_for_each_finding(
    verdict: Verdict, binding: str, kind: str, level: str, found: dict[str, VerifiedReport]
) -> None:
    one = judged(found["drawn"], verdict, binding=binding)
    text = sarif.export(one).decode()
    run = Sarif.model_validate_json(text).runs[0]
    assert run.results is not None
    assert len(run.results) == sum(len(each.findings) + 1 for each in one.report.judgements)
    rules = run.tool.driver.rules
    for result in run.results:
        assert result.rule_id == rules[result.rule_index].id
        assert (result.kind, result.level) == (kind, level)
    raw = json.loads(text)["runs"][0]
    prints = [json.dumps(result["partialFingerprints"]) for result in raw["results"]]
    assert len(set(prints)) == len(prints)
    for result in raw["results"]:
        # SARIF 2.1.0, 3.27.10: a level other than none is given to failures only.
        assert result["kind"] == "fail" or result["level"] == "none"
    line = one.report.plan.clause.readings[0].line
    assert raw["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == line


# --- CSV -------------------------------------------------------------------------------------------------------------


def test_pandas_reads_the_table(found: dict[str, VerifiedReport]) -> None:
    report = found["grouped"].report
    data = csv.export(found["grouped"])
    frame = pd.read_csv(io.BytesIO(data), encoding="utf-8-sig")
    assert frame.columns[0] == "clause"
    shown = frame[frame["shown"] == "reading"]
    every = [finding for each in report.judgements for finding in each.findings]
    for column, part in (("value", "value"), ("lower", "lower"), ("upper", "upper"), ("units", "units")):
        assert shown[column].tolist() == [getattr(finding.estimate, part) for finding in every]
    assert set(frame["group"].dropna().str.partition("=")[0]) == {"disease", "band", "patient"}
    assert len(frame) == len(every) + sum(map(len, report.groups.values()))
    assert frame["bundle"].unique().tolist() == [found["grouped"].bundle]
    assert pd.read_csv(io.BytesIO(data)).columns[0] == "clause"  # with or without being told of the mark


def test_a_census_has_no_bounds(found: dict[str, VerifiedReport]) -> None:
    report = found["drawn"].report
    first = report.judgements[0]
    whole = replace(first.findings[0].requirement, kind=Kind.CENSUS)
    findings = tuple(replace(each, requirement=whole) for each in first.findings)
    one = replace(found["drawn"], report=replace(report, judgements=(replace(first, findings=findings),)))
    rows = list(csv_module.DictReader(io.StringIO(csv.export(one).decode("utf-8-sig"))))
    for row in (row for row in rows if row["shown"] == "reading"):
        assert (row["kind"], row["lower"], row["upper"]) == ("census", "", "")
    metric = json.loads(cyclonedx.export(one))["components"][0]["modelCard"]["quantitativeAnalysis"]
    assert "confidenceInterval" not in metric["performanceMetrics"][0]
