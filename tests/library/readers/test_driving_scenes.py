"""Driving: runs of reference drivers, scenarios of UN R157, and traffic scenes with what others compute of them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from steelyard.library import recipe
from steelyard.library.recipe import Contents

Read = Callable[[str], Contents]


@cache
def contents(name: str) -> Contents:
    return recipe.contents(recipe.read(name))


@pytest.fixture
def read(mirror: Path) -> Read:  # noqa: ARG001 - sets the folder that recipes read from
    return contents


def rows(made: Contents) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in made.samples.to_pylist()}


# --- Reference drivers ---------------------------------------------------------------------------------------------


def test_drivers_who_follow_crash_as_often_as_published(read: Read) -> None:
    made = read("r157-car-following")
    said = {model: Counter(told["output"].to_pylist()) for model, told in made.answers.items()}
    assert {model: count["crash"] for model, count in said.items()} == {"CC_human_driver": 0, "FSM": 0, "RSS": 21}
    assert sum(count.total() for count in said.values()) == 3363
    assert set(made.samples["reference"].to_pylist()) == {"preventable"}


def test_who_crashes_is_faster_than_the_one_ahead(read: Read) -> None:
    made = read("r157-car-following")
    for row, outcome in zip(rows(made).values(), made.answers["RSS"]["output"].to_pylist(), strict=True):
        assert (row["speed_difference_RSS"] > 0) == (outcome == "crash"), row["id"]


def test_the_human_driver_keeps_two_seconds(read: Read) -> None:
    for row in rows(read("r157-car-following")).values():
        _, kmh = row["input"]
        assert row["distance_CC_human_driver"] == pytest.approx(2 * kmh / 3.6, rel=1e-5)
        assert row["PFS_FSM"] is not None


# --- Scenarios of UN R157 ------------------------------------------------------------------------------------------


def test_scenarios_hold_all_that_they_refer_to(read: Read) -> None:
    found = rows(read("osc-alks-scenarios"))
    assert [name for name, row in found.items() if row["reference"] == "unavoidable"] == [
        "4.4_2 cut in unavoidable collision"
    ]
    for row in found.values():
        root = ET.fromstring(row["input"])
        assert ET.fromstring(row["road"]).tag == "OpenDRIVE"
        used = {each.attrib["catalogName"] for each in root.iter("CatalogReference")}
        assert {name for name in used if not name.startswith("$")} <= set(row["catalog_names"])
        assert len(row["parameters"]) == len(row["types"]) == len(row["values"])
    cut_in = found["4.4_1 cut in no collision"]
    assert dict(zip(cut_in["parameters"], cut_in["values"], strict=True))["Ego_InitSpeed_Ve0_kph"] == "60.0"


def test_variations_vary_parameters_that_there_are(read: Read) -> None:
    scenarios, variations = rows(read("osc-alks-scenarios")), rows(read("osc-alks-variations"))
    assert {row["scenario"] for row in variations.values()} == scenarios.keys() - {"4.4_2 cut in unavoidable collision"}
    assert sum(row["reference"] == "some unavoidable" for row in variations.values()) == 3
    for row in variations.values():
        named = [name for names in row["names"] for name in names]
        assert set(named) <= set(scenarios[row["scenario"]]["parameters"])
        assert len(set(named)) == len(named)
        for names, values in zip(row["names"], row["values"], strict=True):
            assert {len(each) for each in values} == {len(names)}
        assert len(list(product(*row["values"]))) == row["combinations"]


def test_ranges_include_both_ends(read: Read) -> None:
    row = rows(read("osc-alks-variations"))["4.4_1 cut in no collision variation"]
    given = {
        names[0]: [value for (value,) in values] for names, values in zip(row["names"], row["values"], strict=True)
    }
    assert given["Ego_InitSpeed_Ve0_kph"] == ["20.0", "30.0", "40.0", "50.0", "60.0"]
    assert given["CutInVehicle_Acceleration_Rate_mps2"] == ["-3.0", "-1.5", "0.0", "1.5", "3.0"]


# --- Traffic scenes ------------------------------------------------------------------------------------------------


def test_road_users_and_states_are_as_many_as_listed(read: Read, mirror: Path) -> None:
    made = rows(read("commonroad-scenarios"))
    assert sum(len(row["obstacles"]) for row in made.values()) == 155
    with (mirror / "driving" / "commonroad-scenarios" / "scenarios.csv").open(encoding="utf-8") as file:
        listed = {row["file"].removesuffix(".xml"): row for row in csv.DictReader(file)}
    assert listed.keys() == made.keys()
    for name, row in made.items():
        assert len(row["obstacles"]) == len(row["kinds"]) == len(row["sizes"]) == int(listed[name]["dynamic_obstacles"])
        first = {obstacle for obstacle, time, *_ in row["reference"] if time == 0}
        states = len(row["reference"]) - int(listed[name]["trajectory_states"])
        assert 0 <= states <= len(row["obstacles"]), "each track, and the state before it"
        assert len(first) <= len(row["obstacles"])
        assert all(len(state) == 6 for state in row["reference"])


def test_positions_and_speeds_agree(read: Read) -> None:
    """Of recorded cars too: steps of positions give the speeds, but for the noise of the recording."""
    for name in ("USA_US101-5_1_T-1", "ZAM_Zip-2_1_T-1", "ZAM_Urban-3_3_Repair"):
        states = np.array(rows(read("commonroad-scenarios"))[name]["reference"])
        ratios = []
        for obstacle in np.unique(states[:, 0]):
            track = states[states[:, 0] == obstacle]
            way = np.hypot(*np.diff(track[:, 2:4], axis=0).T).sum()
            ratios.append(way / (track[:-1, 5] * np.diff(track[:, 1])).sum())
        assert np.median(ratios) == pytest.approx(1, abs=0.03), name


def test_values_are_those_that_the_toolbox_expects(read: Read) -> None:
    asked = rows(read("commonroad-criticality"))
    assert Counter(row["scenario"] for row in asked.values())["ZAM_Urban-3_3_Repair"] == 18
    assert Counter(row["reference"] for row in asked.values())["inf"] == 3
    assert all((row["expected"] is None) == ("inf" in row["reference"]) for row in asked.values())
    question = json.loads(asked["HW/ZAM_Urban-3_3_Repair/8/6/0"]["input"])
    assert (question["ego"], question["other"], question["time_step"], question["measure"]) == (8, 6, 0, "HW")
    assert ET.fromstring(question["scene"]).tag == "commonRoad"
    assert json.loads(asked["TTCStar/ZAM_Urban-3_3_Repair/8/0"]["input"])["other"] is None


def test_headway_and_closest_encounter_come_out_of_the_tracks(read: Read) -> None:
    """Between bumpers: the road is straight and runs along x; the other vehicle is parked."""
    asked = rows(read("commonroad-criticality"))
    scene = rows(read("commonroad-scenarios"))["ZAM_Urban-3_3_Repair"]
    track = np.array(scene["reference"])
    (length, _), (_, x, _, _, other, _) = scene["sizes"][0], scene["parked"][0]
    gap = (x - other / 2) - (track[:, 2] + length / 2)
    assert gap[0] == pytest.approx(asked["HW/ZAM_Urban-3_3_Repair/8/6/0"]["expected"], abs=0.01)
    assert track[np.argmax(gap <= 0), 1] == pytest.approx(asked["TTCE/ZAM_Urban-3_3_Repair/8/6"]["expected"], abs=0.11)
