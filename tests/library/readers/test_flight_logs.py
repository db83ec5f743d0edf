"""Flight logs: their topics, and what the autopilot said, as the makers of the reader list them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard.data import declared
from steelyard.library import recipe

SECONDS = {
    "sample": 69.0,
    "sample_appended_multiple": 9.8,
    "sample_log_small": 1174.1,
    "sample_logging_tagged_and_default_params": 10.8,
    "sample_px4_events": 31.1,
}
Rows = Mapping[str, Mapping[str, Any]]


@cache
def contents() -> Rows:
    made = recipe.contents(recipe.read("px4-ulog"))
    return {row["id"]: row for row in made.samples.to_pylist()}


@pytest.fixture
def rows(mirror: Path) -> Rows:  # noqa: ARG001 - sets the folder that recipes read from
    return contents()


def fields(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.array(values, float) for name, values in zip(row["fields"], row["values"], strict=True)}


def test_logs_last_as_long_as_stated(rows: Rows) -> None:
    assert {name: pytest.approx(row["seconds"], abs=0.05) for name, row in rows.items()} == SECONDS


def test_topics_are_as_many_as_listed(rows: Rows, mirror: Path) -> None:
    """Against the makers' own listing of this log (``ulog_info``)."""
    listing = (mirror / "drone" / "px4-ulog" / "sample_info.txt").read_text("utf-8")
    listed = {
        f"{name}[{part}]": int(count) for name, part, count in re.findall(r"(\w+) \((\d), \d+\) +(\d+) ", listing)
    }
    row = rows["sample"]
    assert set(row["topics"]) == set(listed)
    assert {name: len(fields(row)[f"{name}.timestamp"]) for name in row["topics"]} == listed
    assert row["dropouts"] == 4


def test_values_of_a_topic_are_as_many_as_its_times(rows: Rows) -> None:
    for row in rows.values():
        found = fields(row)
        for name, values in found.items():
            assert len(values) == len(found[f"{name.split('.')[0]}.timestamp"]), name
        assert len(row["parameters"]) == len(row["parameter_values"]) > 400


def test_what_is_not_finite_is_missing(rows: Rows) -> None:
    row = rows["sample_logging_tagged_and_default_params"]
    values = dict(zip(row["fields"], row["values"], strict=True))
    assert "vehicle_local_position[0].vxy_max" in row["unlimited"]
    assert set(values["vehicle_local_position[0].vxy_max"]) == {None}
    assert not any(np.isinf(each).any() for one in rows.values() for each in fields(one).values())
    assert rows["sample"]["unlimited"] == []


def test_a_simulated_flight_is_estimated_close_to_the_truth(rows: Rows) -> None:
    found = fields(rows["sample_logging_tagged_and_default_params"])
    when, truth = (found[f"vehicle_local_position_groundtruth[0].{part}"] for part in ("timestamp", "z"))
    asked, height = (found[f"vehicle_local_position[0].{part}"] for part in ("timestamp", "z"))
    inside = (asked >= when[0]) & (asked <= when[-1])
    error = height[inside] - np.interp(asked[inside], when, truth)
    assert np.std(error) < 0.5


def test_what_the_autopilot_said_is_text(rows: Rows) -> None:
    assert rows["sample_log_small"]["reference"][0] == "0:00:22 INFO: [commander] Takeoff detected"
    assert len(rows["sample_px4_events"]["reference"]) == 18


def test_a_board_at_rest_is_the_same_in_both_sets(rows: Rows) -> None:
    """``px4-static-imu`` was cut from the same log."""
    kind = declared(recipe.read("px4-static-imu").card.input or {})
    cut = kind.load(recipe.contents(recipe.read("px4-static-imu")).samples["input"].to_pylist()[0])
    whole = fields(rows["sample"])["sensor_combined[0].accelerometer_m_s2[0]"]
    assert len(whole) == 17_070
    assert np.isin(np.round(cut[:, 4], 5), np.round(whole, 5)).mean() > 0.99
