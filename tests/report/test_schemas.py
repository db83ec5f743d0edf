"""The schemas that are shipped are what the types say, real documents are valid by them, and others are not."""

from __future__ import annotations

import base64
import copy
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.registry.log import Log
from steelyard.report import schemas
from steelyard.report.proof.keys import PrivateKey
from steelyard.report.proof.signing import sign
from steelyard.report.schemas.deriving import Deriving

ROOT = Path(__file__).parents[2]
Members = Mapping[str, bytes]
MEMBERS = {
    "manifest": "manifest.json",
    "report": "report.json",
    "plan": "plan.json",
    "card": "card.json",
    "evidence-index": "evidence/index.json",
}
"""Members of every bundle."""


@pytest.fixture(scope="module")
def program() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tools"))
        yield importlib.import_module("update_schemas")


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schemas.schema(name))


def faults(name: str, document: Any) -> list[str]:
    """The first faults that are found."""
    found = validator(name).iter_errors(document)
    return [f"{error.json_path}: {error.message[:200]}" for error in islice(found, 3)]


def test_every_schema_is_what_the_types_say(program: ModuleType) -> None:
    every = {*program.DOCUMENTS, "log-entry"}
    assert set(schemas.names()) == every
    for name in every:
        assert schemas.text(name) == program.written(name), f"{name} is stale: python tools/update_schemas.py"


@pytest.mark.parametrize("name", schemas.names())
def test_a_schema_is_one_and_says_what_it_is_of(name: str) -> None:
    said = schemas.schema(name)
    jsonschema.Draft202012Validator.check_schema(said)
    assert said["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert said["$id"].startswith(f"urn:steelyard:schema:{name}:")
    assert said["title"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in said["$comment"])
    for definition in (said, *said.get("$defs", {}).values()):
        assert definition["description"], "a reader needs to know what it is"


@pytest.mark.parametrize("run", ["drawn", "grouped", "repeated", "sequential", "whole"])
def test_every_bundle_is_valid(run: str, bundles: Mapping[str, Members], key: PrivateKey) -> None:
    members = sign(bundles[run], key)
    for name, member in MEMBERS.items():
        assert faults(name, json.loads(members[member])) == []
    envelope = json.loads(members["attestations/judged.dsse.json"])
    assert faults("envelope", envelope) == []
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert faults("judged", statement["predicate"]) == []


def objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where objects with fixed members stand in a document."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from objects(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from objects(inner, (*path, place))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


FREE = {"options", "input", "scope", "counts", "groups", "units", "values", "splits", "answers", "answers_digest"}
FREE |= {"environment", "not_judged", "each", "files"}
"""Members whose own members are names that a set, a method or a run gives."""
OPEN = {"evidence-index", "run", "receipt", "log-entry"}
"""Documents in which readers pass over what they do not know."""


@settings(max_examples=40)
@given(data=st.data())
def test_what_is_more_or_missing_is_not_valid(data: st.DataObject, bundles: Mapping[str, Members]) -> None:
    name = data.draw(st.sampled_from(sorted(MEMBERS)))
    document = json.loads(bundles["grouped"][MEMBERS[name]])
    fixed = [path for path in objects(document) if not FREE & {step for step in path if isinstance(step, str)}]
    path = data.draw(st.sampled_from(sorted(fixed, key=str)))
    members = sorted(at(document, path))
    missing = copy.deepcopy(document)
    left = data.draw(st.sampled_from(members))
    del at(missing, path)[left]
    # An earlier plan has fewer fields, and says that it is one; the log is told of where there is one.
    if (name, left) not in {("report", "log")}:
        assert faults(name, missing), f"{name} without {path} {left}"
    if name not in OPEN:
        more = copy.deepcopy(document)
        at(more, path)["more"] = None
        assert faults(name, more), f"{name} with more at {path}"


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("report", ("format",), "steelyard/report/2"),
        ("report", ("verdict",), "passed"),
        ("report", ("exit_code",), 1),
        ("report", ("judgements", 0, "findings", 0, "estimate", "value"), "0.5"),
        ("report", ("judgements", 0, "findings", 0, "requirement", "kind"), "guess"),
        ("plan", ("plan", "samples"), 1.5),
        ("plan", ("plan", "format"), "steelyard/plan/9"),
        ("plan", ("digest",), "md5:0"),
        ("manifest", ("files", "report.json"), "sha256:0"),
        ("card", ("title",), "only English"),
    ],
)
def test_what_is_of_another_kind_is_not_valid(
    name: str, path: tuple[Any, ...], value: Any, bundles: Mapping[str, Members]
) -> None:
    document = json.loads(bundles["drawn"][MEMBERS[name]])
    at(document, path[:-1])[path[-1]] = value
    assert faults(name, document)


def test_a_sealed_set_s_names_are_withheld(bundles: Mapping[str, Members]) -> None:
    document = json.loads(bundles["drawn"]["evidence/index.json"])
    document["codes"][0]["names"] = None
    assert faults("evidence-index", document) == []


def test_a_plan_of_an_earlier_format_has_fewer_fields(bundles: Mapping[str, Members]) -> None:
    document = json.loads(bundles["drawn"]["plan.json"])
    for name in ("batch_bytes", "product_card", "trained_apart"):
        del document["plan"][name]
    assert faults("plan", document)
    document["plan"]["format"] = "steelyard/plan/1"
    assert faults("plan", document) == []


def test_a_log_s_entries_heads_and_receipts(tmp_path: Path, key: PrivateKey) -> None:
    log = Log(tmp_path / "log")
    plan = {"kind": "plan", "plan": f"sha256:{1:064x}", "run": "1"}
    receipts = [
        log.append(entry, key)
        for entry in (
            plan,
            plan | {"kind": "report", "bundle": f"sha256:{2:064x}", "verdict": "conforms"},
            plan | {"kind": "withdrawn", "bundle": f"sha256:{2:064x}", "reason": "a wrong set"},
        )
    ]
    for entry in log.entries():
        assert faults("log-entry", entry) == []
        for left in entry:
            assert faults("log-entry", {name: value for name, value in entry.items() if name != left})
    assert faults("log-entry", plan | {"kind": "rumour", "at": "today"})
    recall = {"kind": "recall", "name": "a@1", "reason": "b", "by": "c", "on": "d", "root": "00", "at": "today"}
    assert [bool(faults("log-entry", recall | {"recalls": what})) for what in ("test_set", "colour")] == [False, True]
    for receipt in receipts:
        assert faults("receipt", receipt.document()) == []
        assert faults("envelope", receipt.document()["head"]) == []
        assert faults("receipt", receipt.document() | {"index": "0"})


def test_types_that_no_document_is_made_of() -> None:
    with pytest.raises(TypeError, match="no part of a document"):
        Deriving().of(bytes)


def test_the_command_line(tmp_path: Path) -> None:
    def steelyard(*arguments: str, language: str = "en") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "steelyard", "schemas", *arguments]
        environment = os.environ | {"STEELYARD_LANGUAGE": language}
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)

    listed = steelyard()
    assert listed.returncode == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()] == schemas.names()
    assert "决定判定" in steelyard(language="zh").stdout
    shown = steelyard("show", "report")
    assert (shown.returncode, shown.stdout) == (0, schemas.text("report"))
    wrong = steelyard("show", "raport")
    assert (wrong.returncode, "Did you mean report?" in wrong.stderr) == (2, True)
