"""Published results of MLPerf: their numbers, and what can be recomputed of them."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest

from steelyard.library import recipe


@cache
def contents() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = recipe.contents(recipe.read("mlperf-results")).samples.to_pylist()
    return rows


@pytest.fixture
def rows(mirror: object) -> list[dict[str, Any]]:  # noqa: ARG001 - sets the folder that recipes read from
    return contents()


def test_as_many_results_as_stated(rows: list[dict[str, Any]]) -> None:
    assert Counter(row["release"] for row in rows) == {
        "inference v3.1": 1504,
        "inference v4.0": 965,
        "inference v4.1": 968,
        "tiny v0.7": 59,
        "tiny v1.0": 60,
        "tiny v1.1": 111,
    }
    powered = [row for row in rows if row["release"].startswith("inference") and row["power"] is not None]
    assert len(powered) == 546
    assert Counter(row["release"][-4:] for row in powered) == {"v3.1": 410, "v4.0": 105, "v4.1": 31}
    assert sum(row["inferences_per_joule"] is not None for row in rows) == 358


def test_no_figure_is_made_up(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert row["reference"] > 0
        assert (row["power"] is None) == (row["power_unit"] is None) == (row["kind"] == "performance")
        if row["kind"] == "power":
            assert (row["reference"], row["unit"]) == (row["power"], row["power_unit"])
    assert {row["unit"] for row in rows if row["kind"] == "power"} == {"Watts", "millijoules"}


def test_power_of_a_row_of_its_own_has_a_performance_beside_it(rows: list[dict[str, Any]]) -> None:
    fast = {(row["release"], row["location"]) for row in rows if row["kind"] == "performance"}
    alone = [row for row in rows if row["kind"] == "power"]
    assert len(alone) == 105 + 31
    assert all((row["release"], row["location"]) in fast for row in alone)


def test_work_for_a_joule_is_performance_by_power(rows: list[dict[str, Any]]) -> None:
    stated = [row for row in rows if row["inferences_per_joule"] is not None and row["power_unit"] == "Watts"]
    assert len(stated) > 100
    for row in stated:
        assert row["reference"] / row["power"] == pytest.approx(row["inferences_per_joule"], rel=1e-6)


def test_one_result_whole(rows: list[dict[str, Any]]) -> None:
    pair = [row for row in rows if row["location"] == "closed/UntetherAI/results/h13_u3_slim/resnet50/offline"]
    assert {row["kind"]: (row["reference"], row["unit"]) for row in pair} == {
        "performance": (168_720.0, "Samples/s"),
        "power": (398.32998477930016, "Watts"),
    }
    assert {row["accuracy"] for row in pair} == {75.912}
    assert {(row["submitter"], row["accelerators"]) for row in pair} == {("UntetherAI", 3)}
