"""A lathe's log, information models of OPC UA and updates of Matter devices: their counts, against their makers'."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from steelyard.core.errors import SetError
from steelyard.library import recipe
from steelyard.library.readers import mtconnect_stream

Rows = Callable[[str], list[dict[str, Any]]]


@cache
def contents(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = recipe.contents(recipe.read(name)).samples.to_pylist()
    return rows


@pytest.fixture
def rows(mirror: Path) -> Rows:  # noqa: ARG001 - sets the folder that recipes read from
    return contents


def test_a_lathe_said_as_much_as_stated(rows: Rows, mirror: Path) -> None:
    sessions = rows("mtconnect-okuma-lathe")
    items = Counter(item.split()[0] for row in sessions for item in row["items"])
    assert (items["@ASSET@"], items["pexecution"], items["ppartcount"], items["fmode"], items["avail"]) == (
        118,
        16,
        8,
        14,
        4,
    )
    lines = (mirror / "workshop" / "mtconnect-okuma-log" / "okuma.txt").read_text("ascii").splitlines()
    stamped = [line.split("|")[1] for line in lines if line.startswith("20")]
    assert sum(not item.startswith("@") for item in stamped) == 10_373
    assert "" not in items
    assert all(len(row["times"]) == len(row["items"]) == len(row["values"]) == len(row["further"]) for row in sessions)


def test_each_session_made_a_part(rows: Rows) -> None:
    for row in rows("mtconnect-okuma-lathe"):
        assert row["reference"] == 1
        states = [value for item, value in zip(row["items"], row["values"], strict=True) if item == "pexecution"]
        assert states == ["READY", "ACTIVE", "PROGRAM_COMPLETED", "READY"]
    whole = sum(max(filter(None, row["times"])) - row["times"][0] for row in rows("mtconnect-okuma-lathe"))
    assert whole / 60 == pytest.approx(23.5, abs=1)


def test_tools_are_xml(rows: Rows) -> None:
    for row in rows("mtconnect-okuma-lathe"):
        for item, value, further in zip(row["items"], row["values"], row["further"], strict=True):
            if item.startswith("@ASSET@"):
                assert value == "CuttingTool"
                assert ET.fromstring(further).attrib["assetId"] == item.split()[1]
        missing = [item for item, time in zip(row["items"], row["times"], strict=True) if time is None]
        assert all(item.startswith("*") for item in missing)


def test_items_are_those_of_the_machine_s_model(rows: Rows) -> None:
    (model,) = {row["model"] for row in rows("mtconnect-okuma-lathe")}
    known = {each.attrib.get("name") for each in ET.fromstring(model).iter()}
    said = {item for row in rows("mtconnect-okuma-lathe") for item in row["items"] if item[0] not in "*@"}
    assert len(said - known) <= 5, said - known


def test_a_line_without_time_is_named(tmp_path: Path) -> None:
    log, model = tmp_path / "okuma.txt", tmp_path / "Devices.xml"
    log.write_text("2022-08-08T13:51:34.7Z|avail|AVAILABLE\nnonsense|1\n", "utf-8")
    model.write_text("<MTConnectDevices/>", "utf-8")
    with pytest.raises(SetError, match=r"okuma\.txt:2: no time"):
        mtconnect_stream.read({"okuma.txt": log, "Devices.xml": model})


def test_information_models_are_as_listed(rows: Rows, mirror: Path) -> None:
    with (mirror / "home" / "opcua-nodesets" / "index.csv").open(encoding="utf-8") as file:
        listed = {row["file"].removesuffix(".xml"): row for row in csv.DictReader(file)}
    found = {row["id"]: row for row in rows("opcua-nodesets")}
    assert found.keys() == listed.keys()
    assert sum(len(row["nodes"]) for row in found.values()) == 4195
    for name, row in found.items():
        index = listed[name]
        stated = (index["model_uri"], index["version"], int(index["nodes"]), index["required_models"].split())
        assert (row["model"], row["version"], len(row["nodes"]), row["reference"]) == stated
        assert len(set(row["nodes"])) == len(row["nodes"]) == len(row["names"]) == len(row["classes"])


def test_references_begin_or_end_at_a_node_of_the_model(rows: Rows) -> None:
    for row in rows("opcua-nodesets"):
        nodes = set(row["nodes"])
        for here, kind, there in row["references"]:
            assert kind
            assert here in nodes or there in nodes, (row["id"], here, kind, there)


def test_updates_that_may_be_offered(rows: Rows) -> None:
    found = {row["id"]: row for row in rows("matter-ota-descriptors")}
    assert Counter(row["reference"] for row in found.values()) == {"no file": 3, "offered": 2, "list": 2, "invalid": 1}
    good, bad = (json.loads(found[f"4447-8194-1011-{kind}"]["input"])["modelVersion"] for kind in ("valid", "invalid"))
    assert [key for key in good if good[key] != bad[key]] == ["softwareVersionValid"]
    for row in found.values():
        assert (row["address"] is None) == (row["checksum"] is None) == (row["bytes"] is None)
