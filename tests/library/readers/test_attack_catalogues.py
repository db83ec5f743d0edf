"""MITRE ATLAS and AVID: as many entries as their makers state, and every reference leads somewhere."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from steelyard.library import recipe

Rows = Callable[[str], list[dict[str, Any]]]


@cache
def contents(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = recipe.contents(recipe.read(name)).samples.to_pylist()
    return rows


@pytest.fixture
def rows(mirror: Path) -> Rows:  # noqa: ARG001 - sets the folder that recipes read from
    return contents


def test_every_object_belongs_to_what_there_is(rows: Rows) -> None:
    objects = {row["id"]: row for row in rows("mitre-atlas")}
    kinds = {name: row["kind"] for name, row in objects.items()}
    for name, row in objects.items():
        above = {kinds[each] for each in row["reference"]}
        if row["kind"] == "mitigation":
            assert above <= {"technique", "sub-technique"}
            assert len(row["uses"]) == len(row["reference"]) > 0
        elif row["kind"] == "tactic":
            assert not above
        else:
            assert above == {"tactic"}, name
        assert (row["parent"] is not None) == (row["kind"] == "sub-technique")
        if row["parent"]:
            assert row["reference"] == objects[row["parent"]]["reference"]
    maturities = Counter(row["maturity"] for row in objects.values() if row["maturity"])
    assert maturities == {"demonstrated": 89, "realized": 64, "feasible": 17}


def test_every_step_uses_a_technique_that_there_is(rows: Rows) -> None:
    kinds = {row["id"]: row["kind"] for row in rows("mitre-atlas")}
    steps = rows("mitre-atlas-steps")
    assert {kinds[row["reference"]] for row in steps} == {"technique", "sub-technique"}
    assert {kinds[row["tactic"]] for row in steps} == {"tactic"}
    cases = {row["case"]: row["kind"] for row in steps}
    assert Counter(cases.values()) == {"exercise": 40, "incident": 17}
    assert [row["id"] for row in steps if row["case"] == "AML.CS0003"][:2] == ["AML.CS0003-01", "AML.CS0003-02"]


def test_two_uses_of_the_original_are_misplaced(mirror: Path) -> None:
    folder = mirror / "security" / "mitre-atlas"
    written = yaml.load(gzip.decompress((folder / "ATLAS.yaml.gz").read_bytes()), yaml.CSafeLoader)
    wrong = [
        each["id"]
        for each in written["matrices"][0]["mitigations"]
        if not all(isinstance(stage, str) for stage in each["ml-lifecycle"])
    ]
    assert wrong == ["AML.M0018", "AML.M0034"]


def test_domains_of_risk_are_as_many_as_stated(rows: Rows) -> None:
    reports = rows("avid-reports")
    counted = Counter(domain for row in reports for domain in row["reference"])
    assert counted == {"Security": 1470, "Performance": 87, "Ethics": 56}
    assert sum(not row["reference"] for row in reports) == 178
    assert Counter(row["id"][5:9] for row in reports) == {"2022": 5, "2023": 3, "2025": 25, "2026": 1712}
    assert sum(row["severity"] is not None for row in reports) == 910
    assert len({row["input"] for row in reports}) == 1745 - 11


def test_vulnerabilities_rest_on_reports(rows: Rows) -> None:
    known = {row["id"] for row in rows("avid-reports")}
    found = rows("avid-vulnerabilities")
    named = {report for row in found for report in row["reports"]}
    assert named
    assert named - known == {"AVID-2023-R0004"}, "the makers name one report that they do not publish"
    first = next(row for row in found if row["id"] == "AVID-2022-V001")
    assert (first["reference"], first["artifact"]) == (["Ethics"], "bert-base-uncased")
    assert first["reports"] == ["AVID-2022-R0001", "AVID-2022-R0003"]


def test_records_are_read_as_they_are(rows: Rows, mirror: Path) -> None:
    with gzip.open(mirror / "security" / "avid-db" / "avid-reports.jsonl.gz", "rt", encoding="utf-8") as file:
        record = json.loads(file.readline())["record"]
    row = rows("avid-reports")[0]
    assert row["input"] == record["description"]["value"]
    assert row["effects"] == ["E0101: Group fairness"]
    assert len(row["sources"]) == len(record["references"])
